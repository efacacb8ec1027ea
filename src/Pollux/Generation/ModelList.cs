using System.Collections.Frozen;
using System.Text.Json;
using Pollux.Protocols.Gemini.Models;

namespace Pollux.Generation;

/// <summary>One model as the upstream describes it.</summary>
/// <param name="Name">Without <c>models/</c>.</param>
/// <param name="Json">The whole description, as it came.</param>
internal sealed record ModelEntry(string Name, JsonElement Json)
{
    /// <summary>What it can do; found once, since the catalogue matches patterns.</summary>
    public ModelCapabilities Capabilities { get; } = ModelCatalog.Default.Find(Name);
}

/// <summary>The upstream's models at one time. Immutable.</summary>
internal sealed class ModelList
{
    /// <summary>No models.</summary>
    public static readonly ModelList None = new([]);

    private readonly FrozenDictionary<string, ModelEntry> _byName;

    /// <param name="entries">In the upstream's order.</param>
    public ModelList(IReadOnlyList<ModelEntry> entries)
    {
        Entries = entries;
        _byName = entries.DistinctBy(entry => entry.Name).ToFrozenDictionary(entry => entry.Name, StringComparer.Ordinal);
    }

    /// <summary>The models in the upstream's order.</summary>
    public IReadOnlyList<ModelEntry> Entries { get; }

    /// <summary>Whether there is a model of this name.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>The model of this name.</summary>
    public ModelEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Reads one page of <c>models.list</c> and adds its entries.</summary>
    /// <returns>The token of the next page, or <see langword="null"/>.</returns>
    public static string? ReadPage(ReadOnlyMemory<byte> json, List<ModelEntry> entries)
    {
        using JsonDocument page = JsonDocument.Parse(json);
        if (page.RootElement.TryGetProperty("models", out JsonElement models) && models.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement model in models.EnumerateArray())
            {
                if (model.TryGetProperty("name", out JsonElement name) && name.GetString() is { Length: > 0 } text)
                    entries.Add(new ModelEntry(text.StartsWith("models/", StringComparison.Ordinal) ? text["models/".Length..] : text, model.Clone()));
            }
        }

        return page.RootElement.TryGetProperty("nextPageToken", out JsonElement token) && token.GetString() is { Length: > 0 } next ? next : null;
    }
}
