namespace Pollux.KeyPool;

// Who serves: the search for a credential among those with room, those not opened yet, and those that are tried.
internal sealed partial class ModelLane
{
    /// <summary>Below this share of the day left, projects that are not in use yet are opened although those in use have room.</summary>
    private const double EvenDayShare = 0.7;

    private const int MaxTried = 8;

    /// <summary>So many cells that are in use at once stay in the processor's cache: up to here each candidate is looked at itself.</summary>
    private const int ExactUpTo = 1000;

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
    /// Nothing else is left: one set aside is tried before its time, first one whose project seems to rest. Each other such
    /// trial must be earned by good answers, so that they cost few refusals even where demand is always too high.
    /// </summary>
    private QuotaCell? RetryEarly(ref Search search, long now)
    {
        int count = Math.Min(_setAside.Count, MaxTried);
        for (int looked = 0; looked < count && _setAside.TryDequeue(out QuotaCell? cell); looked++)
        {
            cell.IsInLine = false;
            if (!cell.IsSuspect || cell.Place is CellPlace.Absent || cell.JoinedTo is not null)
                continue;
            cell.Advance(now);
            if (cell.BlockedUntil > now || cell.CanaryUntil > now || MemberOf(cell, search.Exclude) is not { } member || !cell.Fits(search.Tokens, hardOnly: true))
            {
                StayInLine(cell);
                continue;
            }

            if (IsRepresented(cell))
            {
                StayInLine(cell);
                continue;
            }

            if (now >= Math.Max(OrphanTrialAt(cell), _nextOrphanAt))
            {
                _nextOrphanAt = now + (2 * TimeSpan.TicksPerSecond);
                return Try(cell, member, ref search, now);
            }


            if (SeemsToRest(cell, now))
            {
                cell.RestTrialOf = cell.Suspicions;
                return Try(cell, member, ref search, now);
            }

            if (_trialCredit >= 1)
            {
                _trialCredit--;
                return Try(cell, member, ref search, now);
            }

            StayInLine(cell);
        }

        return null;
    }

    /// <summary>When one that nobody represents may be tried again.</summary>
    private static long OrphanTrialAt(QuotaCell cell) => cell.SuspectedAt + (OrphanTicks << Math.Min(cell.Suspicions - 1, MaxSuspicions));

    private void StayInLine(QuotaCell cell)
    {
        cell.IsInLine = true;
        _setAside.Enqueue(cell);
    }

    /// <summary>Whether another one serves its project in its place.</summary>
    private static bool IsRepresented(QuotaCell cell) =>
        cell.RepresentedBy is { JoinedTo: null, IsSuspect: false, RequestsInMinute: > 0 } other && other.Place != CellPlace.Absent;

    /// <summary>Neither it nor any that may share its project was used for a minute: all of them were set aside because of each other.</summary>
    private bool SeemsToRest(QuotaCell cell, long now)
    {
        if (cell.RequestsInMinute > 0 || cell.RestTrialOf == cell.Suspicions || cell.SuspectedFor != QuotaKind.RequestsPerMinute)
            return false;
        int[] partners = pool.Signs.PartnersOf(cell.Group.Index);
        foreach (int index in partners)
        {
            if (CellIfAny(index) is not { JoinedTo: null } other)
                continue;
            other.Advance(now);
            if (other.RequestsInMinute > 0)
                return false;
        }

        return partners.Length > 0;
    }

    private QuotaCell Try(QuotaCell cell, Credential member, ref Search search, long now)
    {
        BeginCanary(cell, now);
        cell.Slow();
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
}
