namespace Pollux.KeyPool;

// Where cells stand: ready, waiting for an instant, not opened yet, to be stretched, suspected.
internal sealed partial class ModelLane
{
    /// <summary>So long after a key's first request without a refusal, it is good: refusals come back faster.</summary>
    private const long CanaryTicks = 250 * TimeSpan.TicksPerMillisecond;

    /// <summary>Beyond what others were told, a cell is asked for twice as much again after each such pause.</summary>
    private const long TrialTicks = 300 * TimeSpan.TicksPerMillisecond;

    private const long FirstSuspicionTicks = 70 * TimeSpan.TicksPerSecond;
    /// <summary>So long what is missing elsewhere is put down to a newcomer: until the minute it began in is forgotten.</summary>
    private const long ProbationTicks = 65 * TimeSpan.TicksPerSecond;

    /// <summary>Nobody seems to serve in the place of one set aside: it is tried after so long, then after twice as long each time.</summary>
    private const long OrphanTicks = 15 * TimeSpan.TicksPerSecond;

    private const int SuspicionFactor = 8;
    private const int MaxSuspicions = 3;
    private const double TrialCreditPerAnswer = 0.004;
    private const double MaxTrialCredit = 4;

    private readonly CellSets _sets = new();
    private readonly PriorityQueue<int, long> _wakeUps = new(); // instants in UTC ticks; one that is not its cell's WakeAt is out of date
    private readonly LimitPriors _priors = new();
    private readonly Queue<QuotaCell> _setAside = new(); // suspects in the order in which they became that; some are none any more
    private readonly List<QuotaCell> _newcomers = []; // in use, or back in use, for less than a minute; some longer
    private readonly List<QuotaCell> _matches = []; // those that had used just what was missing at the last refusal
    private double _trialCredit;
    private long _nextOrphanAt;
    private QuotaCell?[] _cells = [];
    private ProjectGroup[] _groups = [];
    private IKeySelection _selection = null!; // set before anybody sees the lane
    private bool _opensSparingly;
    private readonly List<QuotaCell> _usedUp = []; // found during a search; empty otherwise
    private int _callsPerKey; // 0 = as many as Google allows
    private double _estimateCorrection = 1; // what answers counted, divided by what was estimated
    private double _seenCorrection = 1;
    private double _spread = 0.1; // how much estimates vary around that, as a share
    private double _reservationMargin = 1 + LargestMargin;
    private int _estimatesSeen;
    private long _dayBegan; // when the first request of this quota day came; UTC ticks
    private long _dayEnds;
    private readonly int[] _refusedByTier = new int[3]; // projects without any quota for this model
    private KeyPoolOptions? _limitsOf; // the options that guesses were made by
    private int _limitsVersion;        // rises when guesses would be others
    private long _served;
    private int _opened;
    private int _canaries;
    private int _parked; // cells blocked because their project is not entitled

    /// <summary>Nothing would be lost with this lane.</summary>
    public bool IsIdle
    {
        get
        {
            using (_gate.Enter())
                return _opened == 0 && _sets.Count(CellPlace.Waiting) == 0;
        }
    }

    /// <summary>Sets how groups enter: one after another as they are needed, or all at once.</summary>
    public void OpenBy(IKeySelection selection)
    {
        using (_gate.Enter())
        {
            bool sparingly = _opensSparingly;
            _selection = section.HasNoWalls() ? KeySelections.InTurns : selection;
            _callsPerKey = section.HasNoWalls() ? 0 : pool.Options.DailyCallsPerKey;
            _opensSparingly = _selection.OpensSparingly;
            RearrangeAll(CellPlace.Ready); // they are ranked otherwise now
            RearrangeAll(CellPlace.Paid);
            if (_opensSparingly || !sparingly)
                return; // those in use stay in use
            RearrangeAll(CellPlace.Suspect); // nobody would try them any more
            RearrangeAll(CellPlace.Stretchable);
            while (_sets.Count(CellPlace.Fresh) > 0)
                MoveTo(_sets.At(CellPlace.Fresh, 0), CellPlace.Ready);
        }
    }

