namespace Pollux.KeyPool;

// Which cells seem to share one project, and which of them serves it.
internal sealed partial class ModelLane
{
    /// <summary>Token counts are estimates until an answer tells.</summary>
    private const double TokenDoubt = 1.2;

    private const double VagueTokens = 1.35; // estimates are off by no more
    private const int MaxCompared = 2000; // cells in use; among more nothing can be told apart
    private const int MaxSigns = 6; // so many matches say nothing any more
    private const long FreeEarlier = 100 * TimeSpan.TicksPerMillisecond;
    private const long FreeLater = 1600 * TimeSpan.TicksPerMillisecond; // Google rounds up to a second, and the way takes its time

    /// <summary>Most of what its project serves in a minute, this one does, whoever else belongs to that project.</summary>
    private static bool IsMain(QuotaCell cell, QuotaKind kind, long limit) =>
        4 * (kind == QuotaKind.InputTokensPerMinute ? cell.TokensInMinute : cell.RequestsInMinute) > 3 * limit;

    /// <summary>The refused prompt, and what else was only estimated, may be larger than thought.</summary>
    private static long Doubt(QuotaCell cell, long tokens) => (long)((tokens * TokenDoubt) + (cell.TokensInFlight * (TokenDoubt - 1)));

    /// <summary>
    /// Refused earlier than its own count explains: another credential seems to belong to the same project. One of the two is
    /// enough, so this one is set aside; unless the other one was set aside a moment ago, and what it had used explains the refusal.
    /// </summary>
    private void Suspect(QuotaCell cell, in Wall wall, long now)
    {
        (QuotaKind kind, long limit, long tokens, _) = wall;
        if (cell.Group.IsDeclared)
            return;
        bool isDay = kind is QuotaKind.RequestsPerDay or QuotaKind.InputTokensPerDay;
        if (!isDay && IsSettledOtherwise(cell, wall, now))
            return;
        if (kind == QuotaKind.InputTokensPerMinute && (cell.TokensInMinute + tokens) * VagueTokens >= limit)
            return; // token counts are too vague to decide
        SetAside(cell, kind, isDay, now);
    }

    /// <summary>Whether this one may stay in use: another one goes, or went already, or none may.</summary>
    private bool IsSettledOtherwise(QuotaCell cell, in Wall wall, long now)
    {
        bool isExplained = GatherSigns(cell, wall, now, out bool hasPartner, out bool isSure);
        if (BlameNewcomers(cell, wall.Kind, now))
            return true;
        if (isSure && IsBeforeMate(cell, _matches[0], wall.Kind, now))
            return true;
        if (IsMain(cell, wall.Kind, wall.Limit))
            return true; // if any is to be set aside, it is another: else all of a project would be, one after the other
        return !isSure && !IsOnTrial(cell, now) && isExplained && !(hasPartner && cell.IsExcusedAgain(now));
    }

    /// <summary>Two share one project for sure: the one that served more stays in use, and the other goes.</summary>
    private bool IsBeforeMate(QuotaCell cell, QuotaCell mate, QuotaKind kind, long now)
    {
        if (mate.IsSuspect)
            return true; // it went already
        if (Served(cell, kind) < Served(mate, kind))
            return false;
        PutBehind(mate, cell, kind, now);
        return true;
    }

    /// <summary>Sets one aside, because another one serves their project.</summary>
    private void PutBehind(QuotaCell cell, QuotaCell other, QuotaKind kind, long now)
    {
        cell.ProbationUntil = 0;
        cell.RepresentedBy = other;
        SetAside(cell, kind, isDay: false, now);
        if (cell.Place != CellPlace.Absent)
            Arrange(cell, now);
    }

    /// <summary>What it was surely served of a window: what runs may still be refused.</summary>
    private static long Served(QuotaCell cell, QuotaKind kind) => kind == QuotaKind.InputTokensPerMinute ? cell.TokensInMinute - cell.TokensInFlight : cell.RequestsInMinute - cell.InFlight;

