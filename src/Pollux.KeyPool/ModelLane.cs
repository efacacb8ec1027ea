using System.Runtime.InteropServices;

namespace Pollux.KeyPool;

/// <summary>
/// One model: the quota cells of all projects for it, and which of them can serve now. Projects that cannot wait in a queue
/// ordered by the instant they come back, so that leasing costs the same however many there are.
/// </summary>
/// <remarks>
/// Thread-safe: one lock protects everything in here; it is held for some dozen instructions and no other lock is taken
/// under it. Where cells stand and how they move is in <c>ModelLane.Places.cs</c>, what an answer teaches in
/// <c>ModelLane.Settling.cs</c>.
/// </remarks>
internal sealed partial class ModelLane(KeyPool pool, string model, bool isReserved)
{
    /// <summary>Estimates are off by some percent; too tight a reservation makes good keys look shared. Less where they prove to be exact.</summary>
    private const double LargestMargin = 0.2;

    /// <summary>Below this share of the day left, projects that are not in use yet are opened although those in use have room.</summary>
    private const double EvenDayShare = 0.7;

    private const int MaxTried = 8;
    private const int MaxLooked = 128;

    /// <summary>So many cells that are in use at once stay in the processor's cache: up to here each candidate is looked at itself.</summary>
    private const int ExactUpTo = 1000;

    private readonly Lock _lock = new();
    private readonly Random _random = new(model.Length + 1); // spreads the order of opening; nothing depends on its quality
    private readonly Standing _ready = new(CellPlace.Ready);
    private readonly Standing _paid = new(CellPlace.Paid);
    private int _trial; // where to look next among those that are tried
    private long _overloadedAt;
    private SearchCounts _searches;

    public string Model { get; } = model;

    /// <summary>Its keys serve only requests that ask for a paid one.</summary>
    public bool IsReserved => isReserved;

    /// <summary>The last 503 that no success followed; UTC ticks, 0 = none.</summary>
    public long OverloadedAt { get => Volatile.Read(ref _overloadedAt); set => Volatile.Write(ref _overloadedAt, value); }

    /// <summary>What answers counted, divided by what was estimated.</summary>
    public double EstimateCorrection => Volatile.Read(ref _estimateCorrection);

    /// <summary>Takes a credential and reserves its quota; <see langword="null"/> when none can serve, and <paramref name="refusal"/> says why.</summary>
    public Lease? Take(in LeaseRequest request, long now, out LeaseRefusal refusal)
    {
        lock (_lock)
        {
            Wake(now);
            long tokens = (long)(request.EstimatedPromptTokens * _estimateCorrection * _reservationMargin);
            var search = new Search(request.Exclude, tokens, request.Waiting);
            QuotaCell? cell = Find(request, ref search, now);
            while (RestUsedUp(now) && cell is null)
            {
                search = new Search(request.Exclude, tokens, request.Waiting);
                cell = Find(request, ref search, now);
            }

            Count(search, isLeased: cell is not null);
            if (cell is null)
            {
                refusal = Refuse(ref search, now);
                return null;
            }

            Release(request.Waiting);
            Credential credential = search.Member!;
            cell.Turn++;
            if (_callsPerKey > 0 && !request.IsFree)
                credential.TryCall(cell.DayEnds, int.MaxValue); // it had calls left when it was found; two models at once may make it one too many
            var decision = new LeaseDecision(
                search.Way, (float)cell.Score(), search.Considered, search.WithoutRoom, search.TriedBefore,
                _sets.Count(CellPlace.Ready) + _sets.Count(CellPlace.Paid), _sets.Count(CellPlace.Fresh), _sets.Count(CellPlace.Waiting), _sets.Count(CellPlace.Suspect));
            long entry = cell.Reserve(now, tokens);
            Note(cell);
            cell.LastUsed = pool.NextUse();
            credential.Begin(cell.LastUsed); // inside the lock: the next pick must see it busy
            Arrange(cell, now);
            refusal = default;
            return new Lease(pool, this, credential, request, new Reservation(cell, entry, cell.DayEnds, now, tokens), decision);
        }
    }

