using Microsoft.Data.Sqlite;

namespace Pollux.Storage;

/// <summary>A change in the life of a credential, as it is stored.</summary>
/// <param name="Sequence">Rises by one or more per event over all restarts; 0 for one that is not stored yet.</param>
/// <param name="At">When.</param>
/// <param name="CredentialId">The stored credential's row.</param>
/// <param name="Label">Its label, which outlives it.</param>
/// <param name="Kind">What happened, in the pool's word.</param>
/// <param name="Reason">Why, in the pool's word.</param>
/// <param name="Message">The upstream's words, scrubbed of secrets.</param>
/// <param name="RequestId">The request in which it happened.</param>
internal sealed record CredentialEventRow(
    long Sequence, DateTimeOffset At, long CredentialId, string Label, string Kind, string? Reason = null, string? Message = null, string? RequestId = null);

/// <summary>The life-cycle events of credentials on disk. Thread-safe.</summary>
internal sealed class CredentialEventStore(Database database, StoreWriter writer)
{
    private const string Columns = "sequence, at, credential_id, label, kind, reason, message, request_id";

    /// <summary>Has an event written soon; its number is given by the database.</summary>
    public void Append(CredentialEventRow happened) => writer.Enqueue(new EventWrite(happened));

    /// <summary>Events, the newest first.</summary>
    /// <param name="before">Only those with a smaller number: the last one of the page before. <see langword="null"/>: from the newest on.</param>
    /// <param name="count">At most so many.</param>
    /// <param name="credentialId">Only those of this credential.</param>
    public IReadOnlyList<CredentialEventRow> Page(long? before, int count, long? credentialId = null)
    {
        long bound = before ?? long.MaxValue;
        return database.Read(session => credentialId is { } id
            ? session.Query($"SELECT {Columns} FROM credential_events WHERE credential_id = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT $3", ReadRow, id, bound, count)
            : session.Query($"SELECT {Columns} FROM credential_events WHERE sequence < $1 ORDER BY sequence DESC LIMIT $2", ReadRow, bound, count));
    }

    /// <summary>Has old events deleted soon.</summary>
    /// <param name="olderThan">Those before this instant go.</param>
    /// <param name="keep">And all but so many of the newest.</param>
    public void Trim(DateTimeOffset olderThan, int keep) => writer.Enqueue(new TrimWrite(olderThan, keep));

    private static CredentialEventRow ReadRow(SqliteDataReader row) =>
        new(row.GetInt64(0), row.Instant(1), row.GetInt64(2), row.GetString(3), row.GetString(4), row.Text(5), row.Text(6), row.Text(7));

    private sealed class EventWrite(CredentialEventRow happened) : IStoreWrite
    {
        public object? StateKey => null;

        public void Apply(SqlSession session) => session.Execute(
            "INSERT INTO credential_events (at, credential_id, label, kind, reason, message, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            Column.Of(happened.At), happened.CredentialId, happened.Label, happened.Kind, happened.Reason, happened.Message, happened.RequestId);
    }

    private sealed class TrimWrite(DateTimeOffset olderThan, int keep) : IStoreWrite
    {
        public object StateKey => typeof(TrimWrite);

        public void Apply(SqlSession session)
        {
            // Events come in the order of time, but for a clock that was set back: what is younger behind an old one then goes later.
            session.Execute(
                "DELETE FROM credential_events WHERE sequence < coalesce((SELECT min(sequence) FROM credential_events WHERE at >= $1), 9223372036854775807)", Column.Of(olderThan));
            session.Execute(
                "DELETE FROM credential_events WHERE sequence <= coalesce((SELECT sequence FROM credential_events ORDER BY sequence DESC LIMIT 1 OFFSET $1), 0)", keep);
        }
    }
}
