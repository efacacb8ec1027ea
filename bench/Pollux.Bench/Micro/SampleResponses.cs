using System.Text;
using System.Text.Json.Nodes;

namespace Pollux.Bench.Micro;

/// <summary>A request for a response as a coding agent sends it in the midst of its work.</summary>
internal static class SampleResponses
{
    private const int Turns = 50; // of four items each
    private const int Tools = 60;

    /// <summary>About 100 kB.</summary>
    public static byte[] Large { get; } = MakeLarge();

    private static byte[] MakeLarge()
    {
        var input = new JsonArray(new JsonObject { ["role"] = "developer", ["content"] = new string('r', 4000) });
        for (int i = 0; i < Turns; i++)
        {
            input.Add(new JsonObject { ["role"] = "user", ["content"] = new JsonArray(new JsonObject { ["type"] = "input_text", ["text"] = $"Question {i}: " + new string('q', 200) }) });
            input.Add(new JsonObject { ["type"] = "reasoning", ["id"] = $"rs_{i}", ["summary"] = new JsonArray(), ["encrypted_content"] = "plx1." + new string('A', 400) });
            input.Add(new JsonObject { ["type"] = "function_call", ["call_id"] = $"call_{i}", ["name"] = $"tool_{i % Tools}", ["arguments"] = $$"""{"path":"/src/file{{i}}.cs","text":"{{new string('a', 200)}}"}""" });
            input.Add(new JsonObject { ["type"] = "function_call_output", ["call_id"] = $"call_{i}", ["output"] = new string('o', 300) });
        }

        input.Add(new JsonObject { ["role"] = "user", ["content"] = "And now?" });
        var tools = new JsonArray();
        for (int i = 0; i < Tools; i++)
        {
            tools.Add(new JsonObject
            {
                ["type"] = "function",
                ["name"] = $"tool_{i}",
                ["description"] = new string('d', 100),
                ["parameters"] = JsonNode.Parse("""{"type":"object","properties":{"path":{"type":"string","description":"Where"},"text":{"type":"string"}},"required":["path"],"additionalProperties":false}"""),
            });
        }

        return Encoding.UTF8.GetBytes(new JsonObject { ["model"] = "gemini-3.5-flash", ["input"] = input, ["tools"] = tools, ["store"] = false, ["stream"] = true }.ToJsonString());
    }
}