    private void Count(in Search search, bool isLeased) => _searches = new SearchCounts(
        _searches.Leased + (isLeased ? 1 : 0),
        _searches.Refused + (isLeased ? 0 : 1),
        _searches.Considered + search.Considered,
        _searches.WithoutRoomForTokens + search.WithoutRoom,
        _searches.TriedBefore + search.TriedBefore,
        _searches.Waiting + _sets.Count(CellPlace.Waiting));

    private QuotaCell? Find(in LeaseRequest request, ref Search search, long now)
    {
        if (request.Affinity is { } wished && pool.Find(wished) is { Group: { } group } credential && Wished(group, credential, ref search, now) is { } found)
            return found;
        QuotaCell? ready = FindReady(_ready, ref search, now);
        if (ready is not null && _opensSparingly && _canaries == 0 && ready.KnownDayShare() < EvenDayShare)
            return Open(request, ref search, now) ?? ready; // days are used up evenly, so that the minutes of many are left for its end
        if (ready is not null)
            return ready;
        if (!_opensSparingly)
            return FindReady(_paid, ref search, now);
        return Open(request, ref search, now) ?? FindReady(_paid, ref search, now) ?? Stretch(request, ref search, now) ?? Retry(request, ref search, now);
    }

    private QuotaCell? Wished(ProjectGroup group, Credential credential, ref Search search, long now)
    {
        if (!credential.IsUsable || search.Exclude?.Contains(credential.Id) == true || (_callsPerKey > 0 && credential.CallsOn(pool.DayEnds(now)) >= _callsPerKey) || _sets.PlaceOf(group.Index) is CellPlace.Absent or CellPlace.Waiting or CellPlace.Stretched)
            return null;
        QuotaCell cell = CellOf(group);
        cell.Advance(now);
        if (cell.BlockedUntil > now || !cell.Fits(search.Tokens, !_opensSparingly))
            return null;
        if (cell.Place == CellPlace.Fresh)
            _opened++;
        search.Way = LeaseWay.Affinity;
        search.Member = credential;
        return cell;
    }

    private QuotaCell? FindReady(Standing standing, ref Search search, long now)
    {
        CellPlace place = standing.Place;
        int count = _sets.Count(place);
        if (search.Waiting?.Earmarked is { } kept && kept.Place == place && FindKept(kept, ref search, now))
            return kept;
        if (count == 0 || (search.Tokens >= standing.NoRoomFor && now < standing.NoRoomUntil))
        {
            search.WithoutRoom += count;
            return null;
        }

        int start = _selection.Start(_sets, place, ref standing.State, _random);
        bool isExact = count <= ExactUpTo;
        var candidates = new Candidates();
        int found = 0;
        long roomAt = long.MaxValue;
        int most = Math.Min(count, MaxLooked);
        int withoutRoom = search.WithoutRoom;
        for (int looked = 0; looked < most; looked++)
        {
            int position = start + looked >= count ? start + looked - count : start + looked;
            if (!isExact)
                candidates[found++] = _sets.HintAt(place, position).AsCandidate(now, _dayBegan);
            else if (CellAt(_sets.At(place, position)) is var cell && Serves(cell, ref search, ref roomAt, now) is { } member)
                candidates[found++] = new Candidate(cell.Group.Index, _selection.Rank(cell, member, isRested: false), member.LastUsed);

            if (found < _selection.Samples && looked + 1 < most)
                continue;
            while (found > 0)
            {
                int best = found == 1 ? 0 : _selection.Choose(candidates[..found]);
                QuotaCell chosen = CellAt(candidates[best].Index);
                if (isExact)
                    search.Member = MemberOf(chosen, search.Exclude);
                else
                    search.Member = Serves(chosen, ref search, ref roomAt, now);
                search.Way = LeaseWay.Best;
                if (search.Member is not null)
                    return chosen;
                candidates[best] = candidates[--found];
            }
        }

        if (search.WithoutRoom - withoutRoom == count)
            (standing.NoRoomFor, standing.NoRoomUntil) = (search.Tokens, roomAt); // until then, or until something changes, larger ones need not look
        return null;
    }

