namespace Pollux.Settings;

// The response cache.
internal static partial class SettingsLoader
{
    private static ReplySettings LoadReplies(SettingSource source)
    {
        bool enabled = source.Boolean("ENABLE_RESPONSE_CACHE", false);
        bool shared = source.Boolean("CACHE_SHARED_BY_CALLERS", false);
        if (enabled && !shared && source.Boolean("PUBLIC_MODE", false))
        {
            source.Fault("ENABLE_RESPONSE_CACHE", "has no effect with PUBLIC_MODE, where strangers present the same credential, unless CACHE_SHARED_BY_CALLERS=true says that they may see each other's answers");
            enabled = false;
        }

        bool keep = source.Boolean("KEEP_ABANDONED", false);
        if (keep && !enabled)
            source.Fault("KEEP_ABANDONED", "has no effect without ENABLE_RESPONSE_CACHE: there is nowhere to keep an answer; a call ends with its client");

        return new ReplySettings
        {
            Enabled = enabled,
            Expiry = TimeSpan.FromSeconds(source.Integer("CACHE_EXPIRY_TIME", 21_600, 1, 31_536_000)),
            MaxEntries = source.Integer("MAX_CACHE_ENTRIES", 500, 1, 1_000_000),
            MaxBytes = source.Integer("MAX_CACHE_MB", 64, 1, 65_536) * (long)Megabyte,
            LastTurns = source.Boolean("PRECISE_CACHE", true) ? null : source.Integer("CALCULATE_CACHE_ENTRIES", 6, 1, 1000),
            SingleUse = source.Boolean("CACHE_SINGLE_USE", true),
            SharedByCallers = shared,
            KeepAbandoned = keep && enabled,
        };
    }
}
