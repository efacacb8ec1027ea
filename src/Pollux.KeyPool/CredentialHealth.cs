namespace Pollux.KeyPool;

/// <summary>Whether a credential may be used.</summary>
public enum CredentialStatus
{
    /// <summary>It is offered.</summary>
    Usable,

    /// <summary>Failures of its own put it out; re-checks may bring it back.</summary>
    Out,

    /// <summary>Its project must be paid for first; re-checks may bring it back.</summary>
    Stopped,

    /// <summary>An operator took it out; only an operator brings it back.</summary>
    Disabled,
}

/// <summary>The health of a credential at one moment. Immutable.</summary>
/// <param name="Status">Whether it may be used.</param>
/// <param name="Since">When this status began.</param>
/// <param name="ConsecutiveFailures">Failures owned by the key since its last success.</param>
/// <param name="Reason">Why it is out or stopped, or the last failure it owned.</param>
/// <param name="Message">The upstream's words about that, scrubbed.</param>
/// <param name="NextRecheckAt">When a re-check is due; <see langword="null"/>: none is.</param>
/// <param name="FailedRechecks">Re-checks that failed since it went out; each doubles the interval.</param>
public sealed record CredentialHealth(
    CredentialStatus Status,
    DateTimeOffset Since,
    int ConsecutiveFailures = 0,
    FaultReason? Reason = null,
    string? Message = null,
    DateTimeOffset? NextRecheckAt = null,
    int FailedRechecks = 0);