    /// <summary>The member with which a cell that is ready can serve; <see langword="null"/> when it has no room for so large a prompt, or none that was not tried.</summary>
    private Credential? Serves(QuotaCell cell, ref Search search, ref long roomAt, long now)
    {
        search.Considered++;
        cell.Advance(now);
        if (search.Tokens > 0 && !cell.Fits(search.Tokens, !_opensSparingly))
        {
            search.WithoutRoom++;
            roomAt = Math.Min(roomAt, cell.FitsAt(search.Tokens, !_opensSparingly));
            return null;
        }

        if (IsKeptForOther(cell, search.Waiting))
        {
            search.WithoutRoom++;
            roomAt = 0; // whoever it is kept for may go away at any time
            return null;
        }

        if (MemberOf(cell, search.Exclude) is { } member)
            return member;
        search.TriedBefore++;
        return null;
    }

    /// <summary>A project that has not served this model yet. More of them at once only as more proved good: their keys may share a project.</summary>
    private QuotaCell? Open(in LeaseRequest request, ref Search search, long now)
    {
        int count = _sets.Count(CellPlace.Fresh);
        if (count == 0 || (request.MayWait && _canaries >= Math.Max(1, _opened)))
            return null;

        int start = _random.Next(count);
        for (int looked = 0; looked < count && looked < MaxTried; looked++)
        {
            QuotaCell cell = CellAt(_sets.At(CellPlace.Fresh, (start + looked) % count));
            Refresh(cell);
            if (CanServe(cell, ref search, now) is not { } member)
                continue;
            if (_served > 0 && IsTierWithoutModel(cell.Group.Tier))
                continue; // its like have no quota for this model, and others serve it

            if (!cell.Group.IsDeclared && _opened > 0 && request.MayWait)
                BeginCanary(cell, now);
            _opened++;
            search.Way = LeaseWay.Opened;
            search.Member = member;
            return cell;
        }

        return null;
    }

    /// <summary>The member with which a cell could serve, by what is certain about its limits.</summary>
    private Credential? CanServe(QuotaCell cell, ref Search search, long now)
    {
        search.Considered++;
        cell.Advance(now);
        if (MemberOf(cell, search.Exclude) is not { } member)
        {
            search.TriedBefore++;
            return null;
        }

        if (cell.Fits(search.Tokens, hardOnly: true))
            return member;
        search.WithoutRoom++;
        return null;
    }

    private QuotaCell? Stretch(in LeaseRequest request, ref Search search, long now)
    {
        if (request.MayWait)
            return _canaries > 0 ? null : StretchOne(CellPlace.Stretchable, ref search, now); // what canaries prove is known in a moment
        return StretchOne(CellPlace.Stretchable, ref search, now) ?? StretchOne(CellPlace.Stretched, ref search, now);
    }

    private QuotaCell? StretchOne(CellPlace place, ref Search search, long now)
    {
        int count = _sets.Count(place);
        for (int looked = 0; looked < count && looked < MaxTried; looked++)
        {
            QuotaCell cell = CellAt(_sets.At(place, (_trial + looked) % count));
            if (CanServe(cell, ref search, now) is not { } member)
                continue;
            Widen(cell, search.Tokens);
            cell.NextTrialAt = now + TrialTicks;
            _trial++;
            search.Way = LeaseWay.Stretched;
            search.Member = member;
            return cell;
        }

        return null;
    }

    private QuotaCell? Retry(in LeaseRequest request, ref Search search, long now)
    {
        if (request.MayWait && _canaries > 0)
            return null;
        int count = _sets.Count(CellPlace.Suspect);
        for (int looked = 0; looked < count && looked < MaxTried; looked++)
        {
            QuotaCell cell = CellAt(_sets.At(CellPlace.Suspect, (_trial + looked) % count));
            search.Considered++;
            cell.Advance(now);
            if (MemberOf(cell, search.Exclude) is not { } member || !cell.Fits(search.Tokens, hardOnly: true))
                continue;

            return Try(cell, member, ref search, now);
        }

        return RetryEarly(ref search, now);
    }

