using System.Runtime.InteropServices;

namespace Pollux.KeyPool;

/// <summary>
/// One model: the quota cells of all projects for it, and which of them can serve now. Projects that cannot wait in a queue
/// ordered by the instant they come back, so that leasing costs the same however many there are.
/// </summary>
/// <remarks>
/// Thread-safe: one lock protects everything in here; it is held for some dozen instructions and no other lock is taken
/// under it. How one is found is in <c>ModelLane.Search.cs</c>, where cells stand and how they move in
/// <c>ModelLane.Places.cs</c>, what an answer teaches in <c>ModelLane.Settling.cs</c>.
/// </remarks>
internal sealed partial class ModelLane(KeyPool pool, string model, PoolSection section)
{
    /// <summary>Estimates are off by some percent; too tight a reservation makes good keys look shared. Less where they prove to be exact.</summary>
    private const double LargestMargin = 0.2;

    private const int MaxLooked = 128;

    private readonly LaneGate _gate = new();
    private readonly Random _random = new(model.Length + 1); // spreads the order of opening; nothing depends on its quality
    private readonly Standing _ready = new(CellPlace.Ready);
    private readonly Standing _paid = new(CellPlace.Paid);
    private int _trial; // where to look next among those that are tried
    private long _overloadedAt;
    private SearchCounts _searches;

    public string Model { get; } = model;

    /// <summary>The part of the pool whose credentials stand in it.</summary>
    public PoolSection Section => section;

    /// <summary>The last 503 that no success followed; UTC ticks, 0 = none.</summary>
    public long OverloadedAt { get => Volatile.Read(ref _overloadedAt); set => Volatile.Write(ref _overloadedAt, value); }

    /// <summary>What answers counted, divided by what was estimated.</summary>
    public double EstimateCorrection => Volatile.Read(ref _estimateCorrection);

    /// <summary>Takes a credential and reserves its quota; <see langword="null"/> when none can serve, and <paramref name="refusal"/> says why.</summary>
    public Lease? Take(in LeaseRequest request, long now, out LeaseRefusal refusal)
    {
        Credential credential;
        Reservation reservation;
        LeaseDecision decision;
        using (_gate.Enter())
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

            (credential, reservation, decision) = Give(cell, request, ref search, tokens, now);
        }

        refusal = default;
        return new Lease(pool, this, credential, request, reservation, decision); // outside: others need not wait for the memory
    }

    /// <summary>Takes one credential and no other; what was learned by guess keeps nobody away from it, since there is no other to take.</summary>
    public Lease? TakeOf(Credential credential, in LeaseRequest request, long now, out LeaseRefusal refusal)
    {
        Reservation reservation;
        LeaseDecision decision;
        using (_gate.Enter())
        {
            Wake(now);
            long tokens = (long)(request.EstimatedPromptTokens * _estimateCorrection * _reservationMargin);
            var search = new Search(request.Exclude, tokens, request.Waiting) { Member = credential, Way = LeaseWay.Affinity, Considered = 1 };
            refusal = RefusalOf(credential, request, tokens, now, out QuotaCell? cell);
            Count(search, isLeased: cell is not null);
            if (cell is null)
                return null;

            if (cell.Place == CellPlace.Fresh)
                _opened++;
            (_, reservation, decision) = Give(cell, request, ref search, tokens, now);
        }

        return new Lease(pool, this, credential, request, reservation, decision);
    }

    private LeaseRefusal RefusalOf(Credential credential, in LeaseRequest request, long tokens, long now, out QuotaCell? cell)
    {
        cell = null;
        if (!credential.IsUsable || _sets.PlaceOf(credential.Group.Index) == CellPlace.Absent)
            return new LeaseRefusal(LeaseRefusalReason.RequiredOut, credential.Health.NextRecheckAt);
        if (request.Exclude?.Contains(credential.Id) == true)
            return new LeaseRefusal(LeaseRefusalReason.AllExcluded, null);

        QuotaCell own = CellOf(credential.Group);
        own.Advance(now);
        Refresh(own);
        if (request.IsFree)
        {
            cell = own;
            return default;
        }

        if (_callsPerKey > 0 && credential.CallsOn(own.DayEnds) >= _callsPerKey)
            return new LeaseRefusal(LeaseRefusalReason.CoolingDown, Instant(own.DayEnds));
        if (own.BlockedUntil > now)
        {
            bool isEntitled = own.BlockedBy is not (FaultReason.NotEntitled or FaultReason.ModelNotForKey);
            return new LeaseRefusal(isEntitled ? LeaseRefusalReason.CoolingDown : LeaseRefusalReason.NotEntitled, Instant(own.BlockedUntil));
        }

        if (!own.Fits(tokens, hardOnly: true))
            return new LeaseRefusal(LeaseRefusalReason.CoolingDown, Instant(Math.Max(own.FitsAt(tokens, hardOnly: true), now + TimeSpan.TicksPerMillisecond)), IsForTokens: own.Fits(0, hardOnly: true));
        cell = own;
        return default;
    }

    private (Credential Credential, Reservation Reservation, LeaseDecision Decision) Give(QuotaCell cell, in LeaseRequest request, ref Search search, long tokens, long now)
    {
        Release(request.Waiting);
        Credential credential = search.Member!;
        cell.Turn++;
        if (_callsPerKey > 0 && !request.IsFree)
            credential.TryCall(cell.DayEnds, int.MaxValue); // it had calls left when it was found; two models at once may make it one too many
        var decision = new LeaseDecision(
            search.Way, (float)cell.Score(), search.Considered, search.WithoutRoom, search.TriedBefore,
            _sets.Count(CellPlace.Ready) + _sets.Count(CellPlace.Paid), _sets.Count(CellPlace.Fresh), _sets.Count(CellPlace.Waiting), _sets.Count(CellPlace.Suspect));
        var reservation = new Reservation(cell, cell.Reserve(now, tokens), cell.DayEnds, now, tokens);
        Note(cell);
        cell.LastUsed = pool.NextUse();
        credential.Begin(cell.LastUsed); // inside the lock: the next pick must see it busy
        Arrange(cell, now);
        return (credential, reservation, decision);
    }

    private void Count(in Search search, bool isLeased) => _searches = new SearchCounts(
        _searches.Leased + (isLeased ? 1 : 0),
        _searches.Refused + (isLeased ? 0 : 1),
        _searches.Considered + search.Considered,
        _searches.WithoutRoomForTokens + search.WithoutRoom,
        _searches.TriedBefore + search.TriedBefore,
        _searches.Waiting + _sets.Count(CellPlace.Waiting));

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

    /// <summary>When one of those set aside longest could be tried before its time.</summary>
    private DateTimeOffset? NextEarlyTrial(long now)
    {
        if (!_opensSparingly)
            return null;
        long earliest = long.MaxValue;
        int looked = 0;
        foreach (QuotaCell cell in _setAside)
        {
            if (++looked > MaxTried)
                break;
            if (!cell.IsSuspect || cell.JoinedTo is not null || cell.Place is CellPlace.Absent || IsRepresented(cell))
                continue;
            long mayBe = _trialCredit >= 1 ? now : Math.Max(OrphanTrialAt(cell), _nextOrphanAt);
            earliest = Math.Min(earliest, Math.Max(Math.Max(now + TimeSpan.TicksPerMillisecond, mayBe), Math.Max(cell.BlockedUntil, cell.FitsAt(0, hardOnly: true))));
        }

        return earliest == long.MaxValue ? null : Instant(earliest);
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