    private void RearrangeAll(CellPlace place)
    {
        for (int i = _sets.Count(place) - 1; i >= 0; i--)
        {
            if (CellIfAny(_sets.At(place, i)) is { } cell)
                Arrange(cell, pool.NowTicks);
        }
    }

    /// <summary>A credential of the group may be used.</summary>
    public void Admit(ProjectGroup group)
    {
        using (_gate.Enter())
        {
            int index = group.Index;
            Admitted(group);
            if (_sets.PlaceOf(index) != CellPlace.Absent)
                return;
            if (CellIfAny(index) is { } known)
                Arrange(known, pool.NowTicks);
            else
                MoveTo(index, IsPaid(group) ? CellPlace.Paid : _opensSparingly ? CellPlace.Fresh : CellPlace.Ready);
        }
    }

    private bool IsPaid(ProjectGroup group) => group.IsPaid && pool.Options.PaidKeysLast;

    /// <summary>No credential of the group may be used any more. What is known about its quota stays known unless it is to be forgotten.</summary>
    public void Dismiss(ProjectGroup group, bool forget)
    {
        using (_gate.Enter())
        {
            if (CellIfAny(group.Index) is { } cell)
            {
                EndCanary(cell);
                if (forget)
                    Forget(cell);
            }

            if (group.Usable.IsEmpty)
                MoveTo(group.Index, CellPlace.Absent);
        }
    }

    public CredentialRestriction? RestrictionOf(ProjectGroup group, long now)
    {
        using (_gate.Enter())
        {
            if (CellIfAny(group.Index) is not { } cell)
                return null;
            if (cell.BlockedUntil > now)
                return new CredentialRestriction(Model, Instant(cell.BlockedUntil), cell.BlockedBy);
            if (cell.Place != CellPlace.Waiting || cell.WakeAt <= now || cell.CanaryUntil > now)
                return null;
            bool day = cell.WakeAt >= cell.DayEnds;
            return new CredentialRestriction(Model, Instant(cell.WakeAt), day ? FaultReason.QuotaDay : FaultReason.QuotaMinute);
        }
    }

    public ModelSnapshot Snapshot(long now)
    {
        using (_gate.Enter())
        {
            Wake(now);
            int ready = _sets.Count(CellPlace.Ready) + _sets.Count(CellPlace.Paid) + _sets.Count(CellPlace.Fresh) + _sets.Count(CellPlace.Stretchable) + _sets.Count(CellPlace.Stretched) + _sets.Count(CellPlace.Suspect);
            return new ModelSnapshot(ShownName(), ready, _sets.Count(CellPlace.Waiting) - _parked, _parked, NextWakeUp(), OverloadedAt == 0 ? null : Instant(OverloadedAt), _searches);
        }
    }

    private string ShownName() => section switch
    {
        PoolSection.Reserved => Model + " (reserved keys)",
        PoolSection.Vertex => Model + " (Vertex AI)",
        PoolSection.Express => Model + " (Vertex AI express)",
        PoolSection.Xai => Model + " (xAI)",
        >= PoolSection.FirstUpstream => $"{Model} (upstream {section - PoolSection.FirstUpstream + 1})",
        _ => Model,
    };

    private void Admitted(ProjectGroup group)
    {
        if (group.Index >= _groups.Length)
            Array.Resize(ref _groups, Math.Max(group.Index + 1, _groups.Length * 2));
        _groups[group.Index] = group;
    }

    /// <summary>Puts a cell where it belongs by what it holds now.</summary>
    private void Arrange(QuotaCell cell, long now)
    {
        int index = cell.Group.Index;
        if (cell.Group.Usable.IsEmpty)
        {
            MoveTo(index, CellPlace.Absent);
            return;
        }

        cell.Advance(now);
        Refresh(cell);
        if (cell.BlockedUntil > now)
            WaitUntil(cell, cell.BlockedUntil);
        else if (cell.CanaryUntil > now)
            WaitUntil(cell, cell.CanaryUntil);
        else if (!cell.Fits(0, hardOnly: true))
            WaitUntil(cell, cell.FitsAt(0, hardOnly: true));
        else if (cell.PacedUntil(now) is > 0 and var paced)
            WaitUntil(cell, paced);
        else if (cell.IsSuspect && _opensSparingly && cell.NextTrialAt > now)
            WaitUntil(cell, cell.NextTrialAt);
        else if (cell.IsSuspect && _opensSparingly)
            MoveTo(index, CellPlace.Suspect);
        else if (!_opensSparingly || cell.Fits(0))
            Stand(cell, now);
        else
            PlaceFull(cell, now);
    }

