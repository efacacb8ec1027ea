using System.Text;
using System.Text.Json.Nodes;

namespace Pollux.Bench.Micro;

/// <summary>The same work of an agent as in <see cref="SampleChats"/>, in Anthropic's dialect.</summary>
internal static class SampleMessages
{
    /// <summary>Some 100 kB with 60 tools and 200 turns, every second of them a call and its result.</summary>
    public static byte[] Large { get; } = MakeLarge();

    private static byte[] MakeLarge()
    {
        JsonObject chat = JsonNode.Parse(SampleChats.Large)!.AsObject();
        var tools = new JsonArray();
        foreach (JsonNode? tool in chat["tools"]!.AsArray())
        {
            JsonNode function = tool!["function"]!;
            tools.Add(new JsonObject { ["name"] = function["name"]!.DeepClone(), ["description"] = function["description"]!.DeepClone(), ["input_schema"] = function["parameters"]!.DeepClone() });
        }

        var messages = new JsonArray();
        foreach (JsonNode? message in chat["messages"]!.AsArray())
            messages.Add(Translate(message!));
        var body = new JsonObject { ["model"] = "gemini-3.5-flash", ["max_tokens"] = 32000, ["tools"] = tools, ["messages"] = messages };
        return Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    private static JsonObject Translate(JsonNode message)
    {
        JsonNode? content = message["content"]?.DeepClone();
        if (message["tool_calls"]?[0] is { } call)
        {
            content = new JsonArray(new JsonObject
            {
                ["type"] = "tool_use",
                ["id"] = call["id"]!.DeepClone(),
                ["name"] = call["function"]!["name"]!.DeepClone(),
                ["input"] = JsonNode.Parse(call["function"]!["arguments"]!.GetValue<string>()),
            });
        }
        else if (message["tool_call_id"] is { } id)
        {
            content = new JsonArray(new JsonObject { ["type"] = "tool_result", ["tool_use_id"] = id.DeepClone(), ["content"] = content });
        }

        return new JsonObject { ["role"] = message["role"]!.GetValue<string>() == "assistant" ? "assistant" : "user", ["content"] = content };
    }
}
