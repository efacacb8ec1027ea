using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Pollux.KeyPool;

/// <summary>
/// All credentials that can stand in for one another, and who may serve what now. Deterministic: clock and chance are given, and nothing is read or sent.
/// </summary>
/// <remarks>
/// Thread-safe. What protects what: the gate protects membership, health, events and the set of lanes, all of which change seldom;
/// each <see cref="ModelLane"/> has its own lock, so leases for different models never wait for each other; counters of a
/// credential are interlocked; options, table and health are immutable values behind one volatile reference. Locks are taken gate first, then lane, never back.
/// </remarks>
[SuppressMessage("Design", "MA0049:Type name should not match containing namespace", Justification = "The key pool is the one thing this project is about; it has no better word.")]
public sealed partial class KeyPool
{
    private const string ModelPrefix = "models/";
    private const long LongestDay = 25 * TimeSpan.TicksPerHour; // the night the clocks go back

    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private readonly Dictionary<(SecretText Secret, int Upstream), Credential> _bySecret = [];
    private readonly ConcurrentDictionary<string, ModelLane> _lanes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ModelLane>.AlternateLookup<ReadOnlySpan<char>> _lanesBySpan;
    private readonly EventRing _events = new(KeyPoolOptions.MaxEvents);
    private readonly List<ProjectGroup> _groups = []; // by index; a group that lost its members stays, for attempts still running
    private readonly Dictionary<string, ProjectGroup> _groupsByName = new(StringComparer.Ordinal);
    private volatile Credential?[] _table = [];
    private volatile KeyPoolOptions _options;
    private volatile IKeySelection _selection;
    private volatile int _count;
    private volatile int _reserved; // of these, those that only what must be paid for is sent with
    private long _uses;
    private int _turn; // whose it is among all, for what is spread evenly
    private long _dayEnds;

    /// <param name="time">The clock: wall time for cool-downs, since Google's days are wall time too.</param>
    /// <param name="random">Chance, for spreading re-checks; used under the gate only.</param>
    /// <param name="options">What an operator may change.</param>
    public KeyPool(TimeProvider time, Random random, KeyPoolOptions options)
    {
        _time = time;
        _random = random;
        _options = options;
        _selection = KeySelections.For(options);
        _lanesBySpan = _lanes.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>May be replaced while the pool runs; what began with the old ones is not undone.</summary>
    public KeyPoolOptions Options
    {
        get => _options;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            var selection = KeySelections.For(value);
            lock (_gate)
            {
                _options = value;
                _selection = selection;
                foreach (var lane in _lanes.Values)
                    lane.OpenBy(selection);
            }
        }
    }

    /// <summary>Credentials in the pool, usable or not.</summary>
    public int Count => _count;

    /// <summary>All credentials by index; a removed one leaves <see langword="null"/>.</summary>
    internal Credential?[] Table => _table;

    /// <summary>The clock in UTC ticks.</summary>
    internal long NowTicks => _time.GetUtcNow().UtcTicks;

    /// <summary>Numbers the leases: "least recently used" must hold also within one tick of the clock, as in a simulation.</summary>
    internal long NextUse() => Interlocked.Increment(ref _uses);

    /// <summary>Takes the right to make one attempt.</summary>
    /// <param name="request">What for.</param>
    /// <param name="lease">To be settled, or disposed of.</param>
    /// <param name="refusal">When there is no lease: why, and when to come back.</param>
    public bool TryLease(in LeaseRequest request, [NotNullWhen(true)] out Lease? lease, out LeaseRefusal refusal)
    {
        lease = null;
        if (_count == 0)
        {
            refusal = new LeaseRefusal(LeaseRefusalReason.NoKeys, null);
            return false;
        }

        if (request.Required is { } required)
            return TryLeaseOf(required, request, out lease, out refusal);

        return request.Kinds == CredentialKinds.None ? TryLeaseKey(request, out lease, out refusal) : TryLeaseBySection(request, out lease, out refusal);
    }

    private bool TryLeaseKey(in LeaseRequest request, [NotNullWhen(true)] out Lease? lease, out LeaseRefusal refusal)
    {
        bool mustPay = request.Paid == PaidKeyUse.Always && _reserved > 0;
        lease = (mustPay ? LaneOf(request.Model, PoolSection.Reserved) : LaneOf(request.Model)).Take(request, NowTicks, out refusal);
        if (lease is null && refusal.Reason == LeaseRefusalReason.NotEntitled && request.Paid == PaidKeyUse.IfNoOtherIsEntitled && _reserved > 0)
            lease = LaneOf(request.Model, PoolSection.Reserved).Take(request, NowTicks, out refusal);
        if (lease is null && refusal.Reason == LeaseRefusalReason.AllOut)
            refusal = refusal with { EarliestAt = NextRecheckAt() };
        return lease is not null;
    }

