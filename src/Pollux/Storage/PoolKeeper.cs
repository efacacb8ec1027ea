using System.Globalization;
using Microsoft.Data.Sqlite;
using Pollux.KeyPool;

namespace Pollux.Storage;

/// <summary>
/// Keeps the pool on disk: at the start it gives the pool what was stored, then it hands the writer what the pool learned.
/// Requests never meet it. Not thread-safe: <see cref="Restore"/> comes before the start, all else is in one loop.
/// </summary>
internal sealed partial class PoolKeeper(
    KeyPool.KeyPool pool, Database database, KeyStore keys, QuotaStore cells, ProjectLinkStore links, CredentialEventStore events, TimeProvider clock, ILogger<PoolKeeper> logger)
    : BackgroundService
{
    /// <summary>How often changes are taken: with the writer's wait and the write itself, less than the second that a sudden death may cost.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);

    private const int TicksPerSweep = 120; // a minute
    private const int MaxSwept = 10_000; // of the writer's 65,536 places; the rest in the next minute
    private const int MaxEvents = 100_000;
    private const int SweepsPerTrim = 24 * 60; // a day
    private static readonly TimeSpan EventLife = TimeSpan.FromDays(90);

    private readonly Dictionary<CredentialId, KeptLink> _links = [];
    private long[] _rows = []; // by the credential's number, less one
    private CredentialHealth?[] _health = []; // as stored, likewise
    private Dictionary<long, CredentialId> _byRow = []; // the other way round
    private long _lastEvent;
    private int _ticks;
    private int _sweeps;

    /// <summary>Fills the pool with stored keys and those of the environment, and gives it back what was known about them.</summary>
    /// <param name="environment">The keys of the settings.</param>
    /// <returns>Rows that could not be decrypted.</returns>
    /// <exception cref="StorageException">The database cannot be read.</exception>
    public IReadOnlyList<long> Restore(IReadOnlyCollection<KeyEntry> environment)
    {
        try
        {
            StoredKeys stored = keys.LoadUnited(environment);
            Dictionary<long, CredentialId> byRow = _byRow = AddKeys(stored, [.. environment.Where(static entry => entry.IsReserved).Select(static entry => OfferedSecret.Judge(entry, out SecretText? secret) == KeyImportVerdict.Added ? secret : null).OfType<SecretText>()]);
            RestoreLinks(byRow);
            RestoreCells(byRow);
            return stored.Unreadable;
        }
        catch (SqliteException fault)
        {
            throw new StorageException($"{database.FilePath} cannot be read ({fault.Message}). Put back a copy, or move the file away to begin with an empty one.", fault);
        }
    }

    /// <summary>The stored row; 0 for a credential that is not stored.</summary>
    public long RowOf(CredentialId id) => (uint)(id.Value - 1) < (uint)_rows.Length ? _rows[id.Value - 1] : 0;

    /// <summary>The credential of a stored row; <see langword="null"/> when it is not in the pool.</summary>
    public CredentialId? CredentialOf(long row) => _byRow.TryGetValue(row, out CredentialId id) ? id : null;

    /// <summary>Hands over what changed since the last time.</summary>
    /// <param name="sweep">Looks through all credentials for what no event told.</param>
    public void Keep(bool sweep)
    {
        foreach (QuotaCellState cell in pool.TakeChanges())
        {
            if (ProjectOf(cell) is { } project)
                cells.Save(QuotaCellRecord.ToRow(cell, project));
        }

        KeepLinks();
        KeepEvents();
        if (sweep)
            Sweep();
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Keep(sweep: true); // the writer stops after this and writes what it has
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var timer = new PeriodicTimer(Tick, clock);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    Keep(sweep: ++_ticks % TicksPerSweep == 0);
                }
                catch (Exception fault) // whatever it is: the gateway serves, and the next round may succeed
                {
                    NotKept(logger, fault);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // the gateway stops
        }
    }

    /// <param name="stored">All that are stored.</param>
    /// <param name="reserved">What of it the settings reserve now: that is not stored.</param>
    private Dictionary<long, CredentialId> AddKeys(StoredKeys stored, HashSet<SecretText> reserved)
    {
        KeyImport import = pool.AddKnown(stored.Credentials.Select(credential => new KnownCredential(credential.ToEntry() with { IsReserved = reserved.Contains(credential.Secret) }, credential.Health)));
        var byRow = new Dictionary<long, CredentialId>(stored.Credentials.Length);
        int highest = import.Lines.Max(static line => line.Credential?.Value) ?? 0;
        _rows = new long[highest];
        _health = new CredentialHealth?[highest];
        foreach (KeyImportLine line in import.Lines)
        {
            if (line is not { Verdict: KeyImportVerdict.Added, Credential: { } id })
                continue;
            StoredCredential credential = stored.Credentials[line.Index];
            byRow[credential.Id] = id;
            _rows[id.Value - 1] = credential.Id;
            _health[id.Value - 1] = credential.Health;
        }

        return byRow;
    }

    private void RestoreLinks(Dictionary<long, CredentialId> byRow)
    {
        var sources = new Dictionary<CredentialId, string>();
        foreach (ProjectLinkRow link in links.LoadAll())
        {
            if (byRow.TryGetValue(link.CredentialId, out CredentialId id)
                && QuotaCellRecord.CredentialRow(link.Project) is { } other && byRow.TryGetValue(other, out CredentialId with)
                && pool.Link(id, with, link.Evidence ?? ""))
                sources[id] = link.Source;
            else
                links.Remove(link.CredentialId, link.Source); // its other end is gone, or both were declared meanwhile
        }

        foreach (ProjectLink link in pool.Links)
            _links[link.Credential] = new KeptLink(link, sources.GetValueOrDefault(link.Credential, Word(link.Source)));
    }

    private void RestoreCells(Dictionary<long, CredentialId> byRow)
    {
        DateTimeOffset forgotten = clock.GetUtcNow() - EventLife;
        var known = new List<QuotaCellState>();
        foreach (QuotaCellRow row in cells.LoadAll())
        {
            CredentialId id = default;
            bool isOwned = QuotaCellRecord.DeclaredName(row.Project) is not null
                || (QuotaCellRecord.CredentialRow(row.Project) is { } owner && byRow.TryGetValue(owner, out id) && !_links.ContainsKey(id));
            if (isOwned && QuotaCellRecord.ToState(row, id) is { } state && state.DayEnds > forgotten)
                known.Add(state);
            else
                cells.Remove(row.Project, row.Model); // its credential is gone or counts with another's, or nobody asked for it for long
        }

        pool.Restore(known);
    }

    private void KeepLinks()
    {
        IReadOnlyList<ProjectLink> present = pool.Links;
        foreach (ProjectLink link in present)
        {
            bool isKept = _links.TryGetValue(link.Credential, out KeptLink? kept);
            long row = RowOf(link.Credential), with = RowOf(link.With);
            if (row == 0 || with == 0 || (isKept && kept!.Link == link))
                continue;
            string source = Word(link.Source);
            if (isKept && kept!.Source != source)
                links.Remove(row, kept.Source);
            links.Save(new ProjectLinkRow(row, QuotaCellRecord.Undeclared(with), source, link.Evidence, link.At));
            cells.RemoveProject(QuotaCellRecord.Undeclared(row)); // what it counted, the other counts now
            _links[link.Credential] = new KeptLink(link, source);
        }

        if (_links.Count <= present.Count)
            return;
        foreach (CredentialId gone in _links.Keys.Except(present.Select(static link => link.Credential)).ToArray())
        {
            _links.Remove(gone, out KeptLink? kept);
            links.Remove(RowOf(gone), kept!.Source);
        }
    }

    private void KeepEvents()
    {
        foreach (CredentialEvent happened in pool.EventsAfter(_lastEvent))
        {
            _lastEvent = happened.Sequence;
            long row = RowOf(happened.Credential);
            if (row == 0)
                continue;
            events.Append(new CredentialEventRow(0, happened.At, row, LabelOf(happened, row), happened.Kind.ToString(), happened.Reason?.ToString(), happened.Message, happened.RequestId));
            if (pool.Find(happened.Credential) is not { } credential)
                continue;
            if (happened.Kind == CredentialEventKind.TransportChanged)
                keys.SaveTransport(row, credential.Transport);
            SaveHealth(credential, row);
        }
    }

    /// <summary>Counts of failures and postponed re-checks change without an event.</summary>
    private void Sweep()
    {
        int saved = 0;
        foreach (Credential credential in pool.Credentials())
        {
            if (RowOf(credential.Id) is > 0 and var row && SaveHealth(credential, row) && ++saved == MaxSwept)
                break;
        }

        if (_sweeps++ % SweepsPerTrim == 0)
            events.Trim(clock.GetUtcNow() - EventLife, MaxEvents);
    }

    private bool SaveHealth(Credential credential, long row)
    {
        CredentialHealth health = credential.Health;
        ref CredentialHealth? kept = ref _health[credential.Id.Value - 1];
        if (ReferenceEquals(kept, health))
            return false;
        kept = health;
        keys.SaveHealth(row, health);
        return true;
    }

    private string? ProjectOf(QuotaCellState cell)
    {
        if (cell.Project is { } declared)
            return QuotaCellRecord.Declared(declared);
        return RowOf(cell.Credential) is > 0 and var row ? QuotaCellRecord.Undeclared(row) : null;
    }

    /// <summary>The label as the store shows it: with the number of the row, which a restart does not change.</summary>
    private static string LabelOf(CredentialEvent happened, long row) =>
        string.Concat(happened.Label.AsSpan(0, happened.Label.LastIndexOf('#') + 1), row.ToString(CultureInfo.InvariantCulture));

    private static string Word(ProjectLinkSource source) => source switch
    {
        ProjectLinkSource.SameProjectNumber => "number",
        ProjectLinkSource.CorrelatedRefusals => "correlated",
        _ => "given",
    };

    [LoggerMessage(EventId = 7010, Level = LogLevel.Error, Message = "What the key pool learned could not be handed to the database; tried again at the next tick.")]
    private static partial void NotKept(ILogger logger, Exception fault);

    /// <param name="Link">As the pool tells it; a restart makes it a given one.</param>
    /// <param name="Source">As it is stored.</param>
    private sealed record KeptLink(ProjectLink Link, string Source);
}
