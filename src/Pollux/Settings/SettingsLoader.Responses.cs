namespace Pollux.Settings;

// Answers that callers can ask for again.
internal static partial class SettingsLoader
{
    private static ResponseSettings LoadResponses(SettingSource source) => new()
    {
        Retention = TimeSpan.FromDays(source.Integer("RESPONSES_RETENTION", 30, 0, 3650)),
        MaxBytes = source.Integer("RESPONSES_MAX_MB", 512, 1, 1024 * 1024) * (long)Megabyte,
    };
}
