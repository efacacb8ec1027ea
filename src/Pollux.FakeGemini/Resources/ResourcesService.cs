using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Answers;
using Pollux.FakeGemini.Files;
using Pollux.FakeGemini.Serving;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Resources;

/// <summary>
/// Google's services around generation: caches, batches, operations, film, stores to search, tuned models and what is merely kept. All
/// belong to the project of a key. Refuses what Google refuses; interactions are in <see cref="InteractionService"/>.
/// </summary>
internal sealed class ResourcesService(FakeResources resources, FakeFiles files, ModelList models, InteractionService interactions)
{
    private static readonly string[] Kept = ["agents", "environments", "triggers", "webhooks", "corpora", "auth_tokens"];
    private static readonly string[] Named = ["corpora", "auth_tokens"]; // the others answer with an id
    private static readonly string[] CacheFields = ["model", "contents", "systemInstruction", "tools", "toolConfig", "ttl", "expireTime", "displayName"];

    /// <summary>Whether a path is one of these.</summary>
    public static bool Serves(ReceivedRequest request) => Parts(request.Path) switch
    {
        [_, "models", _, "operations", ..] => true,
        [_, "models", var model] => model.EndsWith(":predictLongRunning", StringComparison.Ordinal) || model.EndsWith(":batchGenerateContent", StringComparison.Ordinal) || model.EndsWith(":asyncBatchEmbedContent", StringComparison.Ordinal),
        [_, "cachedContents" or "batches" or "operations" or "fileSearchStores" or "tunedModels" or "interactions", ..] => true,
        [_, var kept, ..] => Kept.Contains(kept),
        _ => false,
    };

    /// <summary>The answer, or the refusal; both null: Google knows no such method.</summary>
    public (ReplyPlan? Plan, GoogleError? Refusal) Answer(ReceivedRequest request, FakeKey key)
    {
        JsonObject body = [];
        if (!request.Body.IsEmpty)
        {
            try
            {
                if (JsonNode.Parse(request.Body.Span) is not JsonObject read) return (null, GoogleError.InvalidArgument("Invalid JSON payload received."));
                body = read;
            }
            catch (JsonException)
            {
                return (null, GoogleError.InvalidArgument("Invalid JSON payload received. Unexpected token."));
            }
        }

        string[] parts = Parts(request.Path)[1..];
        if (parts[0] == "interactions") return interactions.Answer(request, parts, body, key);
        (JsonObject? answer, GoogleError? refusal) = Decide(request, parts, body, key);
        return answer is null ? (null, refusal) : (new ReplyPlan(200, ReplyFraming.Json, ReplyFraming.Frame(ReplyForm.Unary, [answer])), null);
    }

    private static string[] Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private (JsonObject? Answer, GoogleError? Refusal) Decide(ReceivedRequest request, string[] parts, JsonObject body, FakeKey key) => (request.Method, parts) switch
    {
        ("POST", ["cachedContents"]) => MakeCache(body, key),
        ("PATCH", ["cachedContents", var id]) => MoveCache("cachedContents/" + id, request, body, key),
        ("POST", ["models", var call]) when call.Split(':') is [var model, var action] => Start(model, action, body, key),
        ("POST", ["batches", var call]) when call.Split(':') is [var id, "cancel"] => See("batches/" + id, key, static _ => []),
        ("POST", ["fileSearchStores"]) => MakeStore(body, key),
        ("POST", ["fileSearchStores", var call]) when call.Split(':') is [var id, "importFile"] => Import("fileSearchStores/" + id, body, key),
        ("GET", ["fileSearchStores", var id, "documents"]) => See("fileSearchStores/" + id, key, store => List(store.Name + "/documents/", "documents")),
        ("POST", ["tunedModels"]) => Tune(body, key),
        ("POST", ["tunedModels", var call]) when call.Split(':') is [var id, "generateContent"] => See("tunedModels/" + id, key, static _ => Said("I am tuned.")),
        ("POST", ["tunedModels", var id, "permissions"]) => See("tunedModels/" + id, key, tuned => Permit(tuned, body, key)),
        ("POST", [var kept]) when Kept.Contains(kept) => Keep(kept, body, key),
        ("GET", [_]) => (List(parts[0] + "/", parts[0] == "batches" ? "operations" : parts[0], key.Project), null),
        ("GET", _) => See(string.Join('/', parts), key, static found => (JsonObject)found.Json.DeepClone()),
        ("DELETE", _) => See(string.Join('/', parts), key, found =>
        {
            resources.Forget(found.Name);
            return [];
        }),
        _ => (null, null),
    };