    /// <summary>
    /// Nothing else is left: the one set aside longest is tried before its time. Each such trial must be earned by good
    /// answers, so that they cost few refusals even where demand is always too high.
    /// </summary>
    private QuotaCell? RetryEarly(ref Search search, long now)
    {
        for (int looked = 0; _trialCredit >= 1 && looked < MaxTried && _setAside.TryDequeue(out QuotaCell? cell); looked++)
        {
            if (!cell.IsSuspect || cell.Place != CellPlace.Waiting)
                continue;
            cell.Advance(now);
            if (cell.BlockedUntil > now || cell.CanaryUntil > now || MemberOf(cell, search.Exclude) is not { } member || !cell.Fits(search.Tokens, hardOnly: true))
            {
                _setAside.Enqueue(cell);
                continue;
            }

            _trialCredit--;
            return Try(cell, member, ref search, now);
        }

        return null;
    }

    private QuotaCell Try(QuotaCell cell, Credential member, ref Search search, long now)
    {
        BeginCanary(cell, now);
        cell.NextTrialAt = now + SuspicionTicks(cell.Suspicions);
        search.Way = LeaseWay.Retried;
        search.Member = member;
        return cell;
    }

    private Credential? MemberOf(QuotaCell cell, AttemptedCredentials? exclude)
    {
        ReadOnlySpan<Credential> usable = cell.Group.Usable;
        int usedUp = 0;
        for (int i = 0; i < usable.Length; i++)
        {
            Credential member = usable[(int)((uint)(cell.Turn + i) % (uint)usable.Length)];
            if (_callsPerKey > 0 && member.CallsOn(cell.DayEnds) >= _callsPerKey)
                usedUp++;
            else if (exclude is null || !exclude.Contains(member.Id))
                return member;
        }

        if (usedUp > 0 && usedUp == usable.Length)
            _usedUp.Add(cell);
        return null;
    }

    /// <summary>Lets projects rest until the day ends, all of whose keys made the calls that the operator allows them.</summary>
    /// <returns>Whether there were any.</returns>
    private bool RestUsedUp(long now)
    {
        if (_usedUp.Count == 0)
            return false;
        foreach (QuotaCell cell in _usedUp)
        {
            Block(cell, cell.DayEnds, FaultReason.DailyCallLimit);
            Arrange(cell, now);
        }

        _usedUp.Clear();
        return true;
    }

    private LeaseRefusal Refuse(ref Search search, long now)
    {
        LeaseRefusalReason reason = LeaseRefusalReason.CoolingDown;
        int waiting = _sets.Count(CellPlace.Waiting);
        int withRoom = _sets.Count(CellPlace.Ready) + _sets.Count(CellPlace.Paid);
        int present = waiting + withRoom + _sets.Count(CellPlace.Fresh) + _sets.Count(CellPlace.Stretchable) + _sets.Count(CellPlace.Stretched) + _sets.Count(CellPlace.Suspect);
        if (present == 0)
            reason = LeaseRefusalReason.AllOut;
        else if (search.TriedBefore > 0 && search.WithoutRoom == 0)
            reason = LeaseRefusalReason.AllExcluded;
        else if (waiting == present && _parked == waiting)
            reason = LeaseRefusalReason.NotEntitled;
        bool isForTokens = withRoom > 0 && reason == LeaseRefusalReason.CoolingDown;
        return new LeaseRefusal(reason, isForTokens ? RoomAt(ref search, now) : Earlier(NextWakeUp(), NextEarlyTrial(now)), isForTokens);
    }

