using System.Text.Json.Nodes;

namespace Pollux.FakeGemini.Live;

/// <summary>How the fake talks: it calls a declared function once, and otherwise says what it heard, in sound and as a transcript.</summary>
internal static class LiveMind
{
    private static readonly string Sound = Convert.ToBase64String(new byte[960]); // 20 ms at 24 kHz

    /// <summary>The answer to a message; empty: none is due.</summary>
    public static IEnumerable<JsonObject> AnswerTo(FakeLiveSession session, JsonObject message)
    {
        if (message["clientContent"] is JsonObject content)
        {
            if (content["turnComplete"]?.GetValue<bool>() != true) return [];
            string text = content["turns"]?.AsArray().LastOrDefault()?["parts"]?.AsArray().LastOrDefault()?["text"]?.GetValue<string>() ?? "";
            if (session.Setup["tools"]?[0]?["functionDeclarations"]?[0]?["name"]?.GetValue<string>() is { } function && text.Contains("call", StringComparison.OrdinalIgnoreCase))
                return [new() { ["toolCall"] = new JsonObject { ["functionCalls"] = new JsonArray(new JsonObject { ["name"] = function, ["args"] = new JsonObject(), ["id"] = "fc_" + session.Request.Sequence }) } }];
            return Turn(session, $"You said: {text}");
        }

        if (message["toolResponse"] is JsonObject response)
            return Turn(session, $"It says: {response["functionResponses"]?[0]?["response"]?.ToJsonString()}");
        if (message["realtimeInput"] is not JsonObject input) return [];
        if (input["text"]?.GetValue<string>() is { } typed) return Turn(session, $"You said: {typed}");
        return input["audioStreamEnd"]?.GetValue<bool>() == true || input["activityEnd"] is not null
            ? [new() { ["serverContent"] = new JsonObject { ["inputTranscription"] = new JsonObject { ["text"] = "Hello" } } }, .. Turn(session, "I heard you.")]
            : [];
    }

    private static IEnumerable<JsonObject> Turn(FakeLiveSession session, string text)
    {
        yield return new() { ["serverContent"] = new JsonObject { ["modelTurn"] = new JsonObject { ["parts"] = new JsonArray(new JsonObject { ["inlineData"] = new JsonObject { ["mimeType"] = "audio/pcm;rate=24000", ["data"] = Sound } }) } } };
        yield return new() { ["serverContent"] = new JsonObject { ["outputTranscription"] = new JsonObject { ["text"] = session.Resumed is { } before ? $"{text} (before: {before})" : text } } };
        yield return new() { ["serverContent"] = new JsonObject { ["generationComplete"] = true } };
        yield return new()
        {
            ["serverContent"] = new JsonObject { ["turnComplete"] = true },
            ["usageMetadata"] = new JsonObject { ["promptTokenCount"] = 10, ["responseTokenCount"] = 5, ["totalTokenCount"] = 15 },
        };
    }
}
