using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Serving;

namespace Pollux.FakeGemini.Xai;

/// <summary>Bodies in OpenAI's form, as others than Google write them.</summary>
internal static class OpenAIBodies
{
    private const long Created = 1770774046;

    public static ReplyPlan Whole(int status, JsonObject json) => new(status, "application/json", [Encoding.UTF8.GetBytes(json.ToJsonString())]);

    public static JsonObject List(IEnumerable<string> models, string owner) =>
        new() { ["object"] = "list", ["data"] = new JsonArray([.. models.Select(id => Model(id, owner))]) };

    public static JsonObject Model(string id, string owner) => new() { ["id"] = id, ["object"] = "model", ["created"] = Created, ["owned_by"] = owner };

    /// <summary>An answer of chat, whole or in events, with the thoughts beside the text.</summary>
    public static ReplyPlan Chat(JsonObject body, string model, string? thought)
    {
        string said = "You said: " + Said(body);
        if (body["stream"]?.GetValueKind() != JsonValueKind.True)
        {
            JsonObject message = new() { ["role"] = "assistant", ["content"] = said, ["refusal"] = null };
            if (thought is not null) message["reasoning_content"] = thought;
            JsonObject whole = Head("chat.completion", model, [new JsonObject { ["index"] = 0, ["message"] = message, ["finish_reason"] = "stop" }]);
            whole["usage"] = Usage();
            return Whole(200, whole);
        }

        List<JsonObject> chunks = [];
        if (thought is not null) chunks.Add(Chunk(model, new JsonObject { ["role"] = "assistant", ["reasoning_content"] = thought }, null));
        string[] words = said.Split(' ');
        for (int i = 0; i < words.Length; i++)
        {
            JsonObject delta = new() { ["content"] = (i > 0 ? " " : "") + words[i] };
            if (i == 0) delta["role"] = "assistant";
            chunks.Add(Chunk(model, delta, null));
        }

        chunks.Add(Chunk(model, [], "stop"));
        JsonObject last = Head("chat.completion.chunk", model, []);
        last["usage"] = Usage();
        chunks.Add(last);
        return new ReplyPlan(200, "text/event-stream", [.. chunks.Select(Event), "data: [DONE]\n\n"u8.ToArray()]);
    }

    public static JsonObject? Read(ReceivedRequest request)
    {
        try
        {
            return JsonNode.Parse(request.Body.Span) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static string Text(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : "";

    private static string Said(JsonObject body)
    {
        JsonNode? content = body["messages"]!.AsArray()[^1]?["content"];
        return content is JsonArray parts ? Text(parts[0]?["text"]) : Text(content);
    }

    private static ReadOnlyMemory<byte> Event(JsonObject chunk) => Encoding.UTF8.GetBytes($"data: {chunk.ToJsonString()}\n\n");

    private static JsonObject Chunk(string model, JsonObject delta, string? finish)
    {
        JsonObject choice = new() { ["index"] = 0, ["delta"] = delta };
        if (finish is not null) choice["finish_reason"] = finish;
        return Head("chat.completion.chunk", model, [choice]);
    }

    private static JsonObject Head(string kind, string model, JsonArray choices) => new()
    {
        ["id"] = "2af5c888-e886-6dcb-7844-95f8fe010b00",
        ["object"] = kind,
        ["created"] = Created,
        ["model"] = model,
        ["choices"] = choices,
    };

    /// <summary>Thoughts are in the sum and in no part.</summary>
    private static JsonObject Usage() => new()
    {
        ["prompt_tokens"] = 12,
        ["completion_tokens"] = 5,
        ["total_tokens"] = 24,
        ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = 7 },
        ["num_sources_used"] = 0,
    };
}
