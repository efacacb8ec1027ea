using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Pollux.FakeGemini;

/// <summary>How a minute of quota is counted. Which one Google uses is not documented.</summary>
public enum QuotaMinute
{
    /// <summary>The last 60 seconds, at any instant.</summary>
    Rolling,

    /// <summary>From one full minute of the clock to the next.</summary>
    Fixed,
}

/// <summary>How a <see cref="FakeGeminiServer"/> behaves. All properties have usable defaults.</summary>
public sealed record FakeGeminiOptions
{
    /// <summary>Address to listen on; the loopback address by default.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>TCP port, 0 to 65535; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Its certificate; with one it speaks TLS alone.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Seed of everything random: response ids, call ids, signatures. Equal seeds give equal answers.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Clock for quotas, delays and the log of received requests.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The models served; others answer 404.</summary>
    public IReadOnlyList<FakeModel> Models { get; init; } = FakeModelCatalog.Default;

    /// <summary>Whether bodies are checked as Google checks them. Off, any JSON object is answered.</summary>
    public bool Strict { get; init; } = true;

    /// <summary>Whether thought signatures must be this server's own. Off for requests recorded elsewhere.</summary>
    public bool ChecksSignatures { get; init; } = true;

    /// <summary>Whether files that a request names must be there, of the key's project and ready. Off for requests recorded elsewhere.</summary>
    public bool ChecksFiles { get; init; } = true;

    /// <summary>Whether a signature is valid only with keys of the project that got it.</summary>
    public bool TiesSignaturesToProjects { get; init; }

    /// <summary>
    /// Whether JSON Schema keywords that are neither documented nor in an accepted recording (<c>const</c>, <c>$schema</c>,
    /// <c>not</c>) are refused. Google is said to ignore them.
    /// </summary>
    public bool RefusesUnverifiedSchemaKeywords { get; init; } = true;

    /// <summary>How a minute of quota is counted.</summary>
    public QuotaMinute QuotaMinute { get; init; }

    /// <summary>Largest body, in bytes; larger ones answer 413. Google took 20 MB before 2026.</summary>
    public int MaxBodyBytes { get; init; } = 20 * 1024 * 1024;

    /// <summary>How many received requests are kept, at least 1; the oldest are dropped first.</summary>
    public int ReceivedCapacity { get; init; } = 4096;

    /// <summary>Events into which the text of a default answer is cut when it is streamed, at least 1.</summary>
    public int Chunks { get; init; } = 3;

    /// <summary>Wait before the first byte of every answer that has no wait of its own.</summary>
    public TimeSpan Latency { get; init; }
}
