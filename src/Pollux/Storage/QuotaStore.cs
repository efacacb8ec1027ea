using Microsoft.Data.Sqlite;

namespace Pollux.Storage;

/// <summary>A limit of a quota cell.</summary>
/// <param name="Value">Requests or tokens per window.</param>
/// <param name="Source">How it is known, in the pool's word: expected, set, learned.</param>
/// <param name="LearnedAt">When it was learned.</param>
internal readonly record struct StoredLimit(long Value, string Source, DateTimeOffset? LearnedAt = null);

/// <summary>A quota cell as it is stored.</summary>
internal sealed record QuotaCellRow
{
    /// <summary>The project group.</summary>
    public required string Project { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The quota day that the counters belong to, such as <c>2026-11-21</c>.</summary>
    public required string Day { get; init; }

    /// <summary>Requests of that day.</summary>
    public long RequestsDay { get; init; }

    /// <summary>Input tokens of that day.</summary>
    public long TokensDay { get; init; }

    /// <summary>Requests per minute.</summary>
    public StoredLimit? Rpm { get; init; }

    /// <summary>Input tokens per minute.</summary>
    public StoredLimit? Tpm { get; init; }

    /// <summary>Requests per day.</summary>
    public StoredLimit? Rpd { get; init; }

    /// <summary>Input tokens per day.</summary>
    public StoredLimit? Tpd { get; init; }

    /// <summary>Not offered until then.</summary>
    public DateTimeOffset? BlockedUntil { get; init; }

    /// <summary>What blocks it, in the pool's word.</summary>
    public string? BlockedBy { get; init; }

    /// <summary>What else the pool wants back, as JSON.</summary>
    public string? State { get; init; }
}

/// <summary>The quota cells on disk: what must be known again after a restart. Thread-safe.</summary>
internal sealed class QuotaStore(Database database, StoreWriter writer)
{
    private const string Columns =
        "project, model, day, requests_day, tokens_day, rpm, rpm_source, rpm_learned_at, tpm, tpm_source, tpm_learned_at, rpd, rpd_source, rpd_learned_at, tpd, tpd_source, tpd_learned_at, blocked_until, blocked_by, state";

    /// <summary>All cells.</summary>
    public IReadOnlyList<QuotaCellRow> LoadAll() => database.Read(static session => session.Query($"SELECT {Columns} FROM quota_cells", ReadRow));

    /// <summary>Has the cell written soon; of several of one project and model only the newest.</summary>
    public void Save(QuotaCellRow cell) => writer.Enqueue(new CellWrite(cell.Project, cell.Model, cell));

    /// <summary>Has the cell deleted soon: its project turned out to be another one's.</summary>
    public void Remove(string project, string model) => writer.Enqueue(new CellWrite(project, model, null));

    /// <summary>Has all cells of a project deleted soon.</summary>
    public void RemoveProject(string project) => writer.Enqueue(new ProjectRemoval(project));

    private static QuotaCellRow ReadRow(SqliteDataReader row) => new()
    {
        Project = row.GetString(0),
        Model = row.GetString(1),
        Day = row.GetString(2),
        RequestsDay = row.GetInt64(3),
        TokensDay = row.GetInt64(4),
        Rpm = ReadLimit(row, 5),
        Tpm = ReadLimit(row, 8),
        Rpd = ReadLimit(row, 11),
        Tpd = ReadLimit(row, 14),
        BlockedUntil = row.OptionalInstant(17),
        BlockedBy = row.Text(18),
        State = row.Text(19),
    };

    private static StoredLimit? ReadLimit(SqliteDataReader row, int column) =>
        row.Number(column) is { } value ? new StoredLimit(value, row.Text(column + 1) ?? "", row.OptionalInstant(column + 2)) : null;

    private sealed class CellWrite(string project, string model, QuotaCellRow? cell) : IStoreWrite
    {
        public object StateKey => (typeof(CellWrite), project, model);

        public void Apply(SqlSession session)
        {
            if (cell is null)
            {
                session.Execute("DELETE FROM quota_cells WHERE project = $1 AND model = $2", project, model);
                return;
            }

            session.Execute(
                $"INSERT OR REPLACE INTO quota_cells ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
                project, model, cell.Day, cell.RequestsDay, cell.TokensDay,
                cell.Rpm?.Value, cell.Rpm?.Source, Column.Of(cell.Rpm?.LearnedAt),
                cell.Tpm?.Value, cell.Tpm?.Source, Column.Of(cell.Tpm?.LearnedAt),
                cell.Rpd?.Value, cell.Rpd?.Source, Column.Of(cell.Rpd?.LearnedAt),
                cell.Tpd?.Value, cell.Tpd?.Source, Column.Of(cell.Tpd?.LearnedAt),
                Column.Of(cell.BlockedUntil), cell.BlockedBy, cell.State);
        }
    }

    private sealed class ProjectRemoval(string project) : IStoreWrite
    {
        public object StateKey => (typeof(ProjectRemoval), project);

        public void Apply(SqlSession session) => session.Execute("DELETE FROM quota_cells WHERE project = $1", project);
    }
}
