namespace Pollux.Settings;

// Sessions of the Live API.
internal static partial class SettingsLoader
{
    private static LiveSettings LoadLive(SettingSource source) => new()
    {
        MaxMessageBytes = source.Integer("LIVE_MAX_MESSAGE_MB", 16, 1, 256) * (long)Megabyte,
        IdleTimeout = source.Seconds("LIVE_IDLE_SECONDS", 1800, 86_400),
        PingInterval = source.Seconds("LIVE_PING_SECONDS", 30, 3600),
        MaxSessions = source.Integer("LIVE_MAX_SESSIONS", 10_000, 1, 100_000),
    };
}