    /// <summary>It has room: stands ready, with what is known of it now.</summary>
    private void Stand(QuotaCell cell, long now)
    {
        int index = cell.Group.Index;
        CellPlace place = IsPaid(cell.Group) ? CellPlace.Paid : CellPlace.Ready;
        if (cell.Place != place)
            MoveTo(index, place);
        if (cell.DayEnds > _dayEnds)
            (_dayBegan, _dayEnds) = (now, cell.DayEnds);
        ref ReadyHint hint = ref _sets.HintAt(place, _sets.PositionOf(index));
        hint.Now = _selection.Rank(cell, null, isRested: false);
        hint.Rested = _selection.Rank(cell, null, isRested: true);
        hint.At = now;
        hint.LastUsed = cell.LastUsed;
    }

    private void PlaceFull(QuotaCell cell, long now)
    {
        long room = cell.FitsAt(0, hardOnly: false); // by then it has room without being stretched
        bool isDue = cell.NextTrialAt <= now;
        MoveTo(cell.Group.Index, isDue ? CellPlace.Stretchable : CellPlace.Stretched);
        QueueAt(cell, isDue ? room : Math.Min(room, cell.NextTrialAt));
    }

    private void WaitUntil(QuotaCell cell, long at)
    {
        MoveTo(cell.Group.Index, CellPlace.Waiting);
        QueueAt(cell, at);
    }

    private void QueueAt(QuotaCell cell, long at)
    {
        if (cell.WakeAt == at)
            return;
        cell.WakeAt = at;
        _wakeUps.Enqueue(cell.Group.Index, at);
    }

    private void MoveTo(int index, CellPlace place)
    {
        CellPlace from = _sets.PlaceOf(index);
        if (from == place)
            return;
        if (CellIfAny(index) is { } cell)
        {
            bool wasParked = from == CellPlace.Waiting && cell.IsParked;
            cell.IsParked = place == CellPlace.Waiting && cell.BlockedBy is FaultReason.NotEntitled or FaultReason.ModelNotForKey && cell.BlockedUntil > 0;
            _parked += (cell.IsParked ? 1 : 0) - (wasParked ? 1 : 0);
            cell.Place = place;
            if (place != CellPlace.Waiting)
                cell.WakeAt = 0;
        }

        _sets.Move(index, place);
        if (place is CellPlace.Ready or CellPlace.Paid)
            _ready.NoRoomFor = _paid.NoRoomFor = long.MaxValue;
    }

    private void Wake(long now)
    {
        while (_wakeUps.TryPeek(out int index, out long at) && at <= now)
        {
            _wakeUps.Dequeue();
            if (CellIfAny(index) is not { } cell || cell.WakeAt != at)
                continue;
            cell.WakeAt = 0;
            if (cell.CanaryUntil != 0 && cell.CanaryUntil <= now)
                EndCanary(cell);
            Arrange(cell, now);
        }
    }

    private DateTimeOffset? NextWakeUp()
    {
        while (_wakeUps.TryPeek(out int index, out long at))
        {
            if (CellIfAny(index) is { } cell && cell.WakeAt == at)
                return Instant(at);
            _wakeUps.Dequeue();
        }

        return null;
    }

    private void BeginCanary(QuotaCell cell, long now)
    {
        cell.CanaryUntil = now + CanaryTicks;
        _canaries++;
        if (cell.ProbationUntil <= now)
        {
            _newcomers.RemoveAll(other => other.ProbationUntil <= now || other == cell);
            _newcomers.Add(cell);
        }

        cell.ProbationUntil = now + ProbationTicks;
    }