    private (JsonObject? Answer, GoogleError? Refusal) See(string name, FakeKey key, Func<FakeResource, JsonObject> answer)
    {
        (FakeResource? found, GoogleError? refusal) = resources.See(name, key.Project);
        return found is null ? (null, refusal) : (answer(found), null);
    }

    private (JsonObject? Answer, GoogleError? Refusal) MakeCache(JsonObject body, FakeKey key)
    {
        if (body.Select(static member => member.Key).Except(CacheFields).FirstOrDefault() is { } unknown)
            return (null, GoogleError.InvalidArgument($"Invalid JSON payload received. Unknown name \"{unknown}\" at 'cached_content': Cannot find field."));
        string model = Model(body["model"]);
        if (model.Length == 0) return (null, GoogleError.InvalidArgument("* CreateCachedContentRequest.cached_content.model: model is required\n"));
        if (models.Find(model) is not { } known || !known.Methods.Contains("createCachedContent"))
            return (null, ModelErrors.NotFound(model, "v1beta", "createCachedContent"));
        if (files.CheckUse(body, key.Project) is { } unusable) return (null, unusable);
        int tokens = TokenEstimate.OfRequest(body);
        if (tokens < resources.LeastCachedTokens)
            return (null, GoogleError.InvalidArgument($"Cached content is too small. total_token_count={tokens}, min_total_token_count={resources.LeastCachedTokens}"));
        if (Expiry(body, out GoogleError? refusal) is not { } expiry) return (null, refusal);

        string name = "cachedContents/" + FakeResources.NewId(24);
        JsonObject json = new()
        {
            ["name"] = name,
            ["model"] = "models/" + model,
            ["createTime"] = FakeResources.At(resources.Now),
            ["updateTime"] = FakeResources.At(resources.Now),
            ["expireTime"] = FakeResources.At(expiry),
            ["displayName"] = body["displayName"]?.DeepClone() ?? "",
            ["usageMetadata"] = new JsonObject { ["totalTokenCount"] = tokens },
        };
        resources.Add(key, name, json, expiry, model);
        return ((JsonObject)json.DeepClone(), null);
    }

    private (JsonObject? Answer, GoogleError? Refusal) MoveCache(string name, ReceivedRequest request, JsonObject body, FakeKey key)
    {
        (FakeResource? found, GoogleError? refusal) = resources.See(name, key.Project);
        if (found is null) return (null, refusal);
        if (body.Any(static member => member.Key is not ("ttl" or "expireTime"))) return (null, GoogleError.InvalidArgument("Only the expiration of a cached content can be updated."));
        if (request.Query.GetValueOrDefault("updateMask") is { } mask && mask is not ("ttl" or "expireTime" or "expire_time"))
            return (null, GoogleError.InvalidArgument($"Invalid update mask: {mask}"));
        if (Expiry(body, out refusal) is not { } expiry) return (null, refusal);
        var json = (JsonObject)found.Json.DeepClone();
        json["expireTime"] = FakeResources.At(expiry);
        resources.Replace(found with { Json = json, ExpiresAt = expiry });
        return ((JsonObject)json.DeepClone(), null);
    }

    private DateTimeOffset? Expiry(JsonObject body, out GoogleError? refusal)
    {
        refusal = null;
        if (body["ttl"] is { } ttl && body["expireTime"] is not null)
        {
            refusal = GoogleError.InvalidArgument("Only one of ttl and expire_time can be set.");
            return null;
        }

        if (body["ttl"]?.GetValue<string>() is { } text)
        {
            if (text.EndsWith('s') && double.TryParse(text[..^1], CultureInfo.InvariantCulture, out double seconds) && seconds > 0) return resources.Now.AddSeconds(seconds);
            refusal = GoogleError.InvalidArgument($"Invalid value at 'cached_content.ttl' (type.googleapis.com/google.protobuf.Duration), \"{text}\"");
            return null;
        }

        return body["expireTime"]?.GetValue<string>() is { } at ? DateTimeOffset.Parse(at, CultureInfo.InvariantCulture) : resources.Now.AddHours(1);
    }

