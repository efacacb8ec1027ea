namespace Pollux.KeyPool;

/// <summary>How the upstream closed a Live connection.</summary>
public readonly record struct UpstreamClose
{
    /// <summary>The close code, 1000 to 4999.</summary>
    public required int Code { get; init; }

    /// <summary>The close frame's words: at most 123 bytes, so Google's longer sentences come cut.</summary>
    public string? Reason { get; init; }

    /// <summary>The credential's secret: removed from every text.</summary>
    public SecretText? Secret { get; init; }

    /// <summary>The key was already sent in the other place for this connection.</summary>
    public bool OtherTransportTried { get; init; }

    internal bool Says(string words) => Reason?.Contains(words, StringComparison.OrdinalIgnoreCase) == true;
}