    /// <summary>Takes the right to make one attempt with one credential and no other.</summary>
    private bool TryLeaseOf(CredentialId required, in LeaseRequest request, out Lease? lease, out LeaseRefusal refusal)
    {
        lease = null;
        var credential = Find(required);
        if (credential is null || !credential.IsUsable)
        {
            refusal = new LeaseRefusal(LeaseRefusalReason.RequiredOut, credential?.Health.NextRecheckAt);
            return false;
        }

        lease = LaneOf(request.Model, credential.Section).TakeOf(credential, request, NowTicks, out refusal);
        return lease is not null;
    }

    /// <summary>Adds credentials. Samples, malformed ones and those known already are told apart and skipped.</summary>
    public KeyImport Add(IEnumerable<KeyEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        List<OfferedKey> offered = [.. entries.Select(static entry => OfferedKey.Read(entry))]; // hashing a hundred thousand keys is not for under the gate
        var lines = ImmutableArray.CreateBuilder<KeyImportLine>(offered.Count);
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            List<Credential> added = [];
            foreach (var key in offered)
                lines.Add(Enlist(lines.Count, key, now, added));
            Publish(added);
        }
        return new KeyImport(lines.MoveToImmutable());
    }

    /// <summary>Removes a credential; attempts running with it may still be settled.</summary>
    /// <returns><see langword="false"/> if it is not in the pool.</returns>
    public bool Remove(CredentialId id)
    {
        lock (_gate)
        {
            if (Find(id) is not { } credential)
                return false;
            var now = _time.GetUtcNow();
            credential.Health = new CredentialHealth(CredentialStatus.Disabled, now);
            Dismiss(credential, forget: true);
            _bySecret.Remove((credential.Secret, credential.Upstream));
            _links.Remove(id);
            var table = (Credential?[])_table.Clone();
            table[credential.Index] = null;
            _table = table;
            _count--;
            _reserved -= credential.IsReserved ? 1 : 0;
            _bySection[(int)credential.Section]--;
            _events.Add(now, credential, CredentialEventKind.Removed);
            return true;
        }
    }

    /// <summary>The credential with this number, or <see langword="null"/>.</summary>
    public Credential? Find(CredentialId id)
    {
        var table = _table;
        return (uint)(id.Value - 1) < (uint)table.Length ? table[id.Value - 1] : null;
    }

    /// <summary>The credential with this secret, or <see langword="null"/>.</summary>
    public Credential? Find(SecretText secret)
    {
        lock (_gate)
            return _bySecret.GetValueOrDefault((secret, 0));
    }

    /// <summary>
    /// The usable credential whose turn it is, reserved ones left out; <see langword="null"/>: there is none. For what costs no quota but binds
    /// later calls to its key, such as a file: the search for a lease would give it all to one.
    /// </summary>
    public CredentialId? InTurn()
    {
        var table = _table;
        var start = table.Length == 0 ? 0 : (int)((uint)Interlocked.Increment(ref _turn) % (uint)table.Length);
        for (var i = 0; i < table.Length; i++)
        {
            if (table[(start + i) % table.Length] is { IsUsable: true, Section: PoolSection.Ordinary } credential)
                return credential.Id;
        }

        return null;
    }

    /// <summary>All credentials in the order of their numbers.</summary>
    public IEnumerable<Credential> Credentials()
    {
        foreach (var credential in _table)
        {
            if (credential is not null)
                yield return credential;
        }
    }

    /// <summary>The models this credential does not serve at present, though it is usable.</summary>
    public IReadOnlyList<CredentialRestriction> RestrictionsOf(CredentialId id)
    {
        List<CredentialRestriction> restrictions = [];
        if (Find(id) is not { } credential)
            return restrictions;
        var now = _time.GetUtcNow().UtcTicks;
        foreach (var lane in _lanes.Values)
        {
            if (lane.RestrictionOf(credential.Group, now) is { } restriction)
                restrictions.Add(restriction);
        }
        return restrictions;
    }

    /// <summary>The pool in figures. Walks all credentials: for pages and metrics, not per request.</summary>
    public PoolSnapshot Snapshot()
    {
        var now = _time.GetUtcNow().UtcTicks;
        Span<int> byStatus = stackalloc int[4];
        var inFlight = 0;
        foreach (var credential in Credentials())
        {
            byStatus[(int)credential.Health.Status]++;
            inFlight += credential.InFlight;
        }
        var models = _lanes.Values.OrderBy(static lane => lane.Model, StringComparer.Ordinal).Select(lane => lane.Snapshot(now)).ToImmutableArray();
        return new PoolSnapshot(
            byStatus[0] + byStatus[1] + byStatus[2] + byStatus[3],
            byStatus[(int)CredentialStatus.Usable],
            byStatus[(int)CredentialStatus.Out],
            byStatus[(int)CredentialStatus.Stopped],
            byStatus[(int)CredentialStatus.Disabled],
            inFlight,
            NextRecheckAt(),
            models);
    }

    /// <summary>The model answered 503 and has not served since: the instant of the last. A hint for ordering, never a reason to refuse.</summary>
    public DateTimeOffset? OverloadedAt(string model) =>
        _lanesBySpan.TryGetValue(BareName(model), out var lane) && lane.OverloadedAt is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    private KeyImportLine Enlist(int index, in OfferedKey offered, DateTimeOffset now, List<Credential> added)
    {
        if (offered.Secret is not { } secret)
            return new KeyImportLine(index, offered.Verdict, null, "");
        if (_bySecret.TryGetValue((secret, offered.Entry.Upstream), out var known))
            return new KeyImportLine(index, KeyImportVerdict.Duplicate, known.Id, known.Label);

        var id = new CredentialId(_table.Length + added.Count + 1);
        var credential = new Credential(id, secret, offered.Entry, new CredentialHealth(offered.Entry.Disabled ? CredentialStatus.Disabled : CredentialStatus.Usable, now));
        credential.Group = GroupOf(credential);
        _bySecret.Add((secret, credential.Upstream), credential);
        added.Add(credential);
        return new KeyImportLine(index, KeyImportVerdict.Added, id, credential.Label);
    }

    private void Publish(List<Credential> added)
    {
        if (added.Count == 0)
            return;
        _table = [.. _table, .. added]; // before the lanes know them: whoever picks an index finds it here
        _count += added.Count;
        foreach (var credential in added)
        {
            _reserved += credential.IsReserved ? 1 : 0;
            _bySection[(int)credential.Section]++;
            if (credential.IsUsable)
                Admit(credential);
        }
    }

    /// <summary>What answers of the model counted, divided by what was estimated for their prompts; 1 until any did.</summary>
    public double EstimateCorrection(string model) => _lanesBySpan.TryGetValue(BareName(model), out var lane) ? lane.EstimateCorrection : 1;

    /// <summary>When the quota day ends that holds an instant; UTC ticks.</summary>
    internal long DayEnds(long now)
    {
        var ends = Volatile.Read(ref _dayEnds);
        if (now < ends && ends - now <= LongestDay)
            return ends;
        ends = PacificDay.NextMidnight(new DateTimeOffset(now, TimeSpan.Zero)).UtcTicks;
        Volatile.Write(ref _dayEnds, ends);
        return ends;
    }

    private ModelLane LaneOf(string model)
    {
        var name = BareName(model);
        return _lanesBySpan.TryGetValue(name, out var lane) ? lane : OpenLane(name.ToString(), PoolSection.Ordinary);
    }

    private ModelLane OpenLane(string model, PoolSection section)
    {
        var key = LaneKey(model, section);
        lock (_gate)
        {
            if (_lanes.TryGetValue(key, out var lane))
                return lane;
            if (_lanes.Count >= KeyPoolOptions.MaxModels)
                CloseOneLane();
            lane = new ModelLane(this, model, section);
            lane.OpenBy(_selection);
            foreach (var group in _groups)
            {
                if (!group.Usable.IsEmpty && group.Section == section)
                    lane.Admit(group);
            }
            return _lanes[key] = lane;
        }
    }

    // Names that no credential ever refused are the first to go; a lease that runs on a closed lane is settled harmlessly.
    private void CloseOneLane()
    {
        var victim = _lanes.Values.FirstOrDefault(static lane => lane.IsIdle) ?? _lanes.Values.First();
        _lanes.TryRemove(LaneKey(victim.Model, victim.Section), out _);
    }

    private static ReadOnlySpan<char> BareName(string model) =>
        model.StartsWith(ModelPrefix, StringComparison.Ordinal) ? model.AsSpan(ModelPrefix.Length) : model;

    private ProjectGroup GroupOf(Credential credential)
    {
        if (credential.Section != PoolSection.Ordinary)
        {
            // Alone: what one of them is refused says nothing about another, and nothing is counted for a project together.
            var own = new ProjectGroup(_groups.Count, credential.Label, isDeclared: credential.Section.HasNoWalls()) { First = credential.Id, IsPaid = credential.IsReserved, Section = credential.Section };
            _groups.Add(own);
            return own;
        }

        if (credential.ProjectGroup is { } declared && _groupsByName.TryGetValue(declared, out var known))
            return known;
        var group = new ProjectGroup(_groups.Count, credential.ProjectGroup ?? credential.Label, credential.ProjectGroup is not null) { First = credential.Id, IsPaid = credential.Tier == ProjectTier.Paid };
        _groups.Add(group);
        if (group.IsDeclared)
            _groupsByName.Add(group.Name, group);
        return group;
    }

    private void Admit(Credential credential)
    {
        var group = credential.Group;
        group.Admit(credential);
        foreach (var lane in _lanes.Values)
        {
            if (lane.Section == group.Section)
                lane.Admit(group);
        }
    }

    private void Dismiss(Credential credential, bool forget)
    {
        credential.Group.Dismiss(credential);
        foreach (var lane in _lanes.Values)
            lane.Dismiss(credential.Group, forget);
    }
}
