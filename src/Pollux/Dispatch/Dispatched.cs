using Pollux.KeyPool;

namespace Pollux.Dispatch;

/// <summary>What became of a call: exactly one of a whole answer, a committed stream, or a failure.</summary>
internal sealed class Dispatched
{
    private Dispatched(WholeAnswer? whole, UpstreamExchange? stream, DispatchFailure? failure)
    {
        Whole = whole;
        Stream = stream;
        Failure = failure;
    }

    /// <summary>The answer, complete; the receiver disposes it.</summary>
    public WholeAnswer? Whole { get; }

    /// <summary>The stream, with its first meaningful part read; the receiver disposes it.</summary>
    public UpstreamExchange? Stream { get; }

    /// <summary>Why there is none.</summary>
    public DispatchFailure? Failure { get; }

    public static implicit operator Dispatched(WholeAnswer whole) => new(whole, null, null);

    public static implicit operator Dispatched(UpstreamExchange stream) => new(null, stream, null);

    public static implicit operator Dispatched(DispatchFailure failure) => new(null, null, failure);
}

/// <summary>Why a call failed for good.</summary>
/// <param name="Fault">The last attempt's fault; <see langword="null"/> when no attempt could be made.</param>
/// <param name="Refusal">Why there was no (further) lease, if that ended it.</param>
/// <param name="UpstreamBody">The upstream's own error object for a client of the same dialect, scrubbed; may be empty.</param>
/// <param name="RetryAfter">When trying again is worth it, if that is known.</param>
internal sealed record DispatchFailure(Fault? Fault, LeaseRefusal? Refusal, ReadOnlyMemory<byte> UpstreamBody, TimeSpan? RetryAfter)
{
    /// <summary>What the call was about, where only the key that owns it could serve; else <see langword="null"/>.</summary>
    public string? OwnedResource { get; init; }

    /// <summary>Whether no key has quota for the model, or none may use it: another model may be served.</summary>
    public bool IsPoolDry =>
        Fault?.Owner != FaultOwner.Client
        && (Refusal is { Reason: LeaseRefusalReason.CoolingDown or LeaseRefusalReason.NotEntitled or LeaseRefusalReason.QueueFull } || Fault?.Owner == FaultOwner.ProjectModel);

    /// <summary>
    /// The state of the whole pool, where that ended the call; <see langword="null"/> where the last fault did. What one key
    /// suffered last says nothing about the others, which may only wait for a quota.
    /// </summary>
    public LeaseRefusalReason? PoolState =>
        Fault is null or { Owner: FaultOwner.Key or FaultOwner.ProjectModel } && Refusal is { Reason: not LeaseRefusalReason.AllExcluded } refusal ? refusal.Reason : null;
}
