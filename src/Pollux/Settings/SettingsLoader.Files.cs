namespace Pollux.Settings;

// Files of callers at the upstream.
internal static partial class SettingsLoader
{
    private static FileSettings LoadFiles(SettingSource source) => new()
    {
        IsolatesCallers = source.Boolean("FILES_USER_ISOLATION_ENABLED", true),
        CleansUp = source.Boolean("FILES_CLEANUP_ENABLED", true),
        CleanupInterval = TimeSpan.FromHours(source.Integer("FILES_CLEANUP_INTERVAL_HOURS", 1, 1, 168)),
        MaxUploadBytes = source.Integer("FILES_MAX_UPLOAD_MB", 2048, 1, 2048) * (long)Megabyte,
        MaxCopiesBytes = source.Integer("FILES_KEEP_COPIES_MB", 0, 0, 1024 * 1024) * (long)Megabyte,
    };
}
