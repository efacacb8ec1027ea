namespace Pollux.Settings;

/// <summary>The response cache. Off, nothing of it is on a request's way.</summary>
internal sealed record ReplySettings
{
    /// <summary><c>ENABLE_RESPONSE_CACHE</c>; with <c>PUBLIC_MODE</c> only where <see cref="SharedByCallers"/> is set too. Default no.</summary>
    public required bool Enabled { get; init; }

    /// <summary><c>CACHE_EXPIRY_TIME</c>: how long a reply is kept, 1 to 31,536,000 s, default 21,600.</summary>
    public required TimeSpan Expiry { get; init; }

    /// <summary><c>MAX_CACHE_ENTRIES</c>: how many, 1 to 1,000,000, default 500.</summary>
    public required int MaxEntries { get; init; }

    /// <summary><c>MAX_CACHE_MB</c>: how large together, 1 to 65,536 MB, default 64.</summary>
    public required long MaxBytes { get; init; }

    /// <summary>
    /// <c>PRECISE_CACHE</c>=false, <c>CALCULATE_CACHE_ENTRIES</c> (1 to 1000, default 6): only as many turns from the end of the
    /// conversation are compared; all else still is. <see langword="null"/>: the whole conversation (default).
    /// </summary>
    public required int? LastTurns { get; init; }

    /// <summary><c>CACHE_SINGLE_USE</c>: a reply reaches one client, the one it was made for or, when that has left, the next who asks. Default yes.</summary>
    public required bool SingleUse { get; init; }

    /// <summary><c>CACHE_SHARED_BY_CALLERS</c>: whether a reply made for one caller is given to another. Default no.</summary>
    public required bool SharedByCallers { get; init; }

    /// <summary><c>KEEP_ABANDONED</c>: whether a call goes on for the cache when its client has left. Default no.</summary>
    public required bool KeepAbandoned { get; init; }
}
