using Pollux.Affinity;

namespace Pollux.Storage;

/// <summary>
/// Keeps the signature vault on disk: gives it back at the start, then hands each entry to the writer at once, and has deleted
/// what the vault forgot or nobody used for too long. Thread-safe after <see cref="Restore"/>, which comes before the start.
/// </summary>
internal sealed partial class SignatureKeeper(SignatureVault vault, SignatureStore store, TimeProvider clock, ILogger<SignatureKeeper> logger)
{
    /// <summary>Between two looks for what is too old.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(1);

    private long _oldest; // the number of the old generation
    private long _nextSweep; // UTC ticks
    private int _toldOfLoss;

    /// <summary>Gives the vault back what was stored, and listens from then on.</summary>
    public void Restore()
    {
        int unreadable = 0;
        if (store.YoungestGeneration() is { } youngest)
        {
            vault.Resume(youngest);
            _oldest = youngest - 1;
            Sweep();
            for (IReadOnlyList<SignatureRow> page = store.LoadPage(0); page.Count > 0; page = store.LoadPage(page[^1].Id))
                unreadable += RestorePage(page);
        }

        _nextSweep = (clock.GetUtcNow() + SweepInterval).UtcTicks;
        vault.Kept = Keep;
        vault.Turned = Turn;
        if (unreadable > 0)
            Unreadable(logger, unreadable);
    }

    private int RestorePage(IReadOnlyList<SignatureRow> page)
    {
        int unreadable = 0;
        foreach (SignatureRow row in page)
        {
            try
            {
                vault.Restore(store.Open(row));
            }
            catch (StorageException)
            {
                unreadable++; // left as it is, until it is too old: another master key may come back
            }
        }

        return unreadable;
    }

    private void Keep(KeptSignature kept)
    {
        if (!store.Save(kept) && Interlocked.Exchange(ref _toldOfLoss, 1) == 0)
            NotKept(logger);
        long due = Interlocked.Read(ref _nextSweep);
        if (kept.At.UtcTicks >= due && Interlocked.CompareExchange(ref _nextSweep, (kept.At + SweepInterval).UtcTicks, due) == due)
            Sweep();
    }

    private void Turn(long oldest)
    {
        Interlocked.Exchange(ref _oldest, oldest);
        Sweep();
    }

    private void Sweep() => store.Forget(Interlocked.Read(ref _oldest), clock.GetUtcNow() - vault.Retention);

    [LoggerMessage(EventId = 7040, Level = LogLevel.Warning, Message = "{Count} remembered thought signatures cannot be decrypted. They are left as they are and not used.")]
    private static partial void Unreadable(ILogger logger, int count);

    [LoggerMessage(EventId = 7041, Level = LogLevel.Error, Message = "A thought signature could not be handed to the database: too many writes wait. It is known until the gateway stops. Told once.")]
    private static partial void NotKept(ILogger logger);
}
