using System.Runtime.InteropServices;

namespace Pollux.KeyPool;

/// <summary>What a lease is wanted for.</summary>
/// <param name="Model">The upstream's model, with or without <c>models/</c>.</param>
/// <param name="EstimatedPromptTokens">The estimated size of the prompt; 0 = not estimated.</param>
/// <param name="Affinity">The credential to take if it can serve; otherwise another is taken.</param>
/// <param name="Exclude">Credentials this request has tried already.</param>
/// <param name="MayWait">
/// The request would rather wait for a moment than have a key tried that may be refused: so the pool lets a newly opened
/// key prove itself first.
/// </param>
public readonly record struct LeaseRequest(
    string Model, int EstimatedPromptTokens = 0, CredentialId? Affinity = null, AttemptedCredentials? Exclude = null, bool MayWait = false)
{
    /// <summary>The request it is for: told with what happens to the credential in it.</summary>
    public string? RequestId { get; init; }

    /// <summary>It costs no quota, so it is no call of the day: a model list.</summary>
    public bool IsFree { get; init; }

    /// <summary>
    /// The only credential that can serve it, because it is about something that lives in that one's project;
    /// <see langword="null"/>: any. Unlike <c>Affinity</c> it is never passed over, whatever <see cref="Paid"/> says. A free call
    /// goes to it also while its quota for the model is used up.
    /// </summary>
    public CredentialId? Required { get; init; }

    /// <summary>Whether a reserved key may or must serve it.</summary>
    public PaidKeyUse Paid { get; init; }

    /// <summary>The credentials that may serve it.</summary>
    public CredentialKinds Kinds { get; init; }

    /// <summary>Those who wait for the same stand in one line.</summary>
    internal QueueLine Line => new(Model, Kinds, Required);

    /// <summary>The place in the queue it is asked from, so that room can be kept for it.</summary>
    internal WaitingLease? Waiting { get; init; }
}

/// <summary>When a key that is reserved for what must be paid for (<c>PAID_KEY</c>) serves a request.</summary>
public enum PaidKeyUse
{
    /// <summary>Never.</summary>
    Never,

    /// <summary>When no other key is entitled to the model.</summary>
    IfNoOtherIsEntitled,

    /// <summary>Always; the ordinary keys when none is reserved.</summary>
    Always,
}

/// <summary>
/// The credentials one request has tried. Belongs to that request alone: shared between requests it would hide keys from them.
/// Not thread-safe. A handful at most, so a scan is faster than a set.
/// </summary>
public sealed class AttemptedCredentials
{
    private CredentialId[] _ids = new CredentialId[4];

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>Remembers a credential; twice is the same as once.</summary>
    public void Add(CredentialId id)
    {
        if (Contains(id))
            return;
        if (Count == _ids.Length)
            Array.Resize(ref _ids, Count * 2);
        _ids[Count++] = id;
    }

    /// <summary>The credential was tried.</summary>
    public bool Contains(CredentialId id) => _ids.AsSpan(0, Count).Contains(id);

    /// <summary>All of them.</summary>
    public ReadOnlySpan<CredentialId> All => _ids.AsSpan(0, Count);

    /// <summary>Forgets all, for another round after a pause.</summary>
    public void Clear() => Count = 0;
}

/// <summary>Why there is no lease.</summary>
public enum LeaseRefusalReason
{
    /// <summary>There was one.</summary>
    None,

    /// <summary>The pool is empty.</summary>
    NoKeys,

    /// <summary>Every credential is out, stopped or disabled.</summary>
    AllOut,

    /// <summary>Every usable credential waits for a quota of this model.</summary>
    CoolingDown,

    /// <summary>No usable credential is entitled to this model.</summary>
    NotEntitled,

    /// <summary>Every credential that could serve was tried by this request already.</summary>
    AllExcluded,

    /// <summary>A credential will be free, but too many wait for it already.</summary>
    QueueFull,

    /// <summary>The credential that is required is out, stopped, disabled or removed.</summary>
    RequiredOut,
}

/// <summary>Why there is no lease, and when one may be had.</summary>
/// <param name="Reason">Why.</param>
/// <param name="EarliestAt">
/// The earliest instant at which something changes: a cool-down ends, or, when all are out, a re-check is due.
/// <see langword="null"/>: nothing will change by itself.
/// </param>
/// <param name="IsForTokens">There is room for requests, only not for so many tokens: a smaller one may be served now.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct LeaseRefusal(LeaseRefusalReason Reason, DateTimeOffset? EarliestAt, bool IsForTokens = false);

/// <summary>What those who stand in one line wait for.</summary>
/// <param name="Model">The model.</param>
/// <param name="Kinds">The kinds of credentials that may serve.</param>
/// <param name="Required">The only credential that may; who needs it holds up nobody who may have another.</param>
internal readonly record struct QueueLine(string Model, CredentialKinds Kinds, CredentialId? Required);