    private (JsonObject? Answer, GoogleError? Refusal) Start(string model, string action, JsonObject body, FakeKey key)
    {
        if (models.Find(model) is not { } known || !known.Methods.Contains(action)) return (null, ModelErrors.NotFound(model, "v1beta", action));
        if (key.Lacks(model)) return (null, ModelErrors.NotForNewProjects(model));
        if (action != "predictLongRunning") return Batch(model, action, body, key);
        if (body["instances"] is not JsonArray { Count: 1 } instances || (instances[0]?["prompt"] is null && instances[0]?["image"] is null))
            return (null, GoogleError.InvalidArgument("`instances` must hold one prompt."));
        if (key.Project.Tier == FakeTier.Free)
            return (null, new GoogleError(400, "FAILED_PRECONDITION", "Veo is exclusively available to users with billing enabled. Please enable billing on your project."));
        if (key.Project.Accept(model, 0, out _) is { } crossed) return (null, crossed.ToError(key.Project.Tier, model, false));
        string name = $"models/{model}/operations/{FakeResources.NewId()}";
        resources.Add(key, name, new JsonObject { ["name"] = name });
        return (new JsonObject { ["name"] = name }, null);
    }

    private (JsonObject? Answer, GoogleError? Refusal) Batch(string model, string action, JsonObject body, FakeKey key)
    {
        if (body["batch"] is not JsonObject batch || batch["inputConfig"] is not JsonObject input) return (null, GoogleError.InvalidArgument("batch.input_config is required."));
        int count = 0;
        if (input["fileName"]?.GetValue<string>() is { } file)
        {
            if (files.See(file, key.Project).Refusal is { } refusal) return (null, refusal);
        }
        else if (input["requests"]?["requests"] is JsonArray { Count: > 0 } requests)
        {
            count = requests.Count;
            foreach (JsonNode? one in requests)
            {
                if (one?["request"] is not JsonObject inner) return (null, GoogleError.InvalidArgument("batch.input_config.requests.requests.request is required."));
                if ((files.CheckUse(inner, key.Project) ?? resources.CheckUse(inner, key.Project, model)) is { } unusable) return (null, unusable);
            }
        }
        else
        {
            return (null, GoogleError.InvalidArgument("batch.input_config must hold requests or a file name."));
        }

        string name = "batches/" + FakeResources.NewId(36);
        JsonObject json = new()
        {
            ["name"] = name,
            ["metadata"] = new JsonObject
            {
                ["@type"] = action == "batchGenerateContent" ? "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch" : "type.googleapis.com/google.ai.generativelanguage.v1main.EmbedContentBatch",
                ["model"] = "models/" + model,
                ["displayName"] = batch["displayName"]?.DeepClone() ?? "",
                ["createTime"] = FakeResources.At(resources.Now),
                ["updateTime"] = FakeResources.At(resources.Now),
                ["batchStats"] = new JsonObject { ["requestCount"] = count.ToString(CultureInfo.InvariantCulture), ["pendingRequestCount"] = count.ToString(CultureInfo.InvariantCulture) },
                ["state"] = "BATCH_STATE_PENDING",
                ["name"] = name,
            },
        };
        resources.Add(key, name, json, model: model);
        return ((JsonObject)json.DeepClone(), null);
    }

    private (JsonObject? Answer, GoogleError? Refusal) MakeStore(JsonObject body, FakeKey key)
    {
        if (body.Any(static member => member.Key is not ("displayName" or "embeddingModel"))) return (null, GoogleError.InvalidArgument("Invalid JSON payload received. Unknown name at 'file_search_store': Cannot find field."));
        string name = "fileSearchStores/" + FakeResources.NewId();
        JsonObject json = new() { ["name"] = name, ["displayName"] = body["displayName"]?.DeepClone() ?? "", ["createTime"] = FakeResources.At(resources.Now), ["updateTime"] = FakeResources.At(resources.Now) };
        resources.Add(key, name, json);
        return ((JsonObject)json.DeepClone(), null);
    }

