using Pollux.Protocols.Pacing;

namespace Pollux.Settings;

/// <summary>How streams reach a client. By default as the upstream sends them.</summary>
internal sealed record StreamSettings
{
    /// <summary>
    /// <c>FAKE_STREAMING</c> or <c>FAKE_STREAM_ENABLED</c>: whether the upstream is asked for a whole answer where the client asks
    /// for a stream. Default no; a suffix of the model's name or a header asks for it per request.
    /// </summary>
    public required bool Pretended { get; init; }

    /// <summary>
    /// <c>FAKE_STREAMING_INTERVAL</c> or <c>FAKE_STREAM_EMPTY_DATA_INTERVAL_SECONDS</c>, the smaller of the two: silence after which
    /// a pretended stream gets a blank line, up to 3600 s, default 1 s; zero = never.
    /// </summary>
    public required TimeSpan PretendedKeepAlive { get; init; }

    /// <summary><c>FAKE_STREAMING_CHUNK_SIZE</c>: how many characters a piece of a pretended stream has, 1 to 1,000,000, default 10.</summary>
    public required int PretendedPiece { get; init; }

    /// <summary><c>FAKE_STREAMING_DELAY_PER_CHUNK</c>: the pause behind each piece, up to 60 s, default 0.1 s; zero = none.</summary>
    public required TimeSpan PretendedDelay { get; init; }

    /// <summary><c>STREAM_OPTIMIZER_ENABLED</c> and its five numbers: how true streams are smoothed; <see langword="null"/>: not at all (default).</summary>
    public required TextPacing? Pacing { get; init; }
}
