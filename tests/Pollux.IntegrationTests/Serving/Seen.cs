using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pollux.IntegrationTests.Serving;

/// <summary>
/// An answer as a client of its dialect understands it. Reading is strict: what such a client could not read fails the test.
/// </summary>
internal sealed record Seen
{
    /// <summary>The form that was asked for.</summary>
    public required Form Form { get; init; }

    /// <summary>The HTTP status.</summary>
    public required HttpStatusCode Status { get; init; }

    /// <summary>All headers, a line each.</summary>
    public required string Headers { get; init; }

    /// <summary>The body as text.</summary>
    public required string Body { get; init; }

    /// <summary>The header <c>Retry-After</c> in seconds.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The content type without parameters.</summary>
    public string? ContentType { get; init; }

    /// <summary>The answer's text without thoughts.</summary>
    public string Text { get; private set; } = "";

    /// <summary>The answer's thoughts.</summary>
    public string Thoughts { get; private set; } = "";

    /// <summary>The finish reason in the dialect's word.</summary>
    public string? Finish { get; private set; }

    /// <summary>Whether a stream of OpenAI's ended with <c>[DONE]</c>.</summary>
    public bool Done { get; private set; }

    /// <summary>The error object, be it the body or the last event.</summary>
    public JsonObject? Error { get; private set; }

    /// <summary>How the error came in a stream: <c>data</c>, <c>bare</c> or <c>element</c>.</summary>
    public string? ErrorFraming { get; private set; }

    /// <summary>Events or elements, the error included.</summary>
    public List<JsonNode> Events { get; } = [];

    /// <summary>Blank lines beyond those of the framing.</summary>
    public int KeepAlives { get; private set; }

    /// <summary>Whether the connection ended before the body did.</summary>
    public bool WasCut { get; private init; }

    /// <summary>Whether the answer is complete: text is there and it says how it ended.</summary>
    public bool IsComplete => Status == HttpStatusCode.OK && !WasCut && Error is null && Finish is not null && (Form != Form.OpenAIStream || Done);

    /// <summary>The error's message.</summary>
    public string Message => Error?["message"]?.GetValue<string>() ?? "";

    /// <summary>OpenAI's <c>code</c>, or Gemini's <c>status</c>.</summary>
    public string? ErrorCode => Error?[Form.IsOpenAI() ? "code" : "status"]?.GetValue<string>();

    /// <summary>The delay in Gemini's RetryInfo.</summary>
    public string? RetryDelay => Error?["details"]?.AsArray()
        .FirstOrDefault(detail => detail!["@type"]!.GetValue<string>().EndsWith("RetryInfo", StringComparison.Ordinal))?["retryDelay"]?.GetValue<string>();

    /// <summary>Reads an answer to its end.</summary>
    public static async Task<Seen> ReadAsync(Form form, HttpResponseMessage response, CancellationToken cancellation)
    {
        var headers = new StringBuilder();
        foreach ((string name, IEnumerable<string> values) in response.Headers.Concat(response.Content.Headers))
            headers.Append(name).Append(": ").AppendJoin(", ", values).Append('\n');
        (string body, bool cut) = await ReadBodyAsync(response, cancellation);
        var seen = new Seen
        {
            Form = form,
            Status = response.StatusCode,
            Headers = headers.ToString(),
            Body = body,
            WasCut = cut,
            RetryAfter = response.Headers.RetryAfter?.Delta is { } delay ? (int)delay.TotalSeconds : null,
            ContentType = response.Content.Headers.ContentType?.MediaType,
        };
        seen.Understand();
        return seen;
    }

    /// <summary>Reads a body again as a client would.</summary>
    public static Seen Of(Form form, string body)
    {
        var seen = new Seen { Form = form, Status = HttpStatusCode.OK, Headers = "", Body = body };
        seen.Understand();
        return seen;
    }

