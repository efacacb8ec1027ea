using System.Globalization;

namespace Pollux.Settings;

/// <summary>A fault or a notice about the configuration, told at the start.</summary>
/// <param name="Name">The setting, or <see langword="null"/> for a file as a whole.</param>
/// <param name="Message">What is wrong, what is allowed, and what holds instead.</param>
/// <param name="RefusesStart">Whether the gateway must not start: access would be other than meant, or nobody can say what is meant.</param>
internal sealed record SettingFault(string? Name, string Message, bool RefusesStart);

/// <summary>
/// Reads settings by name out of the environment and a <c>.env</c> file (the environment wins), and collects every fault
/// instead of stopping at the first. A wrong value gives the default.
/// </summary>
internal sealed class SettingSource
{
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly Dictionary<string, string> _file;
    private readonly List<SettingFault> _faults = [];

    /// <param name="environment">The process environment.</param>
    /// <param name="dotEnv">The content of a <c>.env</c> file, or <see langword="null"/>.</param>
    public SettingSource(IReadOnlyDictionary<string, string> environment, string? dotEnv)
    {
        _environment = environment;
        var notices = new List<string>();
        _file = dotEnv is null ? [] : DotEnvFile.Read(dotEnv, notices);
        foreach (string notice in notices)
            _faults.Add(new SettingFault(null, notice, RefusesStart: false));
    }

    /// <summary>All faults found so far.</summary>
    public IReadOnlyList<SettingFault> Faults => _faults;

    /// <summary>The names that are set somewhere.</summary>
    public IEnumerable<string> Names => _environment.Keys.Concat(_file.Keys).Distinct(StringComparer.Ordinal);

    /// <summary>The first of <paramref name="names"/> that has a value; an empty value counts as unset.</summary>
    public string? Text(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (Text(_environment, name) is { } environment)
                return environment;
            if (Text(_file, name) is { } file)
                return file;
        }

        return null;
    }

    /// <summary>
    /// A value that is more than one text in brackets: what follows a closing bracket is not dropped. Quotes around the whole
    /// are removed.
    /// </summary>
    public string? Whole(string name)
    {
        string? raw = _environment.TryGetValue(name, out string? set) && !string.IsNullOrWhiteSpace(set) ? set : _file.GetValueOrDefault(name);
        if (string.IsNullOrWhiteSpace(raw))
            return null;
        string text = raw.Trim();
        return text[0] is '[' or '{' ? text : SettingValue.Clean(text) is { Length: > 0 } value ? value : null;
    }

    /// <summary>One of a few words, in any case; the first is the default.</summary>
    public string Choice(string name, params ReadOnlySpan<string> words)
    {
        if (Text(name) is not { } text)
            return words[0];
        foreach (string word in words)
        {
            if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
                return word;
        }

        Fault(name, $"is none of {string.Join(", ", words)}; {words[0]} holds");
        return words[0];
    }

    /// <summary>A switch.</summary>
    public bool Boolean(string name, bool fallback) => OptionalBoolean(name) ?? fallback;

    /// <summary>A switch that may be left open.</summary>
    public bool? OptionalBoolean(string name)
    {
        if (Text(name) is not { } text)
            return null;
        if (SettingValue.TryBoolean(text, out bool value))
            return value;
        Fault(name, "is not true or false; the default holds");
        return null;
    }

    /// <summary>A whole number; zero or less means off where the setting's meaning has an off.</summary>
    public int Integer(string name, int fallback, int minimum, int maximum) =>
        OptionalInteger(name, minimum, maximum, string.Create(CultureInfo.InvariantCulture, $"the default {fallback}")) ?? fallback;

    /// <summary>A whole number that may be left open.</summary>
    /// <param name="name">The setting.</param>
    /// <param name="minimum">The least; <see cref="int.MinValue"/> where zero or less means off.</param>
    /// <param name="maximum">The most.</param>
    /// <param name="otherwise">What holds instead of a wrong value.</param>
    public int? OptionalInteger(string name, int minimum, int maximum, string otherwise = "the default") =>
        Read(name, minimum == int.MinValue ? null : minimum, maximum, whole: true, otherwise) is { } value ? (int)Math.Max(value, minimum) : null;

    /// <summary>A number; zero or less means off.</summary>
    public double Number(string name, double fallback, double maximum) =>
        Read(name, minimum: null, maximum, whole: false, string.Create(CultureInfo.InvariantCulture, $"the default {fallback}")) ?? fallback;

    /// <summary>A span given in seconds.</summary>
    public TimeSpan Seconds(string name, double fallback, double maximum) => TimeSpan.FromSeconds(Math.Max(0, Number(name, fallback, maximum)));

    /// <summary>A list; empty when nothing is set.</summary>
    public IReadOnlyList<string> List(string name) => Text(name) is { } text ? SettingValue.List(text) : [];

    /// <summary>A list whose values hold no blanks, so that blanks may separate them; empty when nothing is set.</summary>
    public IReadOnlyList<string> Words(string name) => Text(name) is { } text ? SettingValue.Words(text) : [];

    /// <summary>Notes a fault. The value itself is not repeated: it may be a secret.</summary>
    public void Fault(string name, string message, bool refusesStart = false) => _faults.Add(new SettingFault(name, $"{name} {message}.", refusesStart));

    private static string? Text(IReadOnlyDictionary<string, string> values, string name) =>
        values.TryGetValue(name, out string? raw) && SettingValue.Clean(raw) is { Length: > 0 } value ? value : null;

    private double? Read(string name, double? minimum, double maximum, bool whole, string otherwise)
    {
        if (Text(name) is not { } text)
            return null;
        if (SettingValue.TryNumber(text, out double value) && !(value < minimum) && value <= maximum && (!whole || value == Math.Truncate(value)))
            return value;
        string kind = whole ? "whole number" : "number";
        Fault(name, minimum is null
            ? string.Create(CultureInfo.InvariantCulture, $"is not a {kind} up to {maximum}, where 0 or less means off; {otherwise} holds")
            : string.Create(CultureInfo.InvariantCulture, $"is not a {kind} from {minimum} to {maximum}; {otherwise} holds"));
        return null;
    }
}