    /// <summary>When the one set aside longest could be tried before its time.</summary>
    private DateTimeOffset? NextEarlyTrial(long now)
    {
        if (_trialCredit < 1 || !_opensSparingly)
            return null;
        while (_setAside.TryPeek(out QuotaCell? cell))
        {
            if (cell is { IsSuspect: true, Place: CellPlace.Waiting, JoinedTo: null })
                return Instant(Math.Max(now + TimeSpan.TicksPerMillisecond, Math.Max(cell.BlockedUntil, cell.FitsAt(0, hardOnly: true))));
            _setAside.Dequeue();
        }

        return null;
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other ?? one : one;

    /// <summary>When so large a prompt fits; the cell where it fits first is kept for it.</summary>
    private DateTimeOffset? RoomAt(ref Search search, long now)
    {
        long earliest = long.MaxValue;
        QuotaCell? first = search.Waiting?.Earmarked;
        if (first is not null)
        {
            earliest = first.FitsAt(search.Tokens, !_opensSparingly);
        }
        else
        {
            foreach (CellPlace place in (ReadOnlySpan<CellPlace>)[CellPlace.Ready, CellPlace.Paid])
            {
                int count = _sets.Count(place);
                for (int i = 0; i < count && i < MaxLooked; i++)
                {
                    QuotaCell cell = CellAt(_sets.At(place, i));
                    long at = cell.FitsAt(search.Tokens, !_opensSparingly);
                    if (at < earliest && !IsKeptForOther(cell, search.Waiting))
                        (first, earliest) = (cell, at);
                }
            }

            Keep(first, search.Waiting);
        }

        if (NextWakeUp() is { } wake)
            earliest = Math.Min(earliest, wake.UtcTicks);
        return earliest == long.MaxValue ? null : Instant(Math.Max(earliest, now + TimeSpan.TicksPerMillisecond));
    }

    private bool FindKept(QuotaCell kept, ref Search search, long now)
    {
        search.Considered++;
        kept.Advance(now);
        if (!kept.Fits(search.Tokens, !_opensSparingly) || MemberOf(kept, search.Exclude) is not { } member)
            return false;
        search.Way = LeaseWay.Best;
        search.Member = member;
        return true;
    }

    private static bool IsKeptForOther(QuotaCell cell, WaitingLease? waiting) =>
        cell.EarmarkedFor is { IsOver: false } owner && owner != waiting;

    private static void Keep(QuotaCell? cell, WaitingLease? waiting)
    {
        if (cell is null || waiting is null)
            return;
        cell.EarmarkedFor = waiting;
        waiting.Earmarked = cell;
    }

    private static void Release(WaitingLease? waiting)
    {
        if (waiting?.Earmarked is not { } cell)
            return;
        waiting.Earmarked = null;
        if (cell.EarmarkedFor == waiting)
            cell.EarmarkedFor = null;
    }

    private static DateTimeOffset Instant(long utcTicks) => new(utcTicks, TimeSpan.Zero);

    /// <summary>What is kept about those with room, apart for the free and the paid ones.</summary>
    private sealed class Standing(CellPlace place)
    {
        public readonly CellPlace Place = place;
        public SelectionState State;
        public long NoRoomFor = long.MaxValue; // none has room for so many tokens
        public long NoRoomUntil;               // before this instant, UTC ticks, if nothing else changes
    }

    /// <summary>What one search for a credential looked at.</summary>
    [StructLayout(LayoutKind.Auto)]
    private struct Search(AttemptedCredentials? exclude, long tokens, WaitingLease? waiting)
    {
        public readonly WaitingLease? Waiting = waiting;
        public readonly AttemptedCredentials? Exclude = exclude;
        public readonly long Tokens = tokens;
        public Credential? Member;
        public LeaseWay Way;
        public int Considered;
        public int WithoutRoom;
        public int TriedBefore;
    }
}

/// <summary>What a lease took of a cell.</summary>
/// <param name="Cell">Which.</param>
/// <param name="Entry">Its entry in the minute.</param>
/// <param name="DayEnds">The day it was taken on.</param>
/// <param name="At">When, UTC ticks.</param>
/// <param name="Tokens">The tokens reserved.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Reservation(QuotaCell Cell, long Entry, long DayEnds, long At, long Tokens)
{
    /// <summary>In place of an entry: the cell was joined to another one, which has it under its instant.</summary>
    public const long ByInstant = -1;
}
