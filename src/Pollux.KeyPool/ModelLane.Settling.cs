namespace Pollux.KeyPool;

// What an answer teaches about a cell.
internal sealed partial class ModelLane
{
    /// <summary>Corrects what a lease reserved, and learns from a refusal.</summary>
    public void Settle(Lease lease, in AttemptReport report, long now)
    {
        Reservation taken = lease.Reservation;
        QuotaCell cell = taken.Cell;
        lock (_lock)
        {
            cell.InFlight--;
            Note(cell);
            cell.Advance(now);
            switch (report.Outcome)
            {
                case AttemptOutcome.Succeeded:
                    if (report.Usage.PromptTokens > 0)
                        cell.Correct(taken.Entry, taken.DayEnds, 0, report.Usage.PromptTokens - taken.Tokens);
                    Prove(cell);
                    break;
                case AttemptOutcome.Failed:
                    Fail(cell, taken, report.Fault!, now);
                    break;
            }

            if (cell.Place != CellPlace.Absent)
                Arrange(cell, now);
            _noRoomFor = long.MaxValue;
        }
    }

    /// <summary>What a project served in a window it can serve in a window.</summary>
    private void Prove(QuotaCell cell)
    {
        EndCanary(cell);
        _served++;
        cell.IsSuspect = false;
        _trialCredit = Math.Min(MaxTrialCredit, _trialCredit + TrialCreditPerAnswer);
        Raise(ref cell[QuotaKind.RequestsPerMinute], cell.RequestsInMinute - cell.InFlight);
        Raise(ref cell[QuotaKind.RequestsPerDay], cell.RequestsToday - cell.InFlight);
        if (cell.InFlight == 0)
        {
            Raise(ref cell[QuotaKind.InputTokensPerMinute], cell.TokensInMinute);
            Raise(ref cell[QuotaKind.InputTokensPerDay], cell.TokensToday);
        }
    }

    private static void Raise(ref Quota quota, long served)
    {
        if (served <= quota.Proven)
            return;
        long over = served - Math.Max(quota.Proven, quota.Limit);
        if (over > 0)
            quota.Stretch = Math.Max(0, quota.Stretch - over);
        quota.Proven = served;
    }

    private void Fail(QuotaCell cell, in Reservation taken, Fault fault, long now)
    {
        if (fault.HttpStatus is 429 or >= 500)
            cell.Correct(taken.Entry, taken.DayEnds, -1, -taken.Tokens); // Google counts what it serves
        else if (fault.HttpStatus >= 400)
            cell.Correct(taken.Entry, taken.DayEnds, 0, -taken.Tokens);

        switch (fault.Effect)
        {
            case FaultEffect.ParkForDay:
                EndCanary(cell);
                foreach (QuotaViolation violation in fault.Violations)
                {
                    if (TierOf(violation) is var tier && tier != ProjectTier.Unknown)
                        cell.Group.Tier = tier;
                }

                if (fault.Reason == FaultReason.NotEntitled)
                    _refusedByTier[(int)cell.Group.Tier]++;
                Block(cell, now + TimeSpan.TicksPerDay, fault.Reason);
                break;
            case FaultEffect.CoolDownUntilDayEnd:
                EndCanary(cell);
                if (!Learn(cell, taken, fault, cell.DayEnds, now))
                    Block(cell, cell.DayEnds, fault.Reason);
                break;
            case FaultEffect.CoolDown when fault.RetryAfter is { } delay:
                EndCanary(cell);
                if (!Learn(cell, taken, fault, now + delay.Ticks, now))
                    Block(cell, now + delay.Ticks, fault.Reason);
                break;
            case FaultEffect.OverloadHint:
                OverloadedAt = now;
                break;
        }
    }

    private void Block(QuotaCell cell, long until, FaultReason reason)
    {
        cell.Block(until, reason);
        if (cell.Place == CellPlace.Waiting)
            MoveTo(cell.Group.Index, CellPlace.Ready); // so that the books of what waits are kept by one way in
    }

