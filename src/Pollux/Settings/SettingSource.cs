namespace Pollux.Settings;

/// <summary>A fault or a notice about the configuration, told at the start.</summary>
/// <param name="Name">The setting, or <see langword="null"/> for a file as a whole.</param>
/// <param name="Message">What is wrong, what is allowed, and what holds instead.</param>
/// <param name="RefusesStart">Whether the gateway must not start: access would be other than meant.</param>
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
            if (_environment.TryGetValue(name, out string? raw) || _file.TryGetValue(name, out raw))
            {
                string value = SettingValue.Clean(raw);
                if (value.Length > 0)
                    return value;
            }
        }

        return null;
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
    public int Integer(string name, int fallback, int minimum, int maximum) => (int)Number(name, fallback, minimum, maximum);

    /// <summary>A number.</summary>
    public double Number(string name, double fallback, double minimum, double maximum)
    {
        if (Text(name) is not { } text)
            return fallback;
        if (SettingValue.TryNumber(text, out double value) && value >= minimum && value <= maximum)
            return value;
        Fault(name, $"is not a number from {minimum} to {maximum}; the default {fallback} holds");
        return fallback;
    }

    /// <summary>A span given in seconds.</summary>
    public TimeSpan Seconds(string name, double fallback, double maximum) => TimeSpan.FromSeconds(Math.Max(0, Number(name, fallback, double.MinValue, maximum)));

    /// <summary>A list; empty when nothing is set.</summary>
    public IReadOnlyList<string> List(params ReadOnlySpan<string> names) => Text(names) is { } text ? SettingValue.List(text) : [];

    /// <summary>Notes a fault. The value itself is not repeated: it may be a secret.</summary>
    public void Fault(string name, string message, bool refusesStart = false) => _faults.Add(new SettingFault(name, $"{name} {message}.", refusesStart));
}
