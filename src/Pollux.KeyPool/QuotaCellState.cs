using System.Collections.Immutable;

namespace Pollux.KeyPool;

/// <summary>
/// What must survive a restart of one project's quota for one model. Taken from the pool by <see cref="KeyPool.TakeChanges"/>,
/// given back by <see cref="KeyPool.Restore"/>.
/// </summary>
public sealed record QuotaCellState
{
    /// <summary>The declared project; <see langword="null"/>: it is known by its one credential.</summary>
    public string? Project { get; init; }

    /// <summary>The credential of an undeclared project; its number is this process's own, so whoever stores it must translate it.</summary>
    public CredentialId Credential { get; init; }

    /// <summary>The model, without <c>models/</c>.</summary>
    public required string Model { get; init; }

    /// <summary>What the project pays, as far as known.</summary>
    public ProjectTier Tier { get; init; }

    /// <summary>The end of the quota day that the counts below belong to.</summary>
    public DateTimeOffset DayEnds { get; init; }

    /// <summary>Requests of that day.</summary>
    public long RequestsToday { get; init; }

    /// <summary>Input tokens of that day.</summary>
    public long TokensToday { get; init; }

    /// <summary>What is known about its limits.</summary>
    public ImmutableArray<QuotaLimitState> Limits { get; init; } = [];

    /// <summary>Requests of the last minute, the oldest first.</summary>
    public ImmutableArray<MinuteEntry> Minute { get; init; } = [];

    /// <summary>No request until then.</summary>
    public DateTimeOffset? BlockedUntil { get; init; }

    /// <summary>Why.</summary>
    public FaultReason BlockedBy { get; init; }

    /// <summary>It seems to share its quota with another project of the pool.</summary>
    public bool IsSuspect { get; init; }

    /// <summary>How often it seemed so.</summary>
    public int Suspicions { get; init; }

    /// <summary>When it may be tried again.</summary>
    public DateTimeOffset? NextTrialAt { get; init; }
}

/// <summary>What is known about one limit.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Learned">The limit a 429 told; <see langword="null"/>: none did.</param>
/// <param name="Proven">So much was served in one window.</param>
public readonly record struct QuotaLimitState(QuotaKind Kind, long? Learned, long Proven);

/// <summary>Requests sent at one instant.</summary>
/// <param name="At">When.</param>
/// <param name="Requests">How many.</param>
/// <param name="Tokens">Their input tokens.</param>
public readonly record struct MinuteEntry(DateTimeOffset At, int Requests, long Tokens);
