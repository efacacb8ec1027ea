using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Pollux.Affinity;
using Pollux.KeyPool;

namespace Pollux.Files;

/// <summary>An upload that is under way.</summary>
/// <param name="Id">Our id of it, which the client holds instead of the upstream's address.</param>
/// <param name="Path">Where it goes, below <c>BASE_URL</c>: holds the upstream's own capability.</param>
/// <param name="Key">The key that began it.</param>
/// <param name="Owner">The caller who did.</param>
/// <param name="Name">The name that its file gets; <see langword="null"/>: the upstream chooses it.</param>
internal sealed record UploadSession(string Id, string Path, CredentialId Key, string Owner, FutureName? Name);

/// <summary>
/// Uploads that are under way, in the affinity ledger. As at Google, who has an upload's address needs no other credential, so its id
/// is made of 256 random bits and expires.
/// </summary>
internal sealed class UploadSessions(AffinityLedger ledger, TimeProvider clock)
{
    private const string Prefix = "uploads/";
    private const string Ours = "ours";
    private const string IdCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int IdLength = 43; // 256 bits

    /// <summary>How long an upload may rest. Google does not say how long it keeps one; days is what is told of its other services.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromHours(24);

    /// <summary>Begins one.</summary>
    /// <returns>Its id; <see langword="null"/>: the upstream's address is too long to be kept.</returns>
    public string? Begin(string path, FutureName? name, CredentialId key, string owner)
    {
        string kept = name is null ? path : $"{path}\n{name.Name}\n{(name.IsOurs ? Ours : "")}";
        string id = RandomNumberGenerator.GetString(IdCharacters, IdLength);
        return ledger.Remember(new RemoteResource(Prefix + id, ResourceKind.Upload, key, owner, clock.GetUtcNow() + Life) { Payload = Encoding.UTF8.GetBytes(kept) }) ? id : null;
    }

    /// <summary>Finds one by its id; it is kept a day longer from now on.</summary>
    public bool TryFind(string id, [NotNullWhen(true)] out UploadSession? session)
    {
        session = null;
        if (id.Length != IdLength || !ledger.TryFindUpload(Prefix + id, out RemoteResource? upload))
            return false;
        if (upload.ExpiresAt - clock.GetUtcNow() < Life / 2)
            ledger.Extend(upload.Name, clock.GetUtcNow() + Life);
        string[] kept = Encoding.UTF8.GetString(upload.Payload.Span).Split('\n');
        session = new UploadSession(id, kept[0], upload.Credential, upload.Owner, kept is [_, var name, var who] ? new FutureName(name, who == Ours) : null);
        return true;
    }

    /// <summary>It is over.</summary>
    public void End(string id) => ledger.Forget(Prefix + id);
}
