using System.Text;
using Microsoft.Data.Sqlite;

namespace Pollux.Storage;

/// <summary>A remote resource as it is stored.</summary>
/// <param name="Hash">The keyed hash of its name.</param>
/// <param name="CredentialId">The stored credential's row.</param>
/// <param name="ExpiresAt">When it is gone.</param>
/// <param name="Record">Sealed; see <see cref="AffinityStore.Open"/>.</param>
internal sealed record AffinityRow(byte[] Hash, long CredentialId, DateTimeOffset ExpiresAt, byte[] Record);

/// <summary>What is sealed in a row.</summary>
/// <param name="Kind">The number of the kind.</param>
/// <param name="Name">The name at the upstream.</param>
/// <param name="Owner">The caller's id.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Payload">What else is known.</param>
internal sealed record AffinityRecord(byte Kind, string Name, string Owner, DateTimeOffset CreatedAt, ReadOnlyMemory<byte> Payload);

/// <summary>
/// The affinity ledger on disk. Names, owners and payloads are sealed, and found by a keyed hash of the name: an upload's
/// payload is a capability, and names of files lead to what callers sent. Thread-safe.
/// </summary>
internal sealed class AffinityStore(Database database, StoreWriter writer, SecretBox box)
{
    private const string Purpose = "affinity";
    private const byte Form = 1;

    /// <summary>All rows.</summary>
    public IReadOnlyList<AffinityRow> LoadAll() => database.Read(static session => session.Query("SELECT hash, credential_id, expires_at, record FROM affinity", ReadRow));

    /// <summary>Has a resource written soon, in place of what is stored under its name. It is sealed by the writer, not by who calls.</summary>
    /// <returns><see langword="false"/> if the writer has no room for it.</returns>
    public bool Save(AffinityRecord record, long credentialId, DateTimeOffset expiresAt) =>
        writer.Enqueue(new AffinityWrite(box, record.Name, new Saved(record, credentialId, expiresAt)));

    /// <summary>Has a resource deleted soon.</summary>
    public void Remove(string name) => writer.Enqueue(new AffinityWrite(box, name, null));

    /// <summary>Has a row deleted soon whose record nobody can read or use.</summary>
    public void Remove(byte[] hash) => writer.Enqueue(new RowRemoval(hash));

    /// <summary>Opens a record.</summary>
    /// <exception cref="StorageException">It was sealed with another master key, or changed.</exception>
    public AffinityRecord Open(byte[] sealedRecord)
    {
        byte[] plain = box.Open(sealedRecord, Purpose);
        try
        {
            using var reader = new BinaryReader(new MemoryStream(plain, writable: false), Encoding.UTF8);
            if (reader.ReadByte() != Form)
                throw new StorageException("A stored resource has a form that this Pollux does not know.");
            byte kind = reader.ReadByte();
            DateTimeOffset createdAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64());
            string name = reader.ReadString();
            string owner = reader.ReadString();
            return new AffinityRecord(kind, name, owner, createdAt, reader.ReadBytes(reader.ReadInt32()));
        }
        catch (Exception fault) when (fault is IOException or ArgumentException or FormatException)
        {
            throw new StorageException("A stored resource cannot be read.", fault);
        }
    }

    private static byte[] Seal(SecretBox box, AffinityRecord record)
    {
        var plain = new MemoryStream();
        using (var written = new BinaryWriter(plain, Encoding.UTF8, leaveOpen: true))
        {
            written.Write(Form);
            written.Write(record.Kind);
            written.Write(record.CreatedAt.ToUnixTimeMilliseconds());
            written.Write(record.Name);
            written.Write(record.Owner);
            written.Write(record.Payload.Length);
            written.Write(record.Payload.Span);
        }

        return box.Seal(plain.GetBuffer().AsSpan(0, (int)plain.Length), Purpose);
    }

    private static AffinityRow ReadRow(SqliteDataReader row) => new((byte[])row.GetValue(0), row.GetInt64(1), row.Instant(2), (byte[])row.GetValue(3));

    private sealed record Saved(AffinityRecord Record, long CredentialId, DateTimeOffset ExpiresAt);

    private sealed class AffinityWrite(SecretBox box, string name, Saved? saved) : IStoreWrite
    {
        public object StateKey => (typeof(AffinityWrite), name);

        public void Apply(SqlSession session)
        {
            byte[] hash = box.LookUpHash(Purpose, name);
            if (saved is null)
                session.Execute("DELETE FROM affinity WHERE hash = $1", hash);
            else
                session.Execute( // a credential that was deleted meanwhile is no fault
                    "INSERT OR REPLACE INTO affinity (hash, credential_id, expires_at, record) SELECT $1, id, $3, $4 FROM credentials WHERE id = $2",
                    hash, saved.CredentialId, Column.Of(saved.ExpiresAt), Seal(box, saved.Record));
        }
    }

    private sealed class RowRemoval(byte[] hash) : IStoreWrite
    {
        public object? StateKey => null;

        public void Apply(SqlSession session) => session.Execute("DELETE FROM affinity WHERE hash = $1", hash);
    }
}