    /// <summary>Keeps what came before a cut, as a client does that reads event by event.</summary>
    private static async Task<(string Body, bool Cut)> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellation);
        using var body = new MemoryStream();
        bool cut = false;
        try
        {
            await stream.CopyToAsync(body, cancellation);
        }
        catch (HttpIOException fault) when (fault.HttpRequestError == HttpRequestError.ResponseEnded)
        {
            cut = true;
        }

        return (Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length), cut);
    }

    private void Understand()
    {
        try
        {
            UnderstandBody();
        }
        catch (JsonException fault)
        {
            throw new JsonException($"{fault.Message} In: {Body}", fault);
        }
    }

    private void UnderstandBody()
    {
        if (Body.Length == 0)
            return;

        if (Status != HttpStatusCode.OK)
        {
            JsonNode body = JsonNode.Parse(Body)!;
            Error = (body is JsonArray { Count: 1 } array ? array[0]! : body)["error"]!.AsObject();
            return;
        }

        switch (Form)
        {
            case Form.OpenAI or Form.Gemini:
                Take(JsonNode.Parse(Body)!);
                break;
            case Form.GeminiArray:
                foreach (JsonNode? element in JsonNode.Parse(Body)!.AsArray())
                    TakeEvent(element!, "element");
                break;
            default:
                UnderstandEvents();
                break;
        }
    }

    private void UnderstandEvents()
    {
        var bare = new StringBuilder();
        bool afterEvent = false;
        foreach (string line in Body.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                Assert.False(Done, "Something follows [DONE].");
                Assert.Null(Error);
                string data = line["data: ".Length..];
                if (data == "[DONE]")
                    Done = true;
                else
                    TakeEvent(JsonNode.Parse(data)!, "data");
                afterEvent = true;
            }
            else if (line.Length == 0)
            {
                if (!afterEvent && bare.Length == 0)
                    KeepAlives++;
                afterEvent = false;
            }
            else
            {
                bare.Append(line).Append('\n'); // the only thing outside of events that is known to clients: a bare error object
            }
        }

        if (!Body.EndsWith("\n\n", StringComparison.Ordinal) && !Body.EndsWith("\r\n\r\n", StringComparison.Ordinal) && bare.Length == 0)
            throw new JsonException("The last event is not complete.");
        if (afterEvent)
            throw new JsonException("The last event is not closed by a blank line.");
        if (bare.Length > 0)
            TakeEvent(JsonNode.Parse(bare.ToString())!, "bare");
        else
            KeepAlives = Math.Max(0, KeepAlives - 1); // what stands behind the last line end
    }

    private void TakeEvent(JsonNode item, string framing)
    {
        Events.Add(item);
        Take(item);
        if (Error is not null)
            ErrorFraming ??= framing;
    }

    private void Take(JsonNode item)
    {
        if (item["error"] is JsonObject error)
        {
            Error = error;
            return;
        }

        if (Form.IsOpenAI())
            TakeChat(item);
        else
            TakeGemini(item);
    }

    private void TakeChat(JsonNode item)
    {
        foreach (JsonNode? choice in item["choices"]!.AsArray())
        {
            JsonNode? message = choice!["message"] ?? choice["delta"];
            Text += message?["content"]?.GetValue<string>() ?? "";
            Thoughts += message?["reasoning_content"]?.GetValue<string>() ?? "";
            Finish = choice["finish_reason"]?.GetValue<string>() ?? Finish;
        }
    }

    private void TakeGemini(JsonNode item)
    {
        foreach (JsonNode? candidate in item["candidates"]?.AsArray() ?? [])
        {
            foreach (JsonNode? part in candidate!["content"]?["parts"]?.AsArray() ?? [])
            {
                string text = part!["text"]?.GetValue<string>() ?? "";
                if (part["thought"]?.GetValue<bool>() == true)
                    Thoughts += text;
                else
                    Text += text;
            }

            Finish = candidate["finishReason"]?.GetValue<string>() ?? Finish;
        }
    }
}
