using System.Collections.Immutable;
using System.Text;
using Microsoft.Data.Sqlite;
using Pollux.KeyPool;

namespace Pollux.Storage;

/// <summary>
/// The credentials on disk, their secrets encrypted. What people do (import, delete) is written at once and is there when the
/// call returns; what the pool learns goes through the batching writer. Thread-safe.
/// </summary>
internal sealed class KeyStore(Database database, SecretBox box, TimeProvider clock, StoreWriter? writer = null)
{
    private const string Purpose = "credential";
    private const int ChunkSize = 1000; // in one transaction: others get their turn between two

    private const string Columns =
        "id, secret, kind, name, project, transport, origin, tier, note, status, since, reason, message, next_recheck_at, failed_rechecks, consecutive_failures, created_at";

    /// <summary>All credentials. A record that cannot be decrypted is told apart, not lost.</summary>
    public StoredKeys LoadAll()
    {
        var unreadable = ImmutableArray.CreateBuilder<long>();
        List<StoredCredential?> rows = database.Read(session => session.Query($"SELECT {Columns} FROM credentials ORDER BY id", row =>
        {
            try
            {
                return ReadRow(row);
            }
            catch (StorageException)
            {
                unreadable.Add(row.GetInt64(0));
                return null;
            }
        }));
        return new StoredKeys([.. rows.OfType<StoredCredential>()], unreadable.ToImmutable());
    }

    /// <summary>All credentials after the environment's keys were united with them: new ones are stored, those gone from it are deleted.</summary>
    /// <param name="environment">The keys of the settings. Of a key stored already only the project is taken from here: what was learned or decided about it is newer.</param>
    public StoredKeys LoadUnited(IReadOnlyCollection<KeyEntry> environment)
    {
        StoredKeys stored = LoadAll();
        KeyUnion union = KeyUnion.Of(environment, stored.Credentials);
        if (union.Add.Length > 0)
            Import(union.Add, KeyOrigin.Environment);
        if (union.Remove.Length > 0)
            Delete([.. union.Remove.Select(static credential => credential.Id)]);
        if (union.Changed.Length > 0)
        {
            database.Write(session =>
            {
                foreach (StoredCredential credential in union.Changed)
                    session.Execute("UPDATE credentials SET project = $1 WHERE id = $2", credential.ProjectGroup, credential.Id);
            });
        }

        return union.Add.Length > 0 ? LoadAll() : stored with { Credentials = union.Keep };
    }

    /// <summary>The credential with this secret, or <see langword="null"/>.</summary>
    /// <exception cref="StorageException">It is there and cannot be decrypted.</exception>
    public StoredCredential? Find(SecretText secret) => Find(box.LookUpHash(secret));

    /// <summary>The credential with this keyed hash, or <see langword="null"/>.</summary>
    /// <exception cref="StorageException">It is there and cannot be decrypted.</exception>
    public StoredCredential? Find(byte[] hash) =>
        database.Read(session => session.Query($"SELECT {Columns} FROM credentials WHERE hash = $1", ReadRow, hash).FirstOrDefault());

    /// <summary>
    /// Stores keys. Samples, malformed ones and those known already are told apart and skipped; one known from the environment
    /// alone stays from now on, also when it is gone from there. Written in chunks: what was interrupted may simply be repeated.
    /// </summary>
    /// <param name="entries">What is offered.</param>
    /// <param name="origin">Where it comes from.</param>
    /// <param name="dryRun">Tells what would happen, and writes nothing.</param>
    /// <param name="progress">Gets the number of entries done, at most once in a thousand, on the caller's thread.</param>
    /// <param name="cancellation">Stops between two chunks.</param>
    public StoredKeyImport Import(
        IReadOnlyList<KeyEntry> entries, KeyOrigin origin, bool dryRun = false, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        var verdicts = ImmutableArray.CreateBuilder<KeyImportVerdict>(entries.Count);
        var seen = new HashSet<SecretText>();
        for (int start = 0; start < entries.Count; start += ChunkSize)
        {
            cancellation.ThrowIfCancellationRequested();
            List<Offer> chunk = [.. entries.Skip(start).Take(ChunkSize).Select(entry => Prepare(entry, seen, dryRun))]; // hashing and encrypting is not for under the lock
            if (dryRun)
            {
                verdicts.AddRange(database.Read(session => chunk.ConvertAll(offer => Look(session, offer))));
            }
            else
            {
                List<KeyImportVerdict> done = [];
                database.Write(session => done = chunk.ConvertAll(offer => Insert(session, offer, origin)));
                verdicts.AddRange(done);
            }

            progress?.Report(verdicts.Count);
        }

        return new StoredKeyImport(verdicts.MoveToImmutable());
    }

    /// <summary>Deletes credentials for good; their events stay.</summary>
    /// <returns>How many there were.</returns>
    public int Delete(IReadOnlyCollection<long> ids)
    {
        int deleted = 0;
        foreach (long[] chunk in ids.Chunk(ChunkSize))
        {
            database.Write(session =>
            {
                foreach (long id in chunk)
                    deleted += session.Execute("DELETE FROM credentials WHERE id = $1", id);
            });
        }

        return deleted;
    }

