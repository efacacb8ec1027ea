using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Storage;

/// <summary>Conversations with one call of a tool, in OpenAI's form without anything of Gemini's.</summary>
internal static class SignedCalls
{
    /// <summary>The first turn.</summary>
    public static JsonObject Body(string prompt)
    {
        JsonObject body = Form.OpenAI.Body(prompt);
        body["tools"] = JsonNode.Parse("""[{"type":"function","function":{"name":"look","parameters":{"type":"object","properties":{"at":{"type":"string"}}}}}]""");
        return body;
    }

    /// <summary>The second turn: the call as it came, and a result. Only the id ties them together.</summary>
    public static JsonObject WithResult(JsonObject body, string answer)
    {
        JsonNode call = JsonNode.Parse(answer)!["choices"]![0]!["message"]!["tool_calls"]![0]!;
        string id = call["id"]!.GetValue<string>();
        var next = (JsonObject)body.DeepClone();
        var messages = next["messages"]!.AsArray();
        messages.Add(new JsonObject
        {
            ["role"] = "assistant",
            ["tool_calls"] = new JsonArray(new JsonObject { ["id"] = id, ["type"] = "function", ["function"] = call["function"]!.DeepClone() }),
        });
        messages.Add(new JsonObject { ["role"] = "tool", ["tool_call_id"] = id, ["content"] = "blue" });
        return next;
    }

    /// <summary>The part of the call in what the upstream received.</summary>
    public static JsonElement CallIn(ReceivedRequest request) =>
        request.Json.GetProperty("contents").EnumerateArray().SelectMany(static content => content.GetProperty("parts").EnumerateArray()).Single(static part => part.TryGetProperty("functionCall", out _));
}
