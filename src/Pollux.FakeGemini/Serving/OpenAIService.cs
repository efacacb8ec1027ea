using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Answers;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Serving;

/// <summary>
/// A small stand-in of Google's own OpenAI endpoint: chat, vectors, pictures and the list of models; it has no other route. The
/// key is a Bearer token, errors are a list of one, unknown parameters are passed over, pictures come as bytes alone, and usage
/// comes in the chunk that tells the finish.
/// </summary>
internal sealed class OpenAIService(KeyGate keys, ModelList models, FakeScript script, IdSource ids)
{
    private const string Prefix = "models/";

    /// <summary>From a request to its answer, in the order of the native routes.</summary>
    public (FakeReply Reply, ReplyPlan Plan) Decide(ReceivedRequest request)
    {
        (FakeKey? key, GoogleError? refusal) = keys.Check(request);
        if (key is null) return Refuse(refusal!);
        string path = request.Action![GeminiPath.OpenAIPrefix.Length..];
        if (request.Method == "GET") return List(path, request.Path);
        if (path is not ("chat/completions" or "embeddings" or "images/generations")) return (FakeReply.Default, new ReplyPlan(404, HtmlPage.ContentType, [HtmlPage.NotFound(request.Path)]));
        if (Read(request) is not { } body) return Refuse(GoogleError.InvalidArgument("Invalid JSON payload received. Unexpected token."));
        string asked = Text(body["model"]) ?? "";
        if (asked.Length == 0) return Refuse(GoogleError.InvalidArgument("* GenerateContentRequest.model: unexpected model name format"));
        if (models.Find(WithoutPrefix(asked)) is not { } model) return Refuse(ModelErrors.NotFound(WithoutPrefix(asked), "v1main", path == "embeddings" ? "embedContent" : "generateContent"));

        bool chat = path == "chat/completions", images = path == "images/generations";
        if (chat && body["messages"] is not JsonArray { Count: > 0 }) return Refuse(GoogleError.InvalidArgument("* GenerateContentRequest.contents: contents is not specified"));
        if (images && !model.Modalities.Contains("IMAGE") && !model.Supports("predict")) return Refuse(GoogleError.InvalidArgument($"models/{model.Id} is not supported for image generation."));
        if (images && string.IsNullOrEmpty(Text(body["prompt"]))) return Refuse(GoogleError.InvalidArgument("prompt is not specified"));
        if (images && body["n"] is { } n && !(n.GetValueKind() == JsonValueKind.Number && n.GetValue<double>() is 1 or 2 or 3 or 4)) return Refuse(GoogleError.InvalidArgument("n must be between 1 and 4"));
        if (!chat && !images && body["input"] is null) return Refuse(GoogleError.InvalidArgument("content is not specified"));
        FakeReply reply = script.Take(request) ?? FakeReply.Default;
        int tokens = request.Body.Length / 4;
        request.InputTokens = tokens;
        if (!reply.IsFault)
        {
            if (key.Project.Accept(model.Id, tokens, out DateTimeOffset at) is { } crossed) return Refuse(crossed.ToError(key.Project.Tier, model.Id, !chat && !images));
            request.CountedAt = at;
        }

        bool stream = chat && body["stream"]?.GetValueKind() == JsonValueKind.True;
        ErrorSubject subject = new(key.Key, key.Project, model.Id);
        ReplyPlan plan = reply.Body switch
        {
            ErrorBody error => ErrorPlan(error.Make(subject)),
            RawBody raw => new ReplyPlan(raw.Status, raw.ContentType, raw.Pieces),
            ResetBody => new ReplyPlan(0, "", []) { ThenReset = true },
            _ when stream => new ReplyPlan(200, ReplyFraming.EventStream, Chunks(body, asked, tokens)),
            _ => Whole(chat ? Chat(body, asked, tokens) : images ? Pictures(body) : Vectors(body, asked, tokens)),
        };
        return (reply, plan.BrokenOff(reply.Ending, stream ? ReplyForm.Events : ReplyForm.Unary, subject));
    }

