using System.Text.Json;
using Pollux.Access;

namespace Pollux.Settings;

// MODEL_ALIASES. A caller may be named by its credential, so no fault repeats what an entry holds.
internal static partial class SettingsLoader
{
    private const string AliasesName = "MODEL_ALIASES";
    private const int MaxAliases = 1000; // patterns are tried one after another
    private const int LongestName = 200; // no model's name is longer

    /// <summary>
    /// Pairs as <c>alias=model</c>, or a JSON object. In the object a member whose value is an object holds the aliases of one
    /// caller, who is named by label or credential. A wrong entry is left out.
    /// </summary>
    private static ModelAliases LoadAliases(SettingSource source, AccessOptions access)
    {
        if (source.Text(AliasesName) is not { } text)
            return ModelAliases.None;
        var shared = new Dictionary<string, string>(StringComparer.Ordinal);
        var callers = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        if (text.StartsWith('{'))
            ReadAliases(source, text, access, shared, callers);
        else if (text.Contains('='))
            ReadPairs(source, shared);
        else
            source.Fault(AliasesName, "is neither a JSON object nor pairs such as alias=model,other-*=model; it counts as not set");

        int count = shared.Count + callers.Values.Sum(static own => own.Count);
        if (count > MaxAliases)
        {
            source.Fault(AliasesName, $"holds {count} entries, which are more than {MaxAliases}; it counts as not set");
            return ModelAliases.None;
        }

        foreach (Dictionary<string, string> own in callers.Values)
            RemoveChains(source, own, shared);
        RemoveChains(source, shared, shared);
        return new ModelAliases(new AliasTable(shared), callers.ToDictionary(static own => own.Key, static own => new AliasTable(own.Value)));
    }

    private static void ReadPairs(SettingSource source, Dictionary<string, string> shared)
    {
        int number = 0;
        foreach (string pair in source.Words(AliasesName))
        {
            number++;
            if (pair.Split('=') is not [var alias, var target] || !TryAdd(shared, alias, target))
                source.Fault(AliasesName, $"holds an entry, number {number}, that is not a pair alias=model; it is left out");
        }
    }

    private static void ReadAliases(SettingSource source, string text, AccessOptions access, Dictionary<string, string> shared, Dictionary<string, Dictionary<string, string>> callers)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text.Contains('"') ? text : text.Replace('\'', '"'), new JsonDocumentOptions { AllowTrailingCommas = true, MaxDepth = 8 });
            int number = 0;
            foreach (JsonProperty entry in json.RootElement.EnumerateObject())
            {
                number++;
                if (entry.Value.ValueKind == JsonValueKind.Object)
                    ReadCaller(source, entry, number, access, callers);
                else if (entry.Value.ValueKind != JsonValueKind.String || !TryAdd(shared, entry.Name, entry.Value.GetString()!))
                    source.Fault(AliasesName, $"holds an entry, number {number}, that is not the name of a model for an alias; it is left out");
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            shared.Clear();
            callers.Clear();
            source.Fault(AliasesName, "is not a JSON object; it counts as not set");
        }
    }

    private static void ReadCaller(SettingSource source, JsonProperty entry, int number, AccessOptions access, Dictionary<string, Dictionary<string, string>> callers)
    {
        if (AccessModel.LabelOf(access, entry.Name) is not { } label)
        {
            source.Fault(AliasesName, $"holds a table, number {number}, for a caller that there is not (there are: {string.Join(", ", AccessModel.Labels(access))}); it is left out");
            return;
        }

        if (!callers.TryGetValue(label, out Dictionary<string, string>? own))
            callers[label] = own = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty alias in entry.Value.EnumerateObject())
        {
            if (alias.Value.ValueKind != JsonValueKind.String || !TryAdd(own, alias.Name, alias.Value.GetString()!))
                source.Fault(AliasesName, $"holds an entry in the table of {label} that is not the name of a model for an alias; it is left out");
        }
    }

    private static bool TryAdd(Dictionary<string, string> aliases, string alias, string target)
    {
        alias = WithoutModels(alias.Trim());
        target = target.Trim();
        if (alias.Length is 0 or > LongestName || alias[0] == '[' || BareName(target).Length == 0 || target.Length > LongestName || AliasTable.IsPattern(target))
            return false;
        aliases[alias] = target;
        return true;
    }

    /// <summary>An alias may stand for another alias, and that is all: no circles, no chains.</summary>
    private static void RemoveChains(SettingSource source, Dictionary<string, string> aliases, Dictionary<string, string> shared)
    {
        string[] chained = [.. aliases.Keys.Where(alias => Next(Next(Next(alias))) is not null)];
        foreach (string alias in chained)
            aliases.Remove(alias);
        if (chained.Length > 0)
            source.Fault(AliasesName, $"holds {chained.Length} aliases that lead in a circle, or over more than one other alias; they are left out");

        string? Next(string? alias) => alias is not null && (aliases.TryGetValue(alias, out string? target) || shared.TryGetValue(alias, out target)) ? BareName(target) : null;
    }

    /// <summary>A name without <c>models/</c>, and without what stands in brackets before it.</summary>
    private static string BareName(string name)
    {
        name = name.Trim();
        if (name.StartsWith('[') && name.IndexOf(']', StringComparison.Ordinal) is > 0 and var end)
            name = name[(end + 1)..].TrimStart();
        return WithoutModels(name);
    }

    private static string WithoutModels(string name) => name.StartsWith("models/", StringComparison.Ordinal) ? name["models/".Length..] : name;
}
