using Pollux.Affinity;
using Pollux.KeyPool;

namespace Pollux.Files;

/// <summary>The files of all callers in the affinity ledger: learned from answers of the upstream, with what was last seen of each.</summary>
internal sealed class FileBook(AffinityLedger ledger, FileCopies copies, TimeProvider clock)
{
    private const int LongestJson = 4096; // some seven hundred bytes as a rule

    /// <summary>How long Google keeps a file, where its answer does not say (its documentation: 48 hours).</summary>
    private static readonly TimeSpan Life = TimeSpan.FromHours(48);

    /// <summary>Learns of a file from an answer of the upstream.</summary>
    /// <returns>The file; <see langword="null"/>: there is none in the answer.</returns>
    public UploadedFile? Learn(ReadOnlyMemory<byte> answer, CredentialId key, string owner)
    {
        if (UploadedFile.Read(answer) is not { } file)
            return null;
        ledger.Remember(new RemoteResource(file.Name, ResourceKind.File, key, owner, file.ExpiresAt ?? clock.GetUtcNow() + Life)
        {
            Payload = file.IsSettled && file.Json.Length <= LongestJson ? file.Json : default,
        });
        return file;
    }

    /// <summary>A caller's file.</summary>
    /// <returns><see langword="null"/>: it is not known, or another's.</returns>
    public RemoteResource? Find(string name, string caller) => ledger.TryFind(ResourceKind.File, name, caller, out RemoteResource? file) ? file : null;

    /// <summary>Whose a file is.</summary>
    public ResourceClaim Find(string name, string caller, out RemoteResource? file) => ledger.Find(name, caller, out file);

    /// <summary>A page of a caller's files, the newest first.</summary>
    public IReadOnlyList<RemoteResource> List(string caller, long before, int count, out long? next) => ledger.List(ResourceKind.File, caller, before, count, out next);

    /// <summary>The file was deleted, or the upstream knows it no more.</summary>
    public void Forget(string name)
    {
        ledger.Forget(name);
        copies.Drop(name);
    }
}