    private void EndCanary(QuotaCell cell)
    {
        if (cell.CanaryUntil == 0)
            return;
        cell.CanaryUntil = 0;
        _canaries--;
    }

    private void Forget(QuotaCell cell)
    {
        cell.Forgive();
        Note(cell);
        Arrange(cell, pool.NowTicks);
    }

    private bool IsTierWithoutModel(ProjectTier tier) => tier != ProjectTier.Unknown && _refusedByTier[(int)tier] >= 2;

    private static long SuspicionTicks(int suspicions)
    {
        long ticks = FirstSuspicionTicks;
        for (int i = 1; i < Math.Min(suspicions, MaxSuspicions); i++)
            ticks *= SuspicionFactor;
        return ticks;
    }

    private QuotaCell? CellIfAny(int index) => (uint)index < (uint)_cells.Length ? _cells[index] : null;

    private QuotaCell CellOf(ProjectGroup group) => CellAt(group.Index);

    private QuotaCell CellAt(int index)
    {
        if (CellIfAny(index) is { } known)
            return known;
        if (index >= _cells.Length)
            Array.Resize(ref _cells, Math.Max(index + 1, Math.Min(_groups.Length, Math.Max(16, _cells.Length * 2))));
        var cell = new QuotaCell(_groups[index]) { Place = _sets.PlaceOf(index) };
        Refresh(cell);
        return _cells[index] = cell;
    }

    private void AddPrior(ProjectTier tier, QuotaKind kind, long limit)
    {
        _priors.Add(tier, kind, limit);
        _limitsVersion++;
    }

    /// <summary>Renews the limits that are guesses.</summary>
    private void Refresh(QuotaCell cell)
    {
        if (_limitsOf != pool.Options)
        {
            _limitsOf = pool.Options;
            _limitsVersion++;
        }

        if (cell.LimitsVersion == _limitsVersion && cell.LimitsTier == cell.Group.Tier)
            return;
        (cell.LimitsVersion, cell.LimitsTier) = (_limitsVersion, cell.Group.Tier);
        if (section.HasNoWalls())
            return; // those that are known are AI Studio's
        for (QuotaKind kind = QuotaKind.RequestsPerMinute; kind <= QuotaKind.InputTokensPerDay; kind++)
        {
            ref Quota quota = ref cell[kind];
            if (quota.Source == QuotaSource.Learned)
                continue;
            if (pool.Options.SetLimits.TryGetValue(Model, out ModelLimits? set) && set.Of(kind) is { } wanted)
                (quota.Limit, quota.Source) = (wanted, QuotaSource.Set);
            else if (_priors.Guess(cell.Group.Tier, kind) is { } guess)
                (quota.Limit, quota.Source) = (guess, QuotaSource.Prior);
            else if (pool.Options.ExpectedLimits.TryGetValue(Model, out ModelLimits? expected) && expected.Of(kind) is { } likely)
                (quota.Limit, quota.Source) = (likely, QuotaSource.Expected);
            else
                (quota.Limit, quota.Source) = (0, QuotaSource.Unknown);
        }
    }

    /// <summary>Asks a cell for more than others were told they have: a little first, then twice as much again.</summary>
    private static void Widen(QuotaCell cell, long tokens)
    {
        Widen(ref cell[QuotaKind.RequestsPerMinute], cell.RequestsInMinute, 1);
        Widen(ref cell[QuotaKind.RequestsPerDay], cell.RequestsToday, 1);
        Widen(ref cell[QuotaKind.InputTokensPerMinute], cell.TokensInMinute, tokens);
        Widen(ref cell[QuotaKind.InputTokensPerDay], cell.TokensToday, tokens);
    }

    private static void Widen(ref Quota quota, long used, long more)
    {
        if (quota.Source != QuotaSource.Prior)
            return;
        long limit = Math.Max(quota.Limit, quota.Proven) + quota.Stretch;
        if (used + Math.Max(1, more) <= limit)
            return;
        quota.Stretch = Math.Max(quota.Stretch * 2, used + Math.Max(1, more) - Math.Max(quota.Limit, quota.Proven));
    }
}
