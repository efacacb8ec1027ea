using System.Text;
using Pollux.Responses;

namespace Pollux.Storage;

/// <summary>
/// Responses on disk. What they hold is what callers said, so all of it is sealed, and found by a keyed hash of caller and id: who
/// has the file alone finds nothing. Sealed by the writer, not by who calls. Thread-safe.
/// </summary>
/// <param name="database">Where they are.</param>
/// <param name="writer">Writes them.</param>
/// <param name="box">Seals them.</param>
/// <param name="maxBytes">How much may lie there.</param>
/// <param name="clock">Bounds how long somebody waits for the writer.</param>
internal sealed class ResponseArchive(Database database, StoreWriter writer, SecretBox box, long maxBytes, TimeProvider clock) : IResponseArchive
{
    private const string Purpose = "responses";
    private const byte Form = 1;
    private const int WritesPerSum = 16; // how often it is asked how much lies there
    private const long MaxWaitingBytes = 128L * 1024 * 1024; // while the database is away

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5); // while the database is away

    private int _writes; // touched by the writer alone
    private long _waitingBytes;

    /// <inheritdoc/>
    public bool Save(StoredResponse response, DateTimeOffset expiresAt)
    {
        long bytes = response.Bytes;
        if (Interlocked.Add(ref _waitingBytes, bytes) <= Math.Max(MaxWaitingBytes, bytes) && writer.Enqueue(new Saving(this, response, expiresAt)))
            return true;
        Interlocked.Add(ref _waitingBytes, -bytes);
        return false;
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string caller, string id, CancellationToken cancellation)
    {
        writer.Enqueue(new Removal(this, caller, id));
        return FlushAsync(cancellation);
    }

    /// <inheritdoc/>
    public void Sweep(DateTimeOffset now) => writer.Enqueue(new Sweeping(this, now));

    /// <inheritdoc/>
    public async Task<StoredResponse?> FindAsync(string caller, string id, DateTimeOffset now, CancellationToken cancellation)
    {
        byte[]? found = await Task.Run(() => Read(caller, id, now), cancellation);
        if (found is null && writer.Waiting > 0 && await FlushAsync(cancellation)) // it may be on its way
            found = await Task.Run(() => Read(caller, id, now), cancellation);
        return found is null ? null : Open(found, caller);
    }

    private async Task<bool> FlushAsync(CancellationToken cancellation)
    {
        try
        {
            return await writer.FlushAsync(cancellation).WaitAsync(Patience, clock, cancellation);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private byte[]? Read(string caller, string id, DateTimeOffset now)
    {
        byte[] hash = HashOf(caller, id);
        return (byte[]?)database.Read(session => session.Scalar("SELECT record FROM responses WHERE hash = $1 AND expires_at > $2", hash, Column.Of(now)));
    }

    private byte[] HashOf(string caller, string id) => box.LookUpHash(Purpose, $"{id}\n{caller}");

    /// <summary>Opens a record; one that cannot be opened is as good as none, and goes when it expires.</summary>
    private StoredResponse? Open(byte[] sealedRecord, string caller)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(box.Open(sealedRecord, Purpose), writable: false), Encoding.UTF8);
            if (reader.ReadByte() != Form)
                return null;
            DateTimeOffset createdAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64());
            string id = reader.ReadString();
            string previous = reader.ReadString();
            var signatures = new StoredSignature[reader.ReadInt32()];
            for (int i = 0; i < signatures.Length; i++)
                signatures[i] = new StoredSignature(reader.ReadString(), NullIfEmpty(reader.ReadString()), NullIfEmpty(reader.ReadString()));
            byte[] body = reader.ReadBytes(reader.ReadInt32());
            byte[] input = reader.ReadBytes(reader.ReadInt32());
            return new StoredResponse { Id = id, Caller = caller, PreviousId = NullIfEmpty(previous), CreatedAt = createdAt, Body = body, Input = input, Signatures = signatures };
        }
        catch (Exception fault) when (fault is StorageException or IOException or ArgumentException or FormatException)
        {
            return null;
        }
    }

    private byte[] Seal(StoredResponse response)
    {
        var plain = new MemoryStream((int)Math.Min(response.Bytes + 256, Array.MaxLength));
        using (var written = new BinaryWriter(plain, Encoding.UTF8, leaveOpen: true))
        {
            written.Write(Form);
            written.Write(response.CreatedAt.ToUnixTimeMilliseconds());
            written.Write(response.Id);
            written.Write(response.PreviousId ?? "");
            written.Write(response.Signatures.Count);
            foreach (StoredSignature signature in response.Signatures)
            {
                written.Write(signature.Id);
                written.Write(signature.GeminiId ?? "");
                written.Write(signature.Signature ?? "");
            }

            written.Write(response.Body.Length);
            written.Write(response.Body.Span);
            written.Write(response.Input.Length);
            written.Write(response.Input.Span);
        }

        return box.Seal(plain.GetBuffer().AsSpan(0, (int)plain.Length), Purpose);
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    /// <summary>Deletes the oldest until the rest fits.</summary>
    private void Bound(SqlSession session)
    {
        long total = (long?)session.Scalar("SELECT sum(bytes) FROM responses") ?? 0;
        while (total > maxBytes)
        {
            List<(long Id, long Bytes)> oldest = session.Query("SELECT id, bytes FROM responses ORDER BY expires_at LIMIT 64", static row => (row.GetInt64(0), row.GetInt64(1)));
            foreach ((long id, long bytes) in oldest)
            {
                if (total <= maxBytes)
                    return;
                session.Execute("DELETE FROM responses WHERE id = $1", id);
                total -= bytes;
            }
        }
    }

    private sealed class Saving(ResponseArchive archive, StoredResponse response, DateTimeOffset expiresAt) : IStoreWrite
    {
        public object? StateKey => null; // each has an id of its own

        private bool _counted = true;

        public void Apply(SqlSession session)
        {
            if (_counted) // it may be tried again
                Interlocked.Add(ref archive._waitingBytes, -response.Bytes);
            _counted = false;
            session.Execute(
                "INSERT OR REPLACE INTO responses (hash, expires_at, bytes, record) VALUES ($1, $2, $3, $4)",
                archive.HashOf(response.Caller, response.Id), Column.Of(expiresAt), response.Bytes, archive.Seal(response));
            if (archive._writes++ % WritesPerSum == 0 || response.Bytes > archive.LargeBytes)
                archive.Bound(session);
        }
    }

    private long LargeBytes => maxBytes / (4 * WritesPerSum); // sixteen that are smaller are a quarter too much at most

    private sealed class Removal(ResponseArchive archive, string caller, string id) : IStoreWrite
    {
        public object? StateKey => null;

        public void Apply(SqlSession session) => session.Execute("DELETE FROM responses WHERE hash = $1", archive.HashOf(caller, id));
    }

    private sealed class Sweeping(ResponseArchive archive, DateTimeOffset now) : IStoreWrite
    {
        public object StateKey => typeof(Sweeping);

        public void Apply(SqlSession session)
        {
            session.Execute("DELETE FROM responses WHERE expires_at <= $1", Column.Of(now));
            archive.Bound(session);
        }
    }
}
