namespace Pollux.KeyPool;

// What an answer teaches about a cell.
internal sealed partial class ModelLane
{
    private const int FewestTokens = 50;
    private const double LargestCorrection = 4;
    private const double Spreads = 3; // few prompts are further off than that
    private const int CorrectionMemory = 100; // answers; older ones fade

    /// <summary>Corrects what a lease reserved, and learns from a refusal.</summary>
    public void Settle(Lease lease, in AttemptReport report, long now)
    {
        using (_gate.Enter())
        {
            Reservation taken = lease.Reservation;
            while (taken.Cell.JoinedTo is { } joined)
                taken = taken with { Cell = joined, Entry = Reservation.ByInstant };
            QuotaCell cell = taken.Cell;
            cell.InFlight--;
            cell.TokensInFlight -= taken.Tokens;
            Note(cell);
            cell.Advance(now);
            switch (report.Outcome)
            {
                case AttemptOutcome.Succeeded:
                    if (report.Usage.PromptTokens > 0)
                    {
                        Correct(taken, 0, report.Usage.PromptTokens - taken.Tokens);
                        CorrectEstimates(lease.EstimatedPromptTokens, report.Usage.PromptTokens);
                    }

                    if (section.HasNoWalls())
                        Relax(cell);
                    Prove(cell);
                    Refute(cell, now);
                    break;
                case AttemptOutcome.Failed:
                    Fail(cell, taken, report.Fault!, now);
                    break;
            }

            if (cell.InFlight == 0)
                EndCanary(cell); // over without a proof: the next request is one again
            if (cell is { IsSuspect: true, IsInLine: false, SuspectedFor: QuotaKind.RequestsPerMinute or QuotaKind.InputTokensPerMinute })
                StayInLine(cell); // its trial showed nothing
            if (cell.Place != CellPlace.Absent)
                Arrange(cell, now);
            _ready.NoRoomFor = _paid.NoRoomFor = long.MaxValue;
        }
    }

    /// <summary>Models count differently, and so do languages and media: what answers tell corrects later estimates for the model.</summary>
    private void CorrectEstimates(int estimated, long counted)
    {
        if (estimated < FewestTokens)
            return; // a handful says nothing
        double seen = Math.Clamp((double)counted / estimated, 1 / LargestCorrection, LargestCorrection);
        int memory = Math.Min(++_estimatesSeen + 1, CorrectionMemory);
        _seenCorrection += (seen - _seenCorrection) / memory;
        _spread += (Math.Abs((seen / _seenCorrection) - 1) - _spread) / memory;
        _estimateCorrection = Math.Abs(_seenCorrection - 1) < _spread ? 1 : _seenCorrection; // what is less than they vary by is chance
        _reservationMargin = 1 + Math.Min(Spreads * _spread, LargestMargin);
    }

    private static void Correct(in Reservation taken, int requests, long tokens) =>
        taken.Cell.Correct(taken.Entry, taken.At, taken.DayEnds, requests, tokens);

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
            Correct(taken, -1, -taken.Tokens); // Google counts what it serves
        else if (fault.HttpStatus >= 400)
            Correct(taken, 0, -taken.Tokens);

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
            case FaultEffect.CoolDown or FaultEffect.CoolDownUntilDayEnd when section.HasNoWalls():
                RetreatFrom(cell, fault, now);
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
                AddPrior(cell.Group.Tier, kind, limit);
            bool isExplained = IsExplained(cell, kind, limit, taken.Tokens);
            if (!isExplained && !violation.IsPerDay)
                cell.Slow();
            if (!isExplained)
                Suspect(cell, new Wall(kind, limit, taken.Tokens, until), now);
            if (violation.IsPerDay)
                cell.HitDayWall(kind, limit);
            else
                cell.HitMinuteWall(0, until);
        }

        return complete;
    }

    /// <summary>Whether a refusal is what its own count makes expect.</summary>
    private static bool IsExplained(QuotaCell cell, QuotaKind kind, long limit, long tokens) => kind switch
    {
        QuotaKind.RequestsPerMinute => cell.RequestsInMinute >= limit,
        QuotaKind.InputTokensPerMinute => cell.TokensInMinute + Doubt(cell, tokens) >= limit,
        QuotaKind.RequestsPerDay => cell.RequestsToday >= limit,
        _ => cell.TokensToday + Doubt(cell, tokens) >= limit,
    };

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
