namespace Pollux.KeyPool;

/// <summary>The four quotas Google applies to a project and a model.</summary>
public enum QuotaKind
{
    /// <summary>Requests per minute (RPM).</summary>
    RequestsPerMinute,

    /// <summary>Input tokens per minute (TPM).</summary>
    InputTokensPerMinute,

    /// <summary>Requests per day (RPD).</summary>
    RequestsPerDay,

    /// <summary>Input tokens per day (TPD).</summary>
    InputTokensPerDay,
}

/// <summary>Where a limit is known from.</summary>
public enum QuotaSource
{
    /// <summary>It is not known.</summary>
    Unknown,

    /// <summary>From the shipped table: orders keys, never refuses by itself.</summary>
    Expected,

    /// <summary>Learned from other projects: as good as expected until this project was told itself.</summary>
    Prior,

    /// <summary>Told by a 429 of this very project: hard.</summary>
    Learned,

    /// <summary>Set by the user: hard.</summary>
    Set,
}

/// <summary>What a project pays, as far as its refusals tell.</summary>
public enum ProjectTier
{
    /// <summary>It was never refused.</summary>
    Unknown,

    /// <summary>A <c>quotaId</c> named the free tier.</summary>
    Free,

    /// <summary>A <c>quotaId</c> named a paid tier.</summary>
    Paid,
}

/// <summary>The limits of one model for one project; <see langword="null"/> = none, or not known.</summary>
/// <param name="RequestsPerMinute">RPM.</param>
/// <param name="InputTokensPerMinute">TPM.</param>
/// <param name="RequestsPerDay">RPD.</param>
/// <param name="InputTokensPerDay">TPD.</param>
public sealed record ModelLimits(long? RequestsPerMinute = null, long? InputTokensPerMinute = null, long? RequestsPerDay = null, long? InputTokensPerDay = null)
{
    /// <summary>The longest prompt the model takes, in tokens; the pool does not look at it.</summary>
    public long? InputTokenLimit { get; init; }

    /// <summary>The limit of one kind.</summary>
    public long? Of(QuotaKind kind) => kind switch
    {
        QuotaKind.RequestsPerMinute => RequestsPerMinute,
        QuotaKind.InputTokensPerMinute => InputTokensPerMinute,
        QuotaKind.RequestsPerDay => RequestsPerDay,
        _ => InputTokensPerDay,
    };
}