    /// <summary>Has the health written soon; of several for one credential only the newest.</summary>
    public void SaveHealth(long id, CredentialHealth health) => Writer.Enqueue(new HealthWrite(id, health));

    /// <summary>Has the place where the key travels written soon.</summary>
    public void SaveTransport(long id, KeyTransport transport) => Writer.Enqueue(new TransportWrite(id, transport));

    private StoreWriter Writer => writer ?? throw new InvalidOperationException("This store was opened without a writer.");

    private Offer Prepare(in KeyEntry entry, HashSet<SecretText> seen, bool dryRun)
    {
        KeyImportVerdict verdict = OfferedSecret.Judge(entry, out SecretText? secret);
        if (secret is null)
            return new Offer(entry, verdict, [], []);
        if (!seen.Add(secret))
            return new Offer(entry, KeyImportVerdict.Duplicate, [], []);
        return new Offer(entry, verdict, box.LookUpHash(secret), dryRun ? [] : box.Seal(secret.Utf8.Span, Purpose));
    }

    private static KeyImportVerdict Look(SqlSession session, Offer offer) =>
        offer.Verdict != KeyImportVerdict.Added ? offer.Verdict
        : session.Scalar("SELECT id FROM credentials WHERE hash = $1", offer.Hash) is null ? KeyImportVerdict.Added
        : KeyImportVerdict.Duplicate;

    private KeyImportVerdict Insert(SqlSession session, Offer offer, KeyOrigin origin)
    {
        if (offer.Verdict != KeyImportVerdict.Added)
            return offer.Verdict;
        KeyEntry entry = offer.Entry;
        long now = Column.Of(clock.GetUtcNow());
        CredentialStatus status = entry.Disabled ? CredentialStatus.Disabled : CredentialStatus.Usable;
        int added = session.Execute(
            """
            INSERT INTO credentials (kind, secret, hash, name, project, transport, origin, status, since, created_at, tier)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (hash) DO NOTHING
            """,
            entry.Kind.ToString(), offer.Sealed, offer.Hash, Blank(entry.Name), Blank(entry.ProjectGroup), entry.Transport.ToString(), origin.ToString(), status.ToString(), now, now, entry.Tier == ProjectTier.Unknown ? null : entry.Tier.ToString());
        if (added == 1)
            return KeyImportVerdict.Added;
        if (origin != KeyOrigin.Environment)
            session.Execute("UPDATE credentials SET origin = $1 WHERE hash = $2 AND origin = 'Environment'", origin.ToString(), offer.Hash);
        return KeyImportVerdict.Duplicate;
    }

    private StoredCredential ReadRow(SqliteDataReader row) => new()
    {
        Id = row.GetInt64(0),
        Secret = new SecretText(Encoding.UTF8.GetString(box.Open(row.GetFieldValue<byte[]>(1), Purpose))),
        Kind = row.Word(2, CredentialKind.GeminiApiKey),
        Name = row.Text(3),
        ProjectGroup = row.Text(4),
        Transport = row.Word(5, KeyTransport.Header),
        Origin = row.Word(6, KeyOrigin.Imported), // never the one that is deleted on its own
        Tier = row.Text(7),
        Note = row.Text(8),
        Health = new CredentialHealth(
            row.Word(9, CredentialStatus.Usable), row.Instant(10), row.GetInt32(15), row.IsDBNull(11) ? null : Reason(row.GetString(11)), row.Text(12), row.OptionalInstant(13), row.GetInt32(14)),
        CreatedAt = row.Instant(16),
    };

    private static FaultReason? Reason(string word) => Enum.TryParse(word, out FaultReason reason) && Enum.IsDefined(reason) ? reason : null;

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private readonly record struct Offer(KeyEntry Entry, KeyImportVerdict Verdict, byte[] Hash, byte[] Sealed);

    private sealed class HealthWrite(long id, CredentialHealth health) : IStoreWrite
    {
        public object StateKey => (typeof(HealthWrite), id);

        public void Apply(SqlSession session) => session.Execute(
            """
            UPDATE credentials SET status = $1, since = $2, reason = $3, message = $4, next_recheck_at = $5, failed_rechecks = $6, consecutive_failures = $7
            WHERE id = $8
            """,
            health.Status.ToString(), Column.Of(health.Since), health.Reason?.ToString(), health.Message, Column.Of(health.NextRecheckAt), health.FailedRechecks, health.ConsecutiveFailures, id);
    }

    private sealed class TransportWrite(long id, KeyTransport transport) : IStoreWrite
    {
        public object StateKey => (typeof(TransportWrite), id);

        public void Apply(SqlSession session) => session.Execute("UPDATE credentials SET transport = $1 WHERE id = $2", transport.ToString(), id);
    }
}
