namespace Pollux.Settings;

/// <summary>Files that callers upload to the upstream through the gateway.</summary>
internal sealed record FileSettings
{
    /// <summary><c>FILES_USER_ISOLATION_ENABLED</c>: whether a caller reaches only the files it uploaded itself. Default yes.</summary>
    public required bool IsolatesCallers { get; init; }

    /// <summary><c>FILES_CLEANUP_ENABLED</c>: whether what expired is looked for on a schedule and forgotten. Default yes.</summary>
    public required bool CleansUp { get; init; }

    /// <summary><c>FILES_CLEANUP_INTERVAL_HOURS</c>: how often, 1 to 168 h, default 1.</summary>
    public required TimeSpan CleanupInterval { get; init; }

    /// <summary><c>FILES_MAX_UPLOAD_MB</c>: the largest file, 1 to 2048 MB, default 2048: what Google takes.</summary>
    public required long MaxUploadBytes { get; init; }

    /// <summary>
    /// <c>FILES_KEEP_COPIES_MB</c>: how much of the disk copies of uploads may take, so that files of two keys can be used together;
    /// 0 to 1,048,576 MB (a terabyte), default 0: none is kept.
    /// </summary>
    public required long MaxCopiesBytes { get; init; }
}
