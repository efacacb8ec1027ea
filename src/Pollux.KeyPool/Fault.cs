namespace Pollux.KeyPool;

/// <summary>
/// Why an attempt failed, whose fault that is, and what may cure it: the verdict of <see cref="FaultAttribution"/>.
/// Holds no secret: its texts are scrubbed where they are made.
/// </summary>
public sealed record Fault
{
    /// <summary>Who is to blame.</summary>
    public required FaultOwner Owner { get; init; }

    /// <summary>What happened.</summary>
    public required FaultReason Reason { get; init; }

    /// <summary>What another attempt would have to change.</summary>
    public required RetryScope Retry { get; init; }

    /// <summary>What settling a lease with this fault does to the pool.</summary>
    public required FaultEffect Effect { get; init; }

    /// <summary>How many further attempts this reason is worth in one request; <see langword="null"/>: as many as the request may make.</summary>
    public int? RetryLimit { get; init; }

    /// <summary>How long the upstream wants to be left alone, 1 second to 1 day; <see langword="null"/>: it did not say, or its word means nothing here.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The quotas a 429 named. They tell true limits, so they are learned.</summary>
    public IReadOnlyList<QuotaViolation> Violations { get; init; } = [];

    /// <summary>The HTTP status, or the code in the error object when the answer had begun with 200; 0 without an answer.</summary>
    public int HttpStatus { get; init; }

    /// <summary>Google's canonical word, for example <c>RESOURCE_EXHAUSTED</c>.</summary>
    public string? GoogleStatus { get; init; }

    /// <summary>The project's number or id, when the error named it: keys of one project share its quota. Not for clients.</summary>
    public string? Project { get; init; }

    /// <summary>The upstream's words without any secret, at most 2,000 characters; never empty. May name a project: see <see cref="PublicMessage"/>.</summary>
    public required string Message { get; init; }

    /// <summary>The upstream's words for a client: without secrets and without projects.</summary>
    public string PublicMessage => SecretScrubber.ScrubProjects(Message);
}

/// <summary>One quota that a 429 says was exceeded.</summary>
/// <param name="QuotaId">For example <c>GenerateRequestsPerDayPerProjectPerModel-FreeTier</c>; empty if not told.</param>
/// <param name="Metric">For example <c>generativelanguage.googleapis.com/generate_content_free_tier_requests</c>.</param>
/// <param name="Model">The model counted; may be a base name that differs from the model asked for.</param>
/// <param name="Value">The limit, in requests or tokens; <see langword="null"/> if not told, which can also mean 0.</param>
public readonly record struct QuotaViolation(string QuotaId, string? Metric, string? Model, long? Value)
{
    /// <summary>The quota ends with the day: only the quota's id tells, the accompanying delay does not.</summary>
    public bool IsPerDay => QuotaId.Contains("PerDay", StringComparison.OrdinalIgnoreCase);

    /// <summary>The quota counts input tokens, not requests.</summary>
    public bool CountsTokens => QuotaId.Contains("Token", StringComparison.OrdinalIgnoreCase);
}