    private (FakeReply Reply, ReplyPlan Plan) List(string path, string raw)
    {
        if (path == "models")
            return (FakeReply.Default, Whole(new JsonObject { ["object"] = "list", ["data"] = new JsonArray([.. models.All.Select(Describe)]) }));
        if (!path.StartsWith(Prefix, StringComparison.Ordinal)) return (FakeReply.Default, new ReplyPlan(404, HtmlPage.ContentType, [HtmlPage.NotFound(raw)]));
        string id = WithoutPrefix(path[Prefix.Length..]);
        return models.Find(id) is { } model ? (FakeReply.Default, Whole(Describe(model))) : Refuse(ModelErrors.NotFound(id, "v1main", "generateContent"));
    }

    private static JsonObject Describe(FakeModel model) =>
        new() { ["id"] = Prefix + model.Id, ["object"] = "model", ["owned_by"] = "google", ["display_name"] = model.DisplayName };

    private JsonObject Chat(JsonObject body, string model, int tokens)
    {
        JsonObject json = Head("chat.completion", model, new JsonObject
        {
            ["finish_reason"] = "stop",
            ["index"] = 0,
            ["message"] = new JsonObject { ["content"] = Said(body), ["role"] = "assistant" },
        });
        json["usage"] = Usage(tokens);
        return json;
    }

    private List<ReadOnlyMemory<byte>> Chunks(JsonObject body, string model, int tokens)
    {
        List<ReadOnlyMemory<byte>> pieces = [];
        string id = ids.NextResponseId();
        string[] words = Said(body).Split(' ');
        for (int i = 0; i < words.Length; i++)
        {
            JsonObject choice = new() { ["delta"] = new JsonObject { ["content"] = (i > 0 ? " " : "") + words[i], ["role"] = "assistant" }, ["index"] = 0 };
            if (i == words.Length - 1) choice["finish_reason"] = "stop";
            JsonObject chunk = Head("chat.completion.chunk", model, choice, id);
            if (i == words.Length - 1) chunk["usage"] = Usage(tokens);
            pieces.Add(Encoding.UTF8.GetBytes($"data: {chunk.ToJsonString()}\n\n"));
        }

        pieces.Add("data: [DONE]\n\n"u8.ToArray());
        return pieces;
    }

    private static JsonObject Vectors(JsonObject body, string model, int tokens)
    {
        int count = body["input"] is JsonArray several ? several.Count : 1;
        JsonArray data = [];
        for (int i = 0; i < count; i++) data.Add(new JsonObject { ["object"] = "embedding", ["index"] = i, ["embedding"] = new JsonArray(0.6, 0.8) });
        return new JsonObject { ["object"] = "list", ["data"] = data, ["model"] = model, ["usage"] = new JsonObject { ["prompt_tokens"] = tokens, ["total_tokens"] = tokens } };
    }

    private static JsonObject Pictures(JsonObject body)
    {
        JsonArray data = [];
        for (int i = 0; i < (int)(body["n"]?.GetValue<double>() ?? 1); i++) data.Add(new JsonObject { ["b64_json"] = Painting.For(Text(body["prompt"])!, i) });
        return new JsonObject { ["created"] = 1763726400, ["data"] = data };
    }

    private JsonObject Head(string kind, string model, JsonObject choice, string? id = null) => new()
    {
        ["choices"] = new JsonArray(choice),
        ["created"] = 1763726400,
        ["id"] = id ?? ids.NextResponseId(),
        ["model"] = WithoutPrefix(model),
        ["object"] = kind,
    };

    /// <summary>The sum holds thoughts, which no part does.</summary>
    private static JsonObject Usage(int tokens) => new() { ["completion_tokens"] = 5, ["prompt_tokens"] = tokens, ["total_tokens"] = tokens + 5 + 7 };

    private static string Said(JsonObject body)
    {
        JsonNode? content = body["messages"]!.AsArray()[^1]?["content"];
        return "You said: " + (Text(content) ?? content?[0]?["text"]?.ToString() ?? "nothing");
    }

    private static JsonObject? Read(ReceivedRequest request)
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

    private static string? Text(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    private static string WithoutPrefix(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;

    private static ReplyPlan Whole(JsonObject json) => new(200, "application/json", [Encoding.UTF8.GetBytes(json.ToJsonString())]);

    private static (FakeReply Reply, ReplyPlan Plan) Refuse(GoogleError error) => (FakeReply.Default, ErrorPlan(error));

    private static ReplyPlan ErrorPlan(GoogleError error) => new(error.Code, ReplyFraming.Json, [ReplyFraming.FrameError(error, inArray: true)]);
}
