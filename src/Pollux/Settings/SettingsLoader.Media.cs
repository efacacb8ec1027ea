namespace Pollux.Settings;

// Media by address.
internal static partial class SettingsLoader
{
    private static MediaSettings LoadMedia(SettingSource source) => new()
    {
        AllowPrivate = source.Boolean("ALLOW_PRIVATE_MEDIA_URLS", false),
        MaxBytes = source.Integer("MAX_MEDIA_MB", 20, 1, 100) * Megabyte,
        MaxTotalBytes = source.Integer("MAX_MEDIA_TOTAL_MB", 50, 1, 1000) * Megabyte,
        MaxCount = source.Integer("MAX_MEDIA_URLS", 16, 0, 100),
        Timeout = TimeSpan.FromSeconds(source.Integer("MEDIA_TIMEOUT_SECONDS", 30, 1, 600)),
        FirstByteTimeout = TimeSpan.FromSeconds(source.Integer("MEDIA_FIRST_BYTE_SECONDS", 10, 1, 600)),
    };
}
