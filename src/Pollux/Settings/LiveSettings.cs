namespace Pollux.Settings;

/// <summary>Sessions of the Live API.</summary>
internal sealed record LiveSettings
{
    /// <summary><c>LIVE_MAX_MESSAGE_MB</c>: the largest message in either direction, 1 to 256 MB, default 16. It is carried in pieces, never held as a whole.</summary>
    public required long MaxMessageBytes { get; init; }

    /// <summary><c>LIVE_IDLE_SECONDS</c>: silence in both directions after which a session is closed, up to a day; zero = never. Default 30 minutes.</summary>
    public required TimeSpan IdleTimeout { get; init; }

    /// <summary><c>LIVE_PING_SECONDS</c>: how often either side is pinged, up to an hour; zero = never. Default 30 s.</summary>
    public required TimeSpan PingInterval { get; init; }

    /// <summary><c>LIVE_MAX_SESSIONS</c>: sessions at once, 1 to 100,000, default 10,000.</summary>
    public required int MaxSessions { get; init; }
}
