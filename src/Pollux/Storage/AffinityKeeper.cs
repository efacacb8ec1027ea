using Pollux.Affinity;

namespace Pollux.Storage;

/// <summary>
/// Keeps the affinity ledger on disk: gives it back at the start, then hands each change to the writer at once. The ledger
/// speaks of credentials by their numbers in the pool; the pool's keeper knows their rows. Thread-safe after
/// <see cref="Restore"/>, which comes before the start.
/// </summary>
internal sealed partial class AffinityKeeper(AffinityLedger ledger, AffinityStore store, PoolKeeper pool, TimeProvider clock, ILogger<AffinityKeeper> logger)
{
    private int _toldOfLoss;

    /// <summary>Gives the ledger back what was stored, and listens from then on. What is expired or whose credential is gone is dropped.</summary>
    public void Restore()
    {
        DateTimeOffset now = clock.GetUtcNow();
        var known = new List<RemoteResource>();
        int unreadable = 0;
        foreach (AffinityRow row in store.LoadAll())
        {
            if (row.ExpiresAt <= now || pool.CredentialOf(row.CredentialId) is not { } credential)
            {
                store.Remove(row.Hash);
                continue;
            }

            try
            {
                AffinityRecord record = store.Open(row.Record);
                known.Add(new RemoteResource(record.Name, (ResourceKind)record.Kind, credential, record.Owner, row.ExpiresAt) { CreatedAt = record.CreatedAt, Payload = record.Payload });
            }
            catch (StorageException)
            {
                unreadable++; // left as it is, until it expires: another master key may come back
            }
        }

        ledger.Changed = Keep; // first: what does not fit any more is forgotten on disk too
        foreach (RemoteResource resource in known.OrderBy(static resource => resource.CreatedAt))
            ledger.Restore(resource);
        if (unreadable > 0)
            Unreadable(logger, unreadable);
    }

    private void Keep(RemoteResource resource, bool isGone)
    {
        if (isGone)
        {
            store.Remove(resource.Name);
            return;
        }

        var record = new AffinityRecord((byte)resource.Kind, resource.Name, resource.Owner, resource.CreatedAt, resource.Payload);
        if (pool.RowOf(resource.Credential) is > 0 and var row && !store.Save(record, row, resource.ExpiresAt) && Interlocked.Exchange(ref _toldOfLoss, 1) == 0)
            NotKept(logger);
    }

    [LoggerMessage(EventId = 7030, Level = LogLevel.Warning, Message = "{Count} remembered resources of the upstream (files, caches and the like) cannot be decrypted. They are left as they are and not used.")]
    private static partial void Unreadable(ILogger logger, int count);

    [LoggerMessage(EventId = 7031, Level = LogLevel.Error, Message = "Which key owns a resource of the upstream could not be handed to the database: too many writes wait. It is known until the gateway stops. Told once.")]
    private static partial void NotKept(ILogger logger);
}
