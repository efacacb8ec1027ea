using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Serving;

namespace Pollux.FakeGemini.Xai;

/// <summary>A plain stand-in of OpenAI's API, as many servers offer it: models, chat, vectors, pictures; errors in OpenAI's form.</summary>
internal sealed class CompatibleService(FakeScript script)
{
    private static readonly string[] Models = ["local-chat", "local/nested", "local-vectors", "local-pictures", "gemini-3.5-flash"];

    private readonly ConcurrentDictionary<string, bool> _keys = new(StringComparer.Ordinal);

    public void Add(string key) => _keys[key] = true;

    public (FakeReply Reply, ReplyPlan Plan) Decide(ReceivedRequest request)
    {
        string path = request.Action![GeminiPath.CompatiblePrefix.Length..];
        if (request.Key is not { } key || !_keys.ContainsKey(key)) return (FakeReply.Default, Error(401, "invalid_api_key", $"Incorrect API key provided: {request.Key}."));
        if (request.Method == "GET")
            return (FakeReply.Default, path == "models" ? OpenAIBodies.Whole(200, OpenAIBodies.List(Models, "local")) : Error(404, null, "Not found."));
        if (path is not ("chat/completions" or "embeddings" or "images/generations")) return (FakeReply.Default, Error(404, null, "Not found."));
        if (OpenAIBodies.Read(request) is not { } body) return (FakeReply.Default, Error(400, null, "We could not parse the JSON body of your request."));
        string model = OpenAIBodies.Text(body["model"]);
        if (!Models.Contains(model)) return (FakeReply.Default, Error(404, "model_not_found", $"The model `{model}` does not exist."));
        string wanted = path switch { "chat/completions" => "messages", "embeddings" => "input", _ => "prompt" };
        if (body[wanted] is null or JsonArray { Count: 0 }) return (FakeReply.Default, Error(400, "missing_required_parameter", $"Missing required parameter: '{wanted}'."));
        FakeReply reply = script.Take(request) ?? FakeReply.Default;
        ReplyPlan plan = reply.Body switch
        {
            RawBody raw => new ReplyPlan(raw.Status, raw.ContentType, raw.Pieces) { RetryAfter = raw.RetryAfter },
            ResetBody => new ReplyPlan(0, "", []) { ThenReset = true },
            _ => path switch
            {
                "chat/completions" => OpenAIBodies.Chat(body, model, thought: null),
                "embeddings" => OpenAIBodies.Whole(200, Vectors(model)),
                _ => OpenAIBodies.Whole(200, new JsonObject { ["created"] = 1, ["data"] = new JsonArray(new JsonObject { ["url"] = "https://pictures.example/1.png" }) }),
            },
        };
        bool stream = body["stream"]?.GetValueKind() == JsonValueKind.True;
        return (reply, plan.BrokenOff(reply.Ending, stream ? ReplyForm.Events : ReplyForm.Unary, default));
    }

    private static JsonObject Vectors(string model) => new()
    {
        ["object"] = "list",
        ["data"] = new JsonArray(new JsonObject { ["object"] = "embedding", ["index"] = 0, ["embedding"] = new JsonArray(0.6, 0.8) }),
        ["model"] = model,
        ["usage"] = new JsonObject { ["prompt_tokens"] = 3, ["total_tokens"] = 3 },
    };

    private static ReplyPlan Error(int status, string? code, string message) => OpenAIBodies.Whole(
        status, new JsonObject { ["error"] = new JsonObject { ["message"] = message, ["type"] = "invalid_request_error", ["param"] = null, ["code"] = code } });
}
