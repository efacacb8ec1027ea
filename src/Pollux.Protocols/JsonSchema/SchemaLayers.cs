using System.Text.Json;

namespace Pollux.Protocols.JsonSchema;

/// <summary>
/// A schema together with everything that <c>allOf</c> lays over it, seen as one: for most keywords the outermost layer
/// that has it speaks, properties and required names are gathered from all.
/// </summary>
internal readonly struct SchemaLayers
{
    private const int MaxLayers = 32;

    private readonly List<JsonElement> _layers;

    private SchemaLayers(List<JsonElement> layers) => _layers = layers;

    public List<JsonElement> All => _layers;

    /// <param name="schema">An object.</param>
    /// <param name="root">The document in which references are looked up.</param>
    /// <param name="inlineOuter">Whether a reference of the schema itself is followed too, or only those inside <c>allOf</c>.</param>
    /// <param name="followed">Receives the references that were followed: whoever meets one again stands in a circle.</param>
    public static SchemaLayers Of(JsonElement schema, JsonElement root, bool inlineOuter, List<string> followed)
    {
        var layers = new List<JsonElement>();
        Collect(schema, root, inlineOuter, layers, followed);
        return new SchemaLayers(layers);
    }

    /// <summary>The outermost value of a keyword; <c>null</c> values do not count.</summary>
    public bool TryGet(ReadOnlySpan<byte> word, out JsonElement value)
    {
        foreach (var layer in _layers)
            if (layer.TryGetProperty(word, out value) && value.ValueKind is not JsonValueKind.Null)
                return true;
        value = default;
        return false;
    }

    /// <inheritdoc cref="TryGet(ReadOnlySpan{byte}, out JsonElement)"/>
    public bool TryGet(string word, out JsonElement value)
    {
        foreach (var layer in _layers)
            if (layer.TryGetProperty(word, out value) && value.ValueKind is not JsonValueKind.Null)
                return true;
        value = default;
        return false;
    }

    /// <summary>All members of the objects that stand under a keyword; the outermost of equal names.</summary>
    public List<JsonProperty> Members(ReadOnlySpan<byte> word)
    {
        var members = new List<JsonProperty>();
        HashSet<string>? seen = null;
        foreach (var layer in _layers)
        {
            if (!layer.TryGetProperty(word, out var map) || map.ValueKind is not JsonValueKind.Object)
                continue;
            seen ??= [];
            foreach (var member in map.EnumerateObject())
                if (seen.Add(member.Name))
                    members.Add(member);
        }
        return members;
    }

    /// <summary>The required names, each once.</summary>
    public List<string> Required()
    {
        var names = new List<string>();
        foreach (var layer in _layers)
        {
            if (!layer.TryGetProperty("required"u8, out var list) || list.ValueKind is not JsonValueKind.Array)
                continue;
            foreach (var name in list.EnumerateArray())
                if (name.ValueKind is JsonValueKind.String && name.GetString() is { } text && !names.Contains(text))
                    names.Add(text);
        }
        return names;
    }

    /// <summary>Follows a reference inside the same document.</summary>
    public static bool TryResolve(string reference, JsonElement root, out JsonElement target)
    {
        target = root;
        if (!reference.StartsWith('#'))
            return false;
        foreach (var step in reference[1..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (target.ValueKind is JsonValueKind.Object && target.TryGetProperty(name, out var member))
                target = member;
            else if (target.ValueKind is JsonValueKind.Array && int.TryParse(name, out var index) && index >= 0 && index < target.GetArrayLength())
                target = target[index];
            else
                return false;
        }
        return true;
    }

    private static void Collect(JsonElement schema, JsonElement root, bool inline, List<JsonElement> layers, List<string> followed)
    {
        if (schema.ValueKind is not JsonValueKind.Object || layers.Count == MaxLayers)
            return;
        layers.Add(schema);
        if (inline && schema.TryGetProperty("$ref"u8, out var reference) && reference.ValueKind is JsonValueKind.String
            && reference.GetString() is { } address && !followed.Contains(address) && TryResolve(address, root, out var target))
        {
            followed.Add(address);
            Collect(target, root, inline: true, layers, followed);
        }
        if (schema.TryGetProperty("allOf"u8, out var all) && all.ValueKind is JsonValueKind.Array)
            foreach (var part in all.EnumerateArray())
                Collect(part, root, inline: true, layers, followed);
    }
}
