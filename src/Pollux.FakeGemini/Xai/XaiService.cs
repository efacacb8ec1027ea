using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Serving;

namespace Pollux.FakeGemini.Xai;

/// <summary>
/// A stand-in of xAI: models, chat and pictures, with its error form, its 400 for a bad key, and its refusals of what OpenAI has
/// and it has not. A script speaks only for requests that are good.
/// </summary>
internal sealed class XaiService(FakeScript script, Func<Uri> address)
{
    private static readonly string[] Speakers = ["grok-4", "grok-3-mini"];
    private static readonly string[] Painters = ["grok-2-image", "grok-imagine-image"];
    private static readonly string[] PictureFields = ["model", "prompt", "n", "response_format", "aspect_ratio", "resolution", "quality", "user", "image", "images"];
    private static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool", "function"];

    /// <summary>The smallest picture: begins as a JPEG does and ends as one does.</summary>
    private static readonly byte[] Picture = [0xff, 0xd8, 0xff, 0xe0, 0, 16, (byte)'J', (byte)'F', (byte)'I', (byte)'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff, 0xd9];

    private readonly ConcurrentDictionary<string, FakeXaiKeyState> _keys = new(StringComparer.Ordinal);

    public void Set(string key, FakeXaiKeyState state) => _keys[key] = state;

    public (FakeReply Reply, ReplyPlan Plan) Decide(ReceivedRequest request)
    {
        if (request.Action!.StartsWith(GeminiPath.XaiPictures, StringComparison.Ordinal)) return (FakeReply.Default, new ReplyPlan(200, "image/jpeg", [Picture]));
        string path = request.Action[GeminiPath.XaiPrefix.Length..];
        if (Refusal(request.Key) is { } refusal) return (FakeReply.Default, refusal);
        if (request.Method == "GET") return Scripted(request) ?? (FakeReply.Default, List(path));
        if (request.Query.Count > 0) return (FakeReply.Default, Error(400, "invalid-argument", "Unexpected query."));
        if (path is not ("chat/completions" or "images/generations" or "images/edits") || request.Method != "POST") return (FakeReply.Default, Error(404, "not-found", "Not found."));
        if (OpenAIBodies.Read(request) is not { } body) return (FakeReply.Default, Plain(422, "Failed to parse the request body as JSON."));
        return (path == "chat/completions" ? CheckChat(body) : CheckPictures(body, isEdit: path == "images/edits")) is { } wrong
            ? (FakeReply.Default, wrong)
            : Scripted(request) ?? (FakeReply.Default, path == "chat/completions" ? OpenAIBodies.Chat(body, OpenAIBodies.Text(body["model"]), "They want an echo.") : Pictures(body));
    }

    private (FakeReply Reply, ReplyPlan Plan)? Scripted(ReceivedRequest request)
    {
        if (script.Take(request) is not { } reply) return null;
        bool stream = request.Body.Length > 0 && request.Json.TryGetProperty("stream", out JsonElement streams) && streams.ValueKind == JsonValueKind.True;
        ReplyPlan plan = reply.Body switch
        {
            RawBody raw => new ReplyPlan(raw.Status, raw.ContentType, raw.Pieces) { RetryAfter = raw.RetryAfter },
            ResetBody => new ReplyPlan(0, "", []) { ThenReset = true },
            _ when OpenAIBodies.Read(request) is { } body && body["messages"] is not null => OpenAIBodies.Chat(body, OpenAIBodies.Text(body["model"]), "They want an echo."),
            _ => throw new InvalidOperationException($"xAI does not say a {reply.Body.GetType().Name}."),
        };
        return (reply, plan.BrokenOff(reply.Ending, stream ? ReplyForm.Events : ReplyForm.Unary, default));
    }

    private ReplyPlan? Refusal(string? key)
    {
        if (string.IsNullOrEmpty(key)) return Error(401, "unauthenticated:no-credentials", "No API key was provided.");
        return _keys.GetValueOrDefault(key, FakeXaiKeyState.Incorrect) switch
        {
            FakeXaiKeyState.Incorrect => Error(400, "invalid-argument", $"Incorrect API key provided: {key[..2]}***{key[^2..]}. You can obtain an API key from https://console.x.ai."),
            FakeXaiKeyState.NoCredit => Error(403, "The caller does not have permission to execute the specified operation", "Your newly created team doesn't have any credits or licenses yet. You can purchase those on https://console.x.ai."),
            FakeXaiKeyState.NoPermission => Error(403, "The caller does not have permission to execute the specified operation", $"API key {key} lacks the permission for this endpoint."),
            _ => null,
        };
    }

    private static ReplyPlan List(string path)
    {
        string[] all = [.. Speakers, .. Painters];
        if (path == "models") return OpenAIBodies.Whole(200, OpenAIBodies.List(all, "xai"));
        string id = path.StartsWith("models/", StringComparison.Ordinal) ? path["models/".Length..] : "";
        return all.Contains(id) ? OpenAIBodies.Whole(200, OpenAIBodies.Model(id, "xai")) : Error(404, "not-found", $"The model {id} does not exist or your team does not have access to it.");
    }

    private static ReplyPlan? CheckChat(JsonObject body)
    {
        string model = OpenAIBodies.Text(body["model"]);
        if (body["messages"] is not JsonArray messages) return Plain(422, "Failed to deserialize the JSON body into the target type: missing field `messages`");
        if (Painters.Contains(model)) return Error(400, "invalid-argument", $"The model {model} does not support chat completions.");
        if (!Speakers.Contains(model)) return Error(404, "not-found", $"The model {model} does not exist or your team does not have access to it.");
        if (messages.Count == 0) return Error(400, "invalid-argument", "Each request must have at least one message.");
        if (messages.Any(static message => !Roles.Contains(OpenAIBodies.Text(message?["role"])))) return Plain(422, "Failed to deserialize the JSON body into the target type: unknown variant in `role`");
        if (OpenAIBodies.Text(body["reasoning_effort"]) is "none" or "max") return Error(400, "invalid-argument", $"Model {model} does not support this reasoning effort.");
        return null;
    }

    private static ReplyPlan? CheckPictures(JsonObject body, bool isEdit)
    {
        string model = OpenAIBodies.Text(body["model"]);
        foreach ((string name, _) in body)
        {
            if (!PictureFields.Contains(name)) return Error(400, "invalid-argument", $"Argument not supported: {name}");
        }

        if (!Painters.Contains(model)) return Error(404, "not-found", $"The model {model} does not exist or your team does not have access to it.");
        if (OpenAIBodies.Text(body["prompt"]).Length == 0) return Plain(422, "Failed to deserialize the JSON body into the target type: missing field `prompt`");
        if (body["n"] is { } n && (n.GetValueKind() != JsonValueKind.Number || n.GetValue<double>() is not (>= 1 and <= 10))) return Error(400, "invalid-argument", "n must be between 1 and 10.");
        if (body["response_format"] is { } form && OpenAIBodies.Text(form) is not ("url" or "b64_json")) return Error(400, "invalid-argument", "response_format must be url or b64_json.");
        if (body["aspect_ratio"] is not null && model == "grok-2-image") return Error(400, "invalid-argument", "Argument not supported: aspect_ratio");
        return isEdit && body["image"] is not JsonObject && body["images"] is not JsonArray ? Error(400, "invalid-argument", "An image is needed.") : null;
    }

    private ReplyPlan Pictures(JsonObject body)
    {
        int count = body["n"]?.GetValue<int>() ?? 1;
        JsonArray data = [];
        for (int i = 1; i <= count; i++)
        {
            JsonObject picture = OpenAIBodies.Text(body["response_format"]) == "b64_json"
                ? new JsonObject { ["b64_json"] = Convert.ToBase64String(Picture) }
                : new JsonObject { ["url"] = $"{address()}{GeminiPath.XaiPictures}{i}.jpeg" };
            picture["mime_type"] = "image/jpeg";
            picture["revised_prompt"] = "Better: " + OpenAIBodies.Text(body["prompt"]);
            picture["respect_moderation"] = !OpenAIBodies.Text(body["prompt"]).Contains($"withhold {i}", StringComparison.Ordinal);
            data.Add(picture);
        }

        return OpenAIBodies.Whole(200, new JsonObject { ["data"] = data, ["usage"] = new JsonObject { ["cost_in_usd_ticks"] = 200_000_000L * count } });
    }

    private static ReplyPlan Error(int status, string code, string error) => OpenAIBodies.Whole(status, new JsonObject { ["code"] = code, ["error"] = error });

    private static ReplyPlan Plain(int status, string text) => new(status, "text/plain; charset=utf-8", [System.Text.Encoding.UTF8.GetBytes(text)]);
}
