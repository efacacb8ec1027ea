using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Pollux.IntegrationTests.Serving;

/// <summary>The forms in which a client can ask for an answer of a model.</summary>
public enum Form
{
    /// <summary>OpenAI's chat, one body.</summary>
    OpenAI,

    /// <summary>OpenAI's chat, events.</summary>
    OpenAIStream,

    /// <summary>Gemini, one body.</summary>
    Gemini,

    /// <summary>Gemini, events.</summary>
    GeminiStream,

    /// <summary>Gemini, one JSON array sent element by element.</summary>
    GeminiArray,
}

/// <summary>Makes requests as clients of either dialect do.</summary>
internal static class Ask
{
    /// <summary>The model asked for unless a test says otherwise.</summary>
    public const string Model = "gemini-3.5-flash";

    /// <summary>All forms.</summary>
    public static TheoryData<Form> Forms { get; } = [.. Enum.GetValues<Form>()];

    /// <summary>The forms that stream.</summary>
    public static TheoryData<Form> Streams { get; } = [Form.OpenAIStream, Form.GeminiStream, Form.GeminiArray];

    /// <summary>Whether the form is one of OpenAI's.</summary>
    public static bool IsOpenAI(this Form form) => form is Form.OpenAI or Form.OpenAIStream;

    /// <summary>Whether the form streams.</summary>
    public static bool IsStream(this Form form) => form is Form.OpenAIStream or Form.GeminiStream or Form.GeminiArray;

    /// <summary>Where a form is asked for.</summary>
    public static string Path(this Form form, string model = Model) => form switch
    {
        Form.OpenAI or Form.OpenAIStream => "/v1/chat/completions",
        Form.Gemini => $"/v1beta/models/{model}:generateContent",
        Form.GeminiStream => $"/v1beta/models/{model}:streamGenerateContent?alt=sse",
        _ => $"/v1beta/models/{model}:streamGenerateContent",
    };

    /// <summary>A small body with one user turn.</summary>
    public static JsonObject Body(this Form form, string prompt, string model = Model)
    {
        if (!form.IsOpenAI())
            return new JsonObject { ["contents"] = new JsonArray(new JsonObject { ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["text"] = prompt }) }) };

        var body = new JsonObject
        {
            ["model"] = model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
        };
        if (form == Form.OpenAIStream)
            body["stream"] = true;
        return body;
    }

    /// <summary>A request that is not sent yet.</summary>
    public static HttpRequestMessage Request(this Form form, string prompt, string model = Model) => Request(form.Path(model), form.Body(prompt, model));

    /// <summary>A request with a JSON body.</summary>
    public static HttpRequestMessage Request(string path, JsonNode body) => Request(path, Encoding.UTF8.GetBytes(body.ToJsonString()));

    /// <summary>A request with exact bytes.</summary>
    public static HttpRequestMessage Request(string path, byte[] body, string? contentType = "application/json")
    {
        var content = new ByteArrayContent(body);
        if (contentType is not null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
    }

    /// <summary>Asks and reads the whole answer.</summary>
    public static Task<Seen> AskAsync(this HttpClient client, Form form, string prompt = "Hello", string model = Model, CancellationToken? cancellation = null) =>
        client.SendAsync(form, form.Request(prompt, model), cancellation ?? TestContext.Current.CancellationToken);

    /// <summary>Asks with a body of one's own and reads the whole answer.</summary>
    public static Task<Seen> AskAsync(this HttpClient client, Form form, JsonNode body, string model = Model) =>
        client.SendAsync(form, Request(form.Path(model), body), TestContext.Current.CancellationToken);

    /// <summary>Sends a request and reads the whole answer.</summary>
    public static async Task<Seen> SendAsync(this HttpClient client, Form form, HttpRequestMessage request, CancellationToken cancellation)
    {
        using (request)
        {
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            return await Seen.ReadAsync(form, response, cancellation);
        }
    }
}
