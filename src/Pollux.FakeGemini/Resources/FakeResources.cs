using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Resources;

/// <summary>Something that lives in a project: a cache, a batch, an operation, a store and the like. Thread-safe as long as its JSON is only replaced.</summary>
public sealed record FakeResource
{
    /// <summary>For example <c>cachedContents/abc</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The number of the project that owns it.</summary>
    public required string Project { get; init; }

    /// <summary>The key that it was made with.</summary>
    public required string Key { get; init; }

    /// <summary>When it is gone; <see langword="null"/>: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The model that it was made for, without <c>models/</c>; empty: none.</summary>
    public string Model { get; init; } = "";

    internal JsonObject Json { get; init; } = [];

    /// <summary>What it is, as JSON text.</summary>
    public string Text => Json.ToJsonString();
}

/// <summary>What lives at the upstream in all projects, files apart. Thread-safe.</summary>
public sealed class FakeResources
{
    private const string IdCharacters = "0123456789abcdefghijklmnopqrstuvwxyz";

    private readonly ConcurrentDictionary<string, FakeResource> _byName = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;

    internal FakeResources(TimeProvider time) => _time = time;

    /// <summary>The smallest cache, in tokens: Google's for Flash models is 1,024.</summary>
    public int LeastCachedTokens { get; set; } = 1024;

    /// <summary>All that are not over.</summary>
    public IReadOnlyList<FakeResource> All => [.. _byName.Values.Where(resource => !IsOver(resource))];

    /// <summary>The one of this name, or null.</summary>
    public FakeResource? Find(string name) => _byName.TryGetValue(name, out FakeResource? found) && !IsOver(found) ? found : null;

    /// <summary>Forgets one, as Google does when its time is over.</summary>
    public void Forget(string name) => _byName.TryRemove(name, out _);

    /// <summary>Makes one that nobody asked for through the gateway.</summary>
    public FakeResource Make(FakeKey key, string name)
    {
        JsonObject json = new() { ["name"] = name };
        if (name.StartsWith("cachedContents/", StringComparison.Ordinal))
            json["expireTime"] = At(_time.GetUtcNow().AddHours(1));
        return Add(key, name, json);
    }

    /// <summary>What runs ends well: a batch, an operation, an interaction in the background.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="response">What it made, as a JSON object; <see langword="null"/>: what Google would say of nothing in particular.</param>
    public void Finish(string name, string? response = null)
    {
        FakeResource running = _byName[name];
        var json = (JsonObject)running.Json.DeepClone();
        if (name.StartsWith("interactions/", StringComparison.Ordinal))
        {
            json["status"] = "completed";
        }
        else
        {
            json["done"] = true;
            json["response"] = response is null ? new JsonObject() : JsonNode.Parse(response);
            if (json["metadata"] is JsonObject metadata && metadata.ContainsKey("state"))
                metadata["state"] = "BATCH_STATE_SUCCEEDED";
        }

        _byName[name] = running with { Json = json };
    }

    internal FakeResource Add(FakeKey key, string name, JsonObject json, DateTimeOffset? expiresAt = null, string model = "") =>
        _byName[name] = new FakeResource { Name = name, Project = key.Project.Number, Key = key.Key, Json = json, ExpiresAt = expiresAt, Model = model };

    internal void Replace(FakeResource resource) => _byName[resource.Name] = resource;

    internal static string NewId(int length = 12) => RandomNumberGenerator.GetString(IdCharacters, length);

    internal DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>A resource as a project may see it, or the refusal, which is the same for what is not there and what is another's.</summary>
    internal (FakeResource? Resource, GoogleError? Refusal) See(string name, FakeProject project) =>
        Find(name) is { } found && found.Project == project.Number ? (found, null) : (null, NotThere(name));

    /// <summary>Why a request for generation cannot use the cache and the stores it names; null: it can.</summary>
    internal GoogleError? CheckUse(JsonObject request, FakeProject project, string model)
    {
        if (request["cachedContent"]?.GetValue<string>() is { } cache)
        {
            (FakeResource? found, GoogleError? refusal) = See(cache, project);
            if (refusal is not null) return refusal;
            if (found!.Model.Length > 0 && found.Model != model)
                return GoogleError.InvalidArgument($"Model used by GenerateContent request (models/{model}) and CachedContent (models/{found.Model}) has to be the same.");
        }

        foreach (JsonNode? tool in request["tools"] as JsonArray ?? [])
        {
            foreach (JsonNode? store in tool?["fileSearch"]?["fileSearchStoreNames"] as JsonArray ?? [])
            {
                if (See(store!.GetValue<string>(), project).Refusal is { } refusal) return refusal;
            }
        }

        return null;
    }

    internal static string At(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static GoogleError NotThere(string name) => name.Split('/') switch
    {
        ["cachedContents", _] => new GoogleError(403, "PERMISSION_DENIED", "CachedContent not found (or permission denied)"),
        ["tunedModels", ..] => new GoogleError(403, "PERMISSION_DENIED", $"You do not have permission to access tuned model {name}."),
        ["fileSearchStores", var id, ..] => new GoogleError(403, "PERMISSION_DENIED", $"You do not have permission to access the FileSearchStore {id} or it may not exist."),
        _ => new GoogleError(404, "NOT_FOUND", "Requested entity was not found."),
    };

    private bool IsOver(FakeResource resource) => resource.ExpiresAt <= _time.GetUtcNow();
}
