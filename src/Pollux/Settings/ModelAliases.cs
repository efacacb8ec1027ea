using System.Collections.Frozen;
using System.IO.Enumeration;

namespace Pollux.Settings;

/// <summary>
/// <c>MODEL_ALIASES</c>: what a client's names of models mean. One table for all, and tables of single callers, which are looked
/// through before it. Immutable.
/// </summary>
/// <param name="shared">For all callers.</param>
/// <param name="callers">By the caller's label.</param>
internal sealed class ModelAliases(AliasTable shared, IReadOnlyDictionary<string, AliasTable> callers)
{
    /// <summary>A caller who presents an ephemeral token of somebody is that somebody here.</summary>
    private const string TokenOf = "token of ";

    private readonly FrozenDictionary<string, AliasTable> _callers = callers.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>No aliases.</summary>
    public static ModelAliases None { get; } = new(AliasTable.Empty, FrozenDictionary<string, AliasTable>.Empty);

    /// <summary>What a name stands for.</summary>
    /// <param name="name">The name, without <c>models/</c>.</param>
    /// <param name="caller">The label of who asks; empty: nobody in particular.</param>
    /// <param name="withPatterns">Whether patterns count too; they do not for a name that means something by itself.</param>
    /// <returns>The target, or <see langword="null"/> where it is no alias.</returns>
    public string? Find(string name, string caller, bool withPatterns) =>
        (OwnOf(caller) is { } own ? own.Find(name, withPatterns) : null) ?? shared.Find(name, withPatterns);

    /// <summary>The aliases without wildcards that a caller has.</summary>
    public IEnumerable<string> NamesFor(string caller) => OwnOf(caller) is { } own ? own.Names.Concat(shared.Names).Distinct(StringComparer.Ordinal) : shared.Names;

    /// <inheritdoc/>
    public override string ToString() => $"{shared};{string.Join(';', _callers.Keys.Order(StringComparer.Ordinal).Select(caller => $"{caller}:{_callers[caller]}"))}";

    private AliasTable? OwnOf(string caller)
    {
        if (_callers.Count == 0)
            return null;
        ReadOnlySpan<char> label = caller.StartsWith(TokenOf, StringComparison.Ordinal) ? caller.AsSpan(TokenOf.Length) : caller;
        return _callers.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(label, out AliasTable? own) ? own : null;
    }
}

/// <summary>Aliases by name and by pattern, where <c>*</c> stands for any characters and <c>?</c> for one. Case counts. Immutable.</summary>
internal sealed class AliasTable
{
    private readonly FrozenDictionary<string, string> _names;
    private readonly (string Form, string Target)[] _patterns; // the one with the most literal characters first

    /// <param name="entries">What stands for what; of equal patterns the earlier one counts, of names there are no equal ones.</param>
    public AliasTable(IReadOnlyCollection<KeyValuePair<string, string>> entries)
    {
        _names = entries.Where(static entry => !IsPattern(entry.Key)).ToFrozenDictionary(StringComparer.Ordinal);
        _patterns = [.. entries.Where(static entry => IsPattern(entry.Key)).OrderByDescending(static entry => entry.Key.Count(static c => c is not ('*' or '?'))).Select(static entry => (entry.Key, entry.Value))];
    }

    /// <summary>No aliases.</summary>
    public static AliasTable Empty { get; } = new([]);

    /// <summary>The aliases without wildcards, in an order that stays.</summary>
    public IEnumerable<string> Names => _names.Keys.Order(StringComparer.Ordinal);

    /// <summary>Whether a name holds a wildcard.</summary>
    public static bool IsPattern(string name) => name.AsSpan().ContainsAny('*', '?');

    /// <summary>What a name stands for, or <see langword="null"/>. The exact name comes first, then the most literal pattern.</summary>
    public string? Find(string name, bool withPatterns)
    {
        if (_names.TryGetValue(name, out string? target))
            return target;
        if (!withPatterns)
            return null;
        foreach ((string form, string meaning) in _patterns)
        {
            if (FileSystemName.MatchesSimpleExpression(form, name, ignoreCase: false))
                return meaning;
        }

        return null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', _names.OrderBy(static entry => entry.Key, StringComparer.Ordinal).Select(static entry => $"{entry.Key}={entry.Value}").Concat(_patterns.Select(static entry => $"{entry.Form}={entry.Target}")));
}