    /// <summary>It was set aside before and is tried again: it must keep to what is left over.</summary>
    private static bool IsOnTrial(QuotaCell cell, long now) => cell.Suspicions > 0 && cell.ProbationUntil > now;

    /// <summary>
    /// Whoever served its project well does not pay for one that came into use, or back into use, a moment ago and took what was its
    /// own: that one goes again. It must have been set aside because of this one before, or have used just what is missing.
    /// </summary>
    /// <returns>Whether there is such a one.</returns>
    private bool BlameNewcomers(QuotaCell cell, QuotaKind kind, long now)
    {
        _newcomers.RemoveAll(other => other.ProbationUntil <= now || other.JoinedTo is not null);
        bool isNewcomer = cell.ProbationUntil > now;
        bool any = false;
        for (int i = _newcomers.Count - 1; i >= 0; i--)
        {
            QuotaCell other = _newcomers[i];
            other.Advance(now);
            if (other == cell || other.RequestsInMinute == 0 || Served(other, kind) > Served(cell, kind) || !(IsSeconded(other, cell) || (!isNewcomer && _matches.Contains(other))))
                continue;
            any = true;
            PutBehind(other, cell, kind, now);
        }

        return any;
    }

    /// <summary>Whether one was set aside because of another one, or because of the same one and has served less since.</summary>
    private static bool IsSeconded(QuotaCell one, QuotaCell other) =>
        one.RepresentedBy == other || (one.RepresentedBy is { } third && third == other.RepresentedBy && one.RequestsInMinute < other.RequestsInMinute);

    private void SetAside(QuotaCell cell, QuotaKind kind, bool isDay, long now)
    {
        bool isNew = now - cell.SuspectedAt >= QuotaCell.SameBurst; // what is refused at once is one refusal
        cell.IsSuspect = true;
        cell.SuspectedFor = kind;
        cell.Suspicions += isNew ? 1 : 0;
        cell.SuspectedAt = now;
        cell.NextTrialAt = isDay ? cell.DayEnds : now + SuspicionTicks(cell.Suspicions);
        if (isDay || cell.IsInLine)
            return;
        cell.IsInLine = true;
        _setAside.Enqueue(cell);
    }

    /// <summary>
    /// Looks which others had used just what was missing. Google may count minutes of the clock or trailing ones, so a match by either counts;
    /// <c>hasPartner</c> tells whether another one alone had used just what was missing.
    /// </summary>
    /// <returns>
    /// The refusal is explained: one of them was set aside a moment ago, or nobody else of this pool used the model, so that the
    /// project is used from elsewhere.
    /// </returns>
    private bool GatherSigns(QuotaCell cell, in Wall wall, long now, out bool hasPartner, out bool isSure)
    {
        Span<int> matches = stackalloc int[MaxSigns];
        _matches.Clear();
        bool isExplained = false;
        bool othersUsed = _opened > MaxCompared; // among so many nothing can be told apart
        (int ownRequests, long ownTokens) = cell.InClockMinute(now);
        bool tells = !IsEndOfClockMinute(wall.Until);
        QuotaCell? timed = null;
        int timedCount = 0;
        foreach (QuotaCell? other in othersUsed ? [] : _cells)
        {
            if (other is not { JoinedTo: null, Group.IsDeclared: false } || other == cell)
                continue;
            other.Advance(now);
            if (other.RequestsInMinute == 0)
                continue;
            othersUsed = true;
            if (tells && Served(cell, wall.Kind) + Served(other, wall.Kind) <= wall.Limit * 1.02 && Frees(other, wall, cell.TokensInMinute) && !pool.Signs.AreApart(cell.Group.Index, other.Group.Index))
            {
                if (timed is null || (!other.IsSuspect, Served(other, wall.Kind)).CompareTo((!timed.IsSuspect, Served(timed, wall.Kind))) > 0)
                    timed = other;
                timedCount++;
            }

            (int requests, long others) = other.InClockMinute(now);
            bool isMatch = wall.Kind == QuotaKind.InputTokensPerMinute
                ? IsJustFull(cell.TokensInMinute + other.TokensInMinute, wall.Limit, wall.Tokens) || (others > 0 && IsJustFull(ownTokens + others, wall.Limit, wall.Tokens))
                : other.RequestsInMinute == wall.Limit - cell.RequestsInMinute || (requests > 0 && requests == wall.Limit - ownRequests);
            if (!isMatch)
                continue;
            isExplained |= other.IsSuspect;
            _matches.Add(other);
        }

        int count = Math.Min(_matches.Count, MaxSigns);
        for (int i = 0; i < count; i++)
        {
            matches[i] = _matches[i].Group.Index;
            _matches[i].HasSigns = cell.HasSigns = true;
        }

        pool.Signs.Refused(cell.Group.Index, matches[..count], now);
        isSure = timedCount is 1 or 2;
        if (isSure)
        {
            isExplained = timed!.IsSuspect;
            _matches.Clear();
            _matches.Add(timed);
            if (!timed.IsSuspect && Served(cell, wall.Kind) <= Served(timed, wall.Kind))
                cell.RepresentedBy = timed;
        }

        hasPartner = _matches.Count > 0;
        return isExplained || !othersUsed;
    }

