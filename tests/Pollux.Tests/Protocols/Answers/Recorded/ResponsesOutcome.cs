using System.Text;
using System.Text.Json.Nodes;

namespace Pollux.Tests.Protocols.Answers.Recorded;

/// <summary>What a client of the Responses API saw, and every rule of the dialect that was broken.</summary>
internal sealed class ResponsesOutcome
{
    public List<string> Problems { get; } = [];

    /// <summary>The names of the events, in order.</summary>
    public List<string> Events { get; } = [];

    /// <summary>The response at its end.</summary>
    public JsonObject? Response { get; set; }

    /// <summary>How it ended; <see langword="null"/>: it did not.</summary>
    public string? Status { get; set; }

    public JsonArray Items => Response?["output"] as JsonArray ?? [];

    public string Text => string.Concat(Parts("message", "content").Where(static part => Word(part, "type") == "output_text").Select(static part => Word(part, "text")));

    public string Refusal => string.Concat(Parts("message", "content").Where(static part => Word(part, "type") == "refusal").Select(static part => Word(part, "refusal")));

    public string Summary => string.Concat(Parts("reasoning", "summary").Select(static part => Word(part, "text")));

    /// <summary>The items of a type.</summary>
    public IEnumerable<JsonObject> Of(string type) => Items.OfType<JsonObject>().Where(item => Word(item, "type") == type);

    public static string? Word(JsonNode? node, string member) => (node as JsonObject)?[member] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private IEnumerable<JsonNode?> Parts(string type, string member) => Of(type).SelectMany(item => item[member] as JsonArray ?? []);
}

/// <summary>What such a client must see of a Gemini answer, by a walk over whole documents that shares no code with the product.</summary>
internal sealed class ExpectedResponse
{
    public StringBuilder Text { get; } = new();

    public StringBuilder Thoughts { get; } = new();

    public List<(string Name, JsonNode? Arguments, string? Signature)> Calls { get; } = [];

    public static ExpectedResponse Of(IEnumerable<byte[]> payloads)
    {
        var expected = new ExpectedResponse();
        foreach (byte[] payload in payloads)
        {
            if (JsonNode.Parse(payload)?["candidates"] is not JsonArray { Count: > 0 } candidates || candidates[0]?["content"]?["parts"] is not JsonArray parts)
                continue;
            foreach (JsonNode? part in parts)
            {
                if (part?["text"] is { } text)
                    (part["thought"]?.GetValue<bool>() is true ? expected.Thoughts : expected.Text).Append(text.GetValue<string>());
                if (part?["functionCall"] is { } call)
                    expected.Calls.Add((call["name"]!.GetValue<string>().Replace("default_api:", "", StringComparison.Ordinal), call["args"], part["thoughtSignature"]?.GetValue<string>()));
            }
        }

        return expected;
    }
}
