using System.Net;

namespace Pollux.FakeGemini.Fast;

/// <summary>What a <see cref="FastGeminiServer"/> answers, again and again.</summary>
public sealed record FastGeminiOptions
{
    /// <summary>Address to listen on; the loopback address by default.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>TCP port, 0 to 65535; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Events of a stream, at least 1.</summary>
    public int Events { get; init; } = 20;

    /// <summary>Characters of text in each event, at least 0. A unary answer has them all.</summary>
    public int ChunkBytes { get; init; } = 40;

    /// <summary>Wait before the first byte.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Wait between events; none by default.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>Clock for the waits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
