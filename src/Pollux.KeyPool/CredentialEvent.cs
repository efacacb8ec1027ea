namespace Pollux.KeyPool;

/// <summary>What happened to a credential.</summary>
public enum CredentialEventKind
{
    /// <summary>Its failures put it out.</summary>
    WentOut,

    /// <summary>Its project must be paid for.</summary>
    Stopped,

    /// <summary>A re-check or an operator brought it back.</summary>
    CameBack,

    /// <summary>A re-check found it still unusable.</summary>
    StillOut,

    /// <summary>An operator took it out.</summary>
    Disabled,

    /// <summary>An operator allowed it again.</summary>
    Enabled,

    /// <summary>It was removed from the pool.</summary>
    Removed,

    /// <summary>Its key travels in the other place from now on.</summary>
    TransportChanged,
}

/// <summary>One change in the life of a credential.</summary>
/// <param name="Sequence">Rises by one per event; never repeats while the process lives.</param>
/// <param name="At">When.</param>
/// <param name="Credential">Whose.</param>
/// <param name="Label">Its label, which outlives its removal.</param>
/// <param name="Kind">What.</param>
/// <param name="Reason">Why, if a failure was the cause.</param>
/// <param name="Message">The upstream's words, scrubbed of secrets.</param>
/// <param name="RequestId">The request in which it happened, if it was one.</param>
public sealed record CredentialEvent(long Sequence, DateTimeOffset At, CredentialId Credential, string Label, CredentialEventKind Kind, FaultReason? Reason, string? Message, string? RequestId = null);

/// <summary>The last events, in order. Not thread-safe: the pool's gate protects it.</summary>
internal sealed class EventRing(int capacity)
{
    private readonly Queue<CredentialEvent> _events = [];
    private long _last;

    public void Add(DateTimeOffset at, Credential credential, CredentialEventKind kind, FaultReason? reason = null, string? message = null, string? requestId = null)
    {
        if (_events.Count == capacity)
            _events.Dequeue();
        _events.Enqueue(new CredentialEvent(++_last, at, credential.Id, credential.Label, kind, reason, message, requestId));
    }

    public CredentialEvent[] After(long sequence) => [.. _events.Where(happened => happened.Sequence > sequence)];
}