    /// <summary>
    /// Whether an other's oldest request is the one that Google waits for: it says when there is room again, and where it counts
    /// trailing minutes that is a minute after the oldest request of the project.
    /// </summary>
    private static bool Frees(QuotaCell other, in Wall wall, long beside) =>
        wall.Until - other.FirstFreeAt(wall.Kind, wall.Limit - wall.Tokens - beside) is >= -FreeEarlier and <= FreeLater;

    /// <summary>An instant that all keys would be told where Google counts minutes of the clock.</summary>
    private static bool IsEndOfClockMinute(long instant) => instant % TimeSpan.TicksPerMinute is <= FreeLater or >= TimeSpan.TicksPerMinute - FreeEarlier;

    /// <summary>
    /// Looks whether this one and one it shares signs with were served more in one minute of the clock than a project may
    /// have. Such a minute is within sixty seconds, so it proves as much where Google counts trailing minutes.
    /// </summary>
    private void Refute(QuotaCell cell, long now)
    {
        if (!cell.HasSigns)
            return;
        cell.HasSigns = false;
        (int requests, long tokens) = cell.InClockMinute(now);
        foreach (int index in pool.Signs.ComparedWith(cell.Group.Index))
        {
            cell.HasSigns = true;
            if (CellIfAny(index) is not { JoinedTo: null } other)
                continue;
            (int otherRequests, long otherTokens) = other.InClockMinute(now);
            if (Exceeds(QuotaKind.RequestsPerMinute, requests + otherRequests - cell.InFlight - other.InFlight)
                || Exceeds(QuotaKind.InputTokensPerMinute, tokens + otherTokens - cell.TokensInFlight - other.TokensInFlight))
            {
                pool.Signs.Refute(cell.Group.Index, index);
            }

            bool Exceeds(QuotaKind kind, long served) =>
                served > Math.Max(Known(cell[kind]), Known(other[kind])) && Math.Max(Known(cell[kind]), Known(other[kind])) > 0;
        }

        static long Known(in Quota quota) => quota.Source == QuotaSource.Learned ? quota.Limit : 0;
    }

    /// <summary>So much used that the refused prompt does not fit any more, and not more than the limit.</summary>
    private static bool IsJustFull(long used, long limit, long tokens) => used + (tokens * TokenDoubt) >= limit && used <= limit * 1.02;

    /// <summary>A limit of a minute that was hit.</summary>
    /// <param name="Kind">Which.</param>
    /// <param name="Limit">Its value, as told.</param>
    /// <param name="Tokens">Input tokens of the refused request.</param>
    /// <param name="Until">When there is room again, as told; UTC ticks.</param>
    private readonly record struct Wall(QuotaKind Kind, long Limit, long Tokens, long Until);
}