    /// <summary>Takes in the limits that a refusal named.</summary>
    /// <returns>Whether each of them had a value, so that the counts alone say when there is room again.</returns>
    private bool Learn(QuotaCell cell, in Reservation taken, Fault fault, long until, long now)
    {
        bool complete = fault.Violations.Count > 0;
        foreach (QuotaViolation violation in fault.Violations)
        {
            if (violation.Value is not > 0)
            {
                complete = false;
                continue;
            }

            long limit = violation.Value.Value;
            QuotaKind kind = KindOf(violation);
            if (TierOf(violation) is var tier && tier != ProjectTier.Unknown)
                cell.Group.Tier = tier;
            ref Quota quota = ref cell[kind];
            bool news = quota.Source != QuotaSource.Learned || quota.Limit != limit;
            (quota.Limit, quota.Source, quota.Stretch) = (limit, QuotaSource.Learned, 0);
            if (news)
                _priors.Add(cell.Group.Tier, kind, limit);
            bool isExplained = IsExplained(cell, kind, limit, taken.Tokens);
            if (!isExplained)
                Suspect(cell, kind, limit, taken.Tokens, now);
            if (violation.IsPerDay)
                cell.HitDayWall(kind, limit);
            else
                cell.HitMinuteWall(isExplained && kind == QuotaKind.InputTokensPerMinute ? taken.Tokens / 2 : 0, until); // a smaller prompt may fit
        }

        return complete;
    }

    /// <summary>Whether a refusal is what its own count makes expect.</summary>
    private static bool IsExplained(QuotaCell cell, QuotaKind kind, long limit, long tokens) => kind switch
    {
        QuotaKind.RequestsPerMinute => cell.RequestsInMinute >= limit,
        QuotaKind.InputTokensPerMinute => (cell.TokensInMinute + tokens) * TokenDoubt >= limit,
        QuotaKind.RequestsPerDay => cell.RequestsToday >= limit,
        _ => (cell.TokensToday + tokens) * TokenDoubt >= limit,
    };

    /// <summary>
    /// Refused earlier than its own count explains: another credential seems to belong to the same project. One of the two is
    /// enough, so this one is set aside; unless the other one was set aside a moment ago, and what it had used explains the refusal.
    /// </summary>
    private void Suspect(QuotaCell cell, QuotaKind kind, long limit, long tokens, long now)
    {
        if (cell.Group.IsDeclared)
            return;
        bool isDay = kind is QuotaKind.RequestsPerDay or QuotaKind.InputTokensPerDay;
        if (!isDay && IsExplainedBySuspect(cell, kind, limit, tokens, now))
            return;
        cell.IsSuspect = true;
        if (!isDay)
            _setAside.Enqueue(cell);
        cell.Suspicions++;
        cell.NextTrialAt = isDay ? cell.DayEnds : now + SuspicionTicks(cell.Suspicions);
    }

    /// <summary>Google may count minutes of the clock or trailing ones, so a match by either explains.</summary>
    private bool IsExplainedBySuspect(QuotaCell cell, QuotaKind kind, long limit, long tokens, long now)
    {
        long missing = limit - cell.RequestsInMinute;
        long missingByClock = limit - cell.RequestsInClockMinute(now);
        foreach (QuotaCell? other in _cells)
        {
            if (other is not { IsSuspect: true } || other == cell)
                continue;
            other.Advance(now);
            int used = other.RequestsInMinute;
            if (used == 0)
                continue;
            if (kind == QuotaKind.InputTokensPerMinute
                ? (cell.TokensInMinute + other.TokensInMinute + tokens) * TokenDoubt >= limit
                : used == missing || other.RequestsInClockMinute(now) == missingByClock)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Token counts are estimates until an answer tells.</summary>
    private const double TokenDoubt = 1.35;

    private static QuotaKind KindOf(in QuotaViolation violation) => violation switch
    {
        { IsPerDay: true, CountsTokens: true } => QuotaKind.InputTokensPerDay,
        { IsPerDay: true } => QuotaKind.RequestsPerDay,
        { CountsTokens: true } => QuotaKind.InputTokensPerMinute,
        _ => QuotaKind.RequestsPerMinute,
    };

    private static ProjectTier TierOf(in QuotaViolation violation)
    {
        if (violation.QuotaId.Contains("FreeTier", StringComparison.OrdinalIgnoreCase) || violation.Metric?.Contains("free_tier", StringComparison.OrdinalIgnoreCase) == true)
            return ProjectTier.Free;
        return violation.QuotaId.Contains("PaidTier", StringComparison.OrdinalIgnoreCase) || violation.Metric?.Contains("paid_tier", StringComparison.OrdinalIgnoreCase) == true
            ? ProjectTier.Paid
            : ProjectTier.Unknown;
    }
}
