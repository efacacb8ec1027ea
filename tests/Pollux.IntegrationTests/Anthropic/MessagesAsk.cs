using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.Tests.Protocols.Anthropic.Reading;

namespace Pollux.IntegrationTests.Anthropic;

/// <summary>Asks as clients of Anthropic's API do.</summary>
internal static class MessagesAsk
{
    public const string Path = "/v1/messages";

    /// <summary>A small body with one user turn.</summary>
    public static JsonObject Body(bool stream = false, string prompt = "Hello", string model = Ask.Model)
    {
        var body = new JsonObject
        {
            ["model"] = model,
            ["max_tokens"] = 4096,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
        };
        if (stream)
            body["stream"] = true;
        return body;
    }

    /// <summary>A body out of JSON, with model and length added where they are missing.</summary>
    public static JsonObject Of(string json)
    {
        JsonObject body = JsonNode.Parse(json)!.AsObject();
        body["model"] ??= Ask.Model;
        body["max_tokens"] ??= 4096;
        body["messages"] ??= new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Hello" });
        return body;
    }

    /// <summary>Asks and reads the whole answer; whatever the dialect forbids fails the test.</summary>
    public static Task<MessageSeen> AskMessagesAsync(this TestGateway gateway, JsonObject? body = null, string path = Path) =>
        gateway.SendMessagesAsync(Ask.Request(path, body ?? Body()), TestContext.Current.CancellationToken);

    /// <summary>Sends a request and reads the whole answer.</summary>
    public static async Task<MessageSeen> SendMessagesAsync(this TestGateway gateway, HttpRequestMessage request, CancellationToken cancellation)
    {
        using (request)
        {
            using HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            return await ReadAsync(response, cancellation);
        }
    }

    /// <summary>Reads an answer to its end.</summary>
    public static async Task<MessageSeen> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation);
        bool isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        MessagesOutcome outcome = isStream ? MessagesValidator.Stream(body) : MessagesValidator.Whole(body);
        string text = Encoding.UTF8.GetString(body);
        Assert.True(outcome.Problems.Count == 0, $"{string.Join('\n', outcome.Problems)}\n{text}");
        return new MessageSeen(response.StatusCode, outcome, text, response.Headers.ToDictionary(static header => header.Key, static header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase), isStream);
    }
}

/// <summary>What such a client saw.</summary>
internal sealed record MessageSeen(HttpStatusCode Status, MessagesOutcome Outcome, string Body, Dictionary<string, string> Headers, bool IsStream)
{
    public string Text => Outcome.Text;

    public string Losses => Headers.GetValueOrDefault("x-pollux-losses", "");

    public int? RetryAfter => Headers.TryGetValue("retry-after", out string? seconds) ? int.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture) : null;
}