    private (JsonObject? Answer, GoogleError? Refusal) Import(string store, JsonObject body, FakeKey key)
    {
        if (resources.See(store, key.Project).Refusal is { } refusal) return (null, refusal);
        if (body["fileName"]?.GetValue<string>() is not { } file) return (null, GoogleError.InvalidArgument("file_name is required."));
        return files.See(file, key.Project).Refusal is { } foreign ? (null, foreign) : (TakeIn(store, file, key), null);
    }

    /// <summary>A file becomes a document of a store: at once, told by an operation.</summary>
    public JsonObject TakeIn(string store, string displayName, FakeKey key)
    {
        string document = $"{store}/documents/{FakeResources.NewId()}";
        resources.Add(key, document, new JsonObject { ["name"] = document, ["displayName"] = displayName, ["state"] = "STATE_ACTIVE" });
        string operation = $"{store}/operations/{FakeResources.NewId()}";
        JsonObject json = new() { ["name"] = operation, ["done"] = true, ["response"] = new JsonObject { ["parent"] = store, ["documentName"] = document } };
        resources.Add(key, operation, json);
        return (JsonObject)json.DeepClone();
    }

    private (JsonObject? Answer, GoogleError? Refusal) Tune(JsonObject body, FakeKey key)
    {
        if (body["tuningTask"] is null || Model(body["baseModel"]).Length == 0) return (null, GoogleError.InvalidArgument("tuned_model.base_model and tuned_model.tuning_task are required."));
        string tuned = "tunedModels/" + FakeResources.NewId();
        resources.Add(key, tuned, new JsonObject { ["name"] = tuned, ["baseModel"] = "models/" + Model(body["baseModel"]), ["state"] = "ACTIVE" });
        string operation = $"{tuned}/operations/{FakeResources.NewId()}";
        JsonObject json = new() { ["name"] = operation, ["metadata"] = new JsonObject { ["tunedModel"] = tuned, ["totalSteps"] = 5 } };
        resources.Add(key, operation, json);
        return ((JsonObject)json.DeepClone(), null);
    }

    private JsonObject Permit(FakeResource tuned, JsonObject body, FakeKey key)
    {
        string name = $"{tuned.Name}/permissions/{FakeResources.NewId()}";
        JsonObject json = new() { ["name"] = name, ["role"] = body["role"]?.DeepClone() };
        resources.Add(key, name, json);
        return (JsonObject)json.DeepClone();
    }

    private (JsonObject? Answer, GoogleError? Refusal) Keep(string collection, JsonObject body, FakeKey key)
    {
        string id = FakeResources.NewId();
        var json = (JsonObject)body.DeepClone();
        json[Named.Contains(collection) ? "name" : "id"] = Named.Contains(collection) ? $"{collection}/{id}" : id;
        resources.Add(key, $"{collection}/{id}", json);
        return ((JsonObject)json.DeepClone(), null);
    }

    private JsonObject List(string prefix, string member, FakeProject? project = null)
    {
        JsonNode[] own = [.. resources.All.Where(found => found.Name.StartsWith(prefix, StringComparison.Ordinal) && (project is null || found.Project == project.Number)).Select(static found => found.Json.DeepClone())];
        return own.Length == 0 ? [] : new JsonObject { [member] = new JsonArray(own) };
    }

    private static JsonObject Said(string text) => new()
    {
        ["candidates"] = new JsonArray(new JsonObject { ["content"] = new JsonObject { ["role"] = "model", ["parts"] = new JsonArray(new JsonObject { ["text"] = text }) }, ["finishReason"] = "STOP", ["index"] = 0 }),
        ["usageMetadata"] = new JsonObject { ["promptTokenCount"] = 1, ["candidatesTokenCount"] = 4, ["totalTokenCount"] = 5 },
    };

    private static string Model(JsonNode? name) => name?.GetValue<string>() is { } text ? text.StartsWith("models/", StringComparison.Ordinal) ? text["models/".Length..] : "" : "";
}
