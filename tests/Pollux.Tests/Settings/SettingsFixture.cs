using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>Loads settings as a start of the program does, out of an environment and the text of a <c>.env</c> file.</summary>
internal static class SettingsFixture
{
    /// <summary>What is configured, and every fault that was told.</summary>
    public static (PolluxSettings Settings, IReadOnlyList<SettingFault> Faults) Load(string? dotEnv = null, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string value) in environment)
            values[name] = value;
        var source = new SettingSource(values, dotEnv);
        return (SettingsLoader.Load(source), source.Faults);
    }

    /// <summary>What one setting in the environment gives; it must be right.</summary>
    public static PolluxSettings With(string name, string value)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = Load(null, (name, value));
        Assert.Empty(faults);
        return settings;
    }

    /// <summary>What one wrong setting gives, and the one sentence that is told of it.</summary>
    public static (PolluxSettings Settings, SettingFault Fault) Wrong(string name, string value)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = Load(null, (name, value));
        return (settings, Assert.Single(faults));
    }
}
