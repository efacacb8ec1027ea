using Pollux.KeyPool;

namespace Pollux.Affinity;

/// <summary>What a remote resource is. The numbers are stored: never change one.</summary>
internal enum ResourceKind : byte
{
    /// <summary><c>files/…</c>.</summary>
    File = 1,

    /// <summary>An upload that is under way, by an id of ours.</summary>
    Upload = 2,

    /// <summary><c>cachedContents/…</c>.</summary>
    CachedContent = 3,

    /// <summary><c>batches/…</c>.</summary>
    Batch = 4,

    /// <summary><c>operations/…</c>, <c>models/…/operations/…</c> and the like.</summary>
    Operation = 5,

    /// <summary><c>fileSearchStores/…</c>.</summary>
    FileSearchStore = 6,

    /// <summary><c>interactions/…</c>.</summary>
    Interaction = 7,

    /// <summary>The handle by which a Live session is taken up again.</summary>
    LiveHandle = 8,

    /// <summary><c>auth_tokens/…</c>: an ephemeral token for the Live API, which is its own credential.</summary>
    AuthToken = 9,

    /// <summary>A copy of an uploaded file on the gateway's own disk, by an id of ours.</summary>
    FileCopy = 10,

    /// <summary><c>files/…</c> that the gateway uploaded again, to another key than its original's: no caller is told of it.</summary>
    FileTwin = 11,

    /// <summary><c>tunedModels/…</c>.</summary>
    TunedModel = 20,

    /// <summary>Whatever else the upstream gave a name to: <c>agents/…</c>, <c>corpora/…</c>, <c>auth_tokens/…</c> and what is not known yet.</summary>
    Other = 30,
}

/// <summary>Something that lives at the upstream in the project of one credential, and whom it was made for. Immutable.</summary>
/// <param name="Name">Its name at the upstream, such as <c>files/abc</c>; at most <see cref="AffinityLedger.MaxNameLength"/> characters.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Credential">The one that can reach it.</param>
/// <param name="Owner">The id of the caller whose it is (<c>Caller.Id</c>).</param>
/// <param name="ExpiresAt">When it is gone.</param>
internal sealed record RemoteResource(string Name, ResourceKind Kind, CredentialId Credential, string Owner, DateTimeOffset ExpiresAt)
{
    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>What else must be known about it; at most <see cref="AffinityLedger.MaxPayloadBytes"/>.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }
}

/// <summary>What the ledger says about a name.</summary>
internal enum ResourceClaim
{
    /// <summary>Nothing: it was made elsewhere, or it is gone.</summary>
    Unknown,

    /// <summary>It is the caller's.</summary>
    Own,

    /// <summary>It is another caller's: to be told as <em>not found</em>, so that nobody learns that it exists.</summary>
    Foreign,
}
