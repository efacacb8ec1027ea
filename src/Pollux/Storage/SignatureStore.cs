using System.Text;
using Microsoft.Data.Sqlite;
using Pollux.Affinity;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;

namespace Pollux.Storage;

/// <summary>A kept signature as it is stored.</summary>
/// <param name="Id">The row.</param>
/// <param name="Generation">The number of its generation.</param>
/// <param name="KeptAt">When it was kept or renewed.</param>
/// <param name="Record">Sealed; see <see cref="SignatureStore.Open"/>.</param>
internal sealed record SignatureRow(long Id, long Generation, DateTimeOffset KeptAt, byte[] Record);

/// <summary>
/// The signature vault on disk. Callers, ids and signatures are sealed, and found by a keyed hash of caller and call: a
/// signature holds what a model thought about a caller's words. Thread-safe.
/// </summary>
internal sealed class SignatureStore(Database database, StoreWriter writer, SecretBox box)
{
    private const string Purpose = "signatures";
    private const byte Form = 1;
    private const int PageSize = 500;

    /// <summary>The number of the youngest generation; <see langword="null"/>: nothing is stored.</summary>
    public long? YoungestGeneration() => (long?)database.Read(static session => session.Scalar("SELECT max(generation) FROM signatures"));

    /// <summary>A page of rows, so that a full vault is never in memory twice.</summary>
    /// <param name="after">The last row of the page before; 0: from the first on.</param>
    /// <returns>None when all were read.</returns>
    public IReadOnlyList<SignatureRow> LoadPage(long after) => database.Read(session => session.Query(
        "SELECT id, generation, kept_at, record FROM signatures WHERE id > $1 ORDER BY id LIMIT $2", ReadRow, after, PageSize));

    /// <summary>Has an entry written soon, in place of what is stored for its call. It is sealed by the writer, not by who calls.</summary>
    /// <returns><see langword="false"/> if the writer has no room for it.</returns>
    public bool Save(KeptSignature kept) => writer.Enqueue(new SignatureWrite(box, kept));

    /// <summary>Has deleted soon what belongs to older generations, or was kept at an instant or before.</summary>
    public void Forget(long oldestGeneration, DateTimeOffset keptUntil) => writer.Enqueue(new Removal(oldestGeneration, keptUntil));

    /// <summary>Opens a row.</summary>
    /// <exception cref="StorageException">It was sealed with another master key, or changed.</exception>
    public KeptSignature Open(SignatureRow row)
    {
        byte[] plain = box.Open(row.Record, Purpose);
        try
        {
            using var reader = new BinaryReader(new MemoryStream(plain, writable: false), Encoding.UTF8);
            if (reader.ReadByte() != Form)
                throw new StorageException("A stored signature has a form that this Pollux does not know.");
            string caller = reader.ReadString();
            string callId = reader.ReadString();
            string? geminiId = reader.ReadBoolean() ? reader.ReadString() : null;
            byte[] signature = reader.ReadBytes(reader.ReadInt32());
            return new KeptSignature(caller, callId, new SignedCall(signature.Length == 0 ? default : RawJson.FromUtf8(signature), geminiId), row.KeptAt, row.Generation);
        }
        catch (Exception fault) when (fault is IOException or ArgumentException or FormatException)
        {
            throw new StorageException("A stored signature cannot be read.", fault);
        }
    }

    private static byte[] Seal(SecretBox box, KeptSignature kept)
    {
        var plain = new MemoryStream();
        using (var written = new BinaryWriter(plain, Encoding.UTF8, leaveOpen: true))
        {
            written.Write(Form);
            written.Write(kept.Caller);
            written.Write(kept.CallId);
            written.Write(kept.Call.GeminiCallId is not null);
            if (kept.Call.GeminiCallId is { } geminiId)
                written.Write(geminiId);
            written.Write(kept.Call.Signature.Utf8.Length);
            written.Write(kept.Call.Signature.Utf8.Span);
        }

        return box.Seal(plain.GetBuffer().AsSpan(0, (int)plain.Length), Purpose);
    }

    private static SignatureRow ReadRow(SqliteDataReader row) => new(row.GetInt64(0), row.GetInt64(1), row.Instant(2), (byte[])row.GetValue(3));

    private sealed class SignatureWrite(SecretBox box, KeptSignature kept) : IStoreWrite
    {
        public object StateKey => (typeof(SignatureWrite), kept.Caller, kept.CallId);

        public void Apply(SqlSession session) => session.Execute(
            "INSERT INTO signatures (hash, generation, kept_at, record) VALUES ($1, $2, $3, $4) ON CONFLICT (hash) DO UPDATE SET generation = excluded.generation, kept_at = excluded.kept_at, record = excluded.record",
            box.LookUpHash(Purpose, $"{kept.Caller}\n{kept.CallId}"), kept.Generation, Column.Of(kept.At), Seal(box, kept));
    }

    private sealed class Removal(long oldestGeneration, DateTimeOffset keptUntil) : IStoreWrite
    {
        public object? StateKey => null;

        public void Apply(SqlSession session)
        {
            session.Execute("DELETE FROM signatures WHERE generation < $1", oldestGeneration);
            session.Execute("DELETE FROM signatures WHERE kept_at <= $1", Column.Of(keptUntil));
        }
    }
}
