using System.Collections.Immutable;

namespace Pollux.KeyPool;

/// <summary>Where a cell stands in its lane.</summary>
internal enum CellPlace : byte
{
    /// <summary>None of its project's credentials may be used.</summary>
    Absent,

    /// <summary>Never used for this model.</summary>
    Fresh,

    /// <summary>It has room.</summary>
    Ready,

    /// <summary>It has room, and the user says that its project pays: it serves when no other has room.</summary>
    Paid,

    /// <summary>It has no room, as far as others' limits tell, and may be asked for more.</summary>
    Stretchable,

    /// <summary>The same, but it was asked for more a moment ago: only who cannot wait may ask again.</summary>
    Stretched,

    /// <summary>It seems to share its quota with another one, and may be tried again.</summary>
    Suspect,

    /// <summary>It has no room until the instant it is queued for.</summary>
    Waiting,
}

/// <summary>
/// The quota of one project for one model: four windows, what is used and reserved of them, and what is known about their
/// limits. Not thread-safe: the lane's lock protects it.
/// </summary>
internal sealed partial class QuotaCell(ProjectGroup group)
{
    /// <summary>Two requests a minute apart may arrive closer together: the way to Google varies by so much.</summary>
    public const long Jitter = 100 * TimeSpan.TicksPerMillisecond;

    private const long Minute = TimeSpan.TicksPerMinute + Jitter;

    private FourWindows _quotas; // in here, not elsewhere in memory: each lease looks at all of them
    private MinuteLog _minute = new();
    private long _dayEnds;
    private long _requestsToday;
    private long _tokensToday;
    private long _wallEnds;   // a wall of the minute that Google told, UTC ticks: it counts what we may not know of
    private long _wallTokens; // it stands for prompts of at least so many tokens

    /// <summary>Whose quota.</summary>
    public ProjectGroup Group => group;

    /// <summary>The cell that took this one over when two projects turned out to be one.</summary>
    public QuotaCell? JoinedTo { get; private set; }

    /// <summary>Where it stands in the lane.</summary>
    public CellPlace Place { get; set; }

    /// <summary>The instant it is queued for while it waits.</summary>
    public long WakeAt { get; set; }

    /// <summary>How often it was refused of late, each answer halves it; only where nothing can be counted (Vertex AI).</summary>
    public int Retreats { get; set; }

    /// <summary>No request until then, whatever the counts say; UTC ticks.</summary>
    public long BlockedUntil { get; private set; }

    /// <summary>Why.</summary>
    public FaultReason BlockedBy { get; private set; }

    /// <summary>Its first request was sent and not refused yet: no second one until then.</summary>
    public long CanaryUntil { get; set; }

    /// <summary>The waiting request it is kept for.</summary>
    public WaitingLease? EarmarkedFor { get; set; }

    /// <summary>It waits because its project is not entitled to the model.</summary>
    public bool IsParked { get; set; }

    /// <summary>The version of the guesses it holds.</summary>
    public int LimitsVersion { get; set; }

    /// <summary>The tier they were made for.</summary>
    public ProjectTier LimitsTier { get; set; }

    /// <summary>It changed since its state was taken last.</summary>
    public bool IsChanged { get; set; }

    /// <summary>Requests running now.</summary>
    public int InFlight { get; set; }

    /// <summary>Tokens reserved for them.</summary>
    public long TokensInFlight { get; set; }

    /// <summary>Number of its last lease; 0 = never used for this model.</summary>
    public long LastUsed { get; set; }

    /// <summary>The place of the next member to be used.</summary>
    public int Turn { get; set; }

    /// <summary>Requests of the last minute, those still running included.</summary>
    public int RequestsInMinute => _minute.Requests;

    /// <summary>Input tokens of the last minute.</summary>
    public long TokensInMinute => _minute.Tokens;

    /// <summary>Requests of the quota day.</summary>
    public long RequestsToday => _requestsToday;

    /// <summary>Input tokens of the quota day.</summary>
    public long TokensToday => _tokensToday;

    /// <summary>What is known about one limit.</summary>
    public ref Quota this[QuotaKind kind] => ref _quotas[(int)kind];

    /// <summary>Forgets what is past.</summary>
    public void Advance(long now)
    {
        _minute.Expire(now, Minute);
        if (_wallEnds <= now)
            _wallEnds = 0;
        if (BlockedUntil <= now)
            (BlockedUntil, BlockedBy) = (0, default);
        if (_dayEnds > now)
            return;
        (_requestsToday, _tokensToday) = (0, 0);
        _dayEnds = PacificDay.NextMidnight(new DateTimeOffset(now, TimeSpan.Zero)).UtcTicks;
    }

    /// <summary>Counts a request that is about to be sent.</summary>
    /// <returns>Its entry, for <see cref="Correct"/>.</returns>
    public long Reserve(long now, long tokens)
    {
        _requestsToday++;
        _tokensToday += tokens;
        InFlight++;
        TokensInFlight += tokens;
        if (Pace > 0)
            Step(now);
        return _minute.Add(now, tokens);
    }

    /// <summary>Corrects a reservation by what turned out.</summary>
    /// <param name="entry">What <see cref="Reserve"/> returned.</param>
    /// <param name="at">When.</param>
    /// <param name="dayEnds">The end of the day it was taken on: a past day is not corrected.</param>
    /// <param name="requests">-1 = Google did not count it.</param>
    /// <param name="tokens">The difference to what was reserved.</param>
    public void Correct(long entry, long at, long dayEnds, int requests, long tokens)
    {
        _minute.Correct(entry, at, requests, tokens);
        if (dayEnds != _dayEnds)
            return;
        _requestsToday = Math.Max(0, _requestsToday + requests);
        _tokensToday = Math.Max(0, _tokensToday + tokens);
    }

    /// <summary>The end of the day that is counted.</summary>
    public long DayEnds => _dayEnds;

    /// <summary>Whether one more request of so many tokens fits.</summary>
    /// <param name="tokens">Its size.</param>
    /// <param name="hardOnly">Asks for what is certain only: limits that this project was told itself, or that the user set.</param>
    public bool Fits(long tokens, bool hardOnly = false) =>
        !(_wallEnds > 0 && tokens >= _wallTokens)
        && Room(QuotaKind.RequestsPerMinute, _minute.Requests, hardOnly) > 0
        && Room(QuotaKind.RequestsPerDay, _requestsToday, hardOnly) > 0
        && FitsTokens(QuotaKind.InputTokensPerMinute, _minute.Tokens, tokens, hardOnly)
        && FitsTokens(QuotaKind.InputTokensPerDay, _tokensToday, tokens, hardOnly);

    /// <summary>When a request of so many tokens fits, if nothing else is sent; UTC ticks, never in the past of what is counted.</summary>
    public long FitsAt(long tokens, bool hardOnly)
    {
        long at = 0;
        if (Room(QuotaKind.RequestsPerDay, _requestsToday, hardOnly) <= 0 || !FitsTokens(QuotaKind.InputTokensPerDay, _tokensToday, tokens, hardOnly))
            return _dayEnds;
        long requests = Limit(QuotaKind.RequestsPerMinute, hardOnly);
        if (requests <= 0)
            return _dayEnds; // never; but what is set may be changed
        long most = Limit(QuotaKind.InputTokensPerMinute, hardOnly);
        if (_wallEnds > 0 && tokens >= _wallTokens)
            at = _wallEnds;
        return Math.Max(at, _minute.FreeAt(requests == long.MaxValue ? requests : requests - 1, most == long.MaxValue ? most : Math.Max(0, most - tokens), Minute));
    }

    /// <summary>The smallest share left over its windows, 0 to 1; what runs now counts against it.</summary>
    public double Score() =>
        Math.Min(DayShare(), Math.Min(Share(QuotaKind.RequestsPerMinute, _minute.Requests), Share(QuotaKind.InputTokensPerMinute, _minute.Tokens))) / (1 + (InFlight * 0.01));

    /// <summary>The share left of the day, by what is used of it least generously; 1 when no limit of a day is known.</summary>
    public double DayShare() => Math.Min(Share(QuotaKind.RequestsPerDay, _requestsToday), Share(QuotaKind.InputTokensPerDay, _tokensToday));

    /// <summary>The share left of the day by limits that were told or set, or that others were told; 1 when there is none.</summary>
    public double KnownDayShare() => Math.Min(KnownShare(QuotaKind.RequestsPerDay, _requestsToday), KnownShare(QuotaKind.InputTokensPerDay, _tokensToday));

    /// <summary>The weighted shares left over the limits known, 0 to 1; 1 when none is known.</summary>
    /// <param name="weights">What each window weighs.</param>
    /// <param name="isRested">As it will be once the last minute is forgotten.</param>
    public double HealthScore(ScoreWeights weights, bool isRested)
    {
        double sum = 0;
        double weighed = 0;
        Weigh(QuotaKind.RequestsPerDay, _requestsToday, weights.RequestsPerDay, ref sum, ref weighed);
        Weigh(QuotaKind.InputTokensPerDay, _tokensToday, weights.InputTokensPerDay, ref sum, ref weighed);
        Weigh(QuotaKind.RequestsPerMinute, isRested ? 0 : _minute.Requests, weights.RequestsPerMinute, ref sum, ref weighed);
        Weigh(QuotaKind.InputTokensPerMinute, isRested ? 0 : _minute.Tokens, weights.InputTokensPerMinute, ref sum, ref weighed);
        return weighed == 0 ? 1 : sum / weighed;
    }

    /// <summary>Takes in a wall of the minute that Google told.</summary>
    /// <param name="tokens">It stands for prompts of at least so many tokens.</param>
    /// <param name="until">When Google said to come back; UTC ticks.</param>
    public void HitMinuteWall(long tokens, long until)
    {
        _wallTokens = _wallEnds > 0 ? Math.Min(_wallTokens, tokens) : tokens;
        _wallEnds = Math.Max(_wallEnds, until);
    }

    /// <summary>Takes in a wall of a day.</summary>
    public void HitDayWall(QuotaKind kind, long limit)
    {
        if (kind == QuotaKind.RequestsPerDay)
            _requestsToday = Math.Max(_requestsToday, limit);
        else
            _tokensToday = Math.Max(_tokensToday, limit);
    }

    /// <summary>Keeps all requests away until an instant; an earlier end never shortens a later one.</summary>
    public void Block(long until, FaultReason reason)
    {
        if (until <= BlockedUntil)
            return;
        (BlockedUntil, BlockedBy) = (until, reason);
    }

    /// <summary>
    /// An operator gave the project a clean slate: no walls, no suspicion, no learned limits, a new day. What was sent in the last
    /// minute stays counted.
    /// </summary>
    public void Forgive()
    {
        (BlockedUntil, CanaryUntil, NextTrialAt, Suspicions, IsSuspect, Retreats, Pace) = (0, 0, 0, 0, false, 0, 0);
        (RepresentedBy, ProbationUntil) = (null, 0);
        (_wallEnds, _requestsToday, _tokensToday) = (0, 0, 0);
        _quotas = default;
        LimitsVersion = 0;
    }

    /// <summary>What was sent since the clock's minute began.</summary>
    public (int Requests, long Tokens) InClockMinute(long now) => _minute.Since(now - (now % TimeSpan.TicksPerMinute));

    private void Weigh(QuotaKind kind, long used, double weight, ref double sum, ref double weights)
    {
        ref Quota quota = ref _quotas[(int)kind];
        if (quota.Source == QuotaSource.Unknown || quota.Limit <= 0)
            return;
        sum += weight * Math.Max(0, 1 - ((double)used / quota.Limit));
        weights += weight;
    }

    /// <summary>Takes over what another cell of the same project counted.</summary>
    public void Join(QuotaCell other, long now)
    {
        Advance(now);
        other.Advance(now);
        other.JoinedTo = this;
        _minute.Join(in other._minute);
        _requestsToday += other._requestsToday;
        _tokensToday += other._tokensToday;
        InFlight += other.InFlight;
        TokensInFlight += other.TokensInFlight;
        for (int kind = 0; kind < FourWindows.Count; kind++)
        {
            Quota theirs = other._quotas[kind];
            if (_quotas[kind].Source != QuotaSource.Learned && theirs.Source == QuotaSource.Learned)
                (_quotas[kind].Limit, _quotas[kind].Source) = (theirs.Limit, theirs.Source);
        }

        Block(other.BlockedUntil, other.BlockedBy);
        if (other._wallEnds > 0)
            HitMinuteWall(other._wallTokens, other._wallEnds);
        (IsSuspect, Suspicions) = (false, 0); // what made them suspect is explained now
    }

    /// <summary>What must survive a restart.</summary>
    public QuotaCellState Export(string model)
    {
        var limits = ImmutableArray.CreateBuilder<QuotaLimitState>(FourWindows.Count);
        for (QuotaKind kind = QuotaKind.RequestsPerMinute; kind <= QuotaKind.InputTokensPerDay; kind++)
        {
            ref Quota quota = ref _quotas[(int)kind];
            if (quota.Source == QuotaSource.Learned || quota.Proven > 0)
                limits.Add(new QuotaLimitState(kind, quota.Source == QuotaSource.Learned ? quota.Limit : null, quota.Proven));
        }

        return new QuotaCellState
        {
            Project = group.IsDeclared ? group.Name : null,
            Credential = group.IsDeclared ? default : group.First,
            Model = model,
            Tier = group.Tier,
            DayEnds = new DateTimeOffset(_dayEnds, TimeSpan.Zero),
            RequestsToday = _requestsToday,
            TokensToday = _tokensToday,
            Limits = limits.DrainToImmutable(),
            Minute = _minute.Export(),
            BlockedUntil = BlockedUntil == 0 ? null : new DateTimeOffset(BlockedUntil, TimeSpan.Zero),
            BlockedBy = BlockedBy,
            IsSuspect = IsSuspect,
            Suspicions = Suspicions,
            NextTrialAt = NextTrialAt == 0 ? null : new DateTimeOffset(NextTrialAt, TimeSpan.Zero),
        };
    }

    /// <summary>Takes over what an earlier process knew.</summary>
    public void Import(QuotaCellState state, long now)
    {
        _dayEnds = state.DayEnds.UtcTicks;
        (_requestsToday, _tokensToday) = (state.RequestsToday, state.TokensToday);
        foreach (QuotaLimitState limit in state.Limits)
        {
            ref Quota quota = ref _quotas[(int)limit.Kind];
            quota.Proven = limit.Proven;
            if (limit.Learned is { } learned)
                (quota.Limit, quota.Source) = (learned, QuotaSource.Learned);
        }

        _minute.Import(state.Minute);
        if (state.BlockedBy != FaultReason.DailyCallLimit) // the operator may allow more now; the calls are counted anyway
            (BlockedUntil, BlockedBy) = (state.BlockedUntil?.UtcTicks ?? 0, state.BlockedBy);
        (IsSuspect, Suspicions, NextTrialAt) = (state.IsSuspect, state.Suspicions, state.NextTrialAt?.UtcTicks ?? 0);
        Advance(now);
    }

    private double Share(QuotaKind kind, long used)
    {
        long limit = _quotas[(int)kind].Source == QuotaSource.Expected ? _quotas[(int)kind].Limit : Limit(kind, hardOnly: false);
        return limit == long.MaxValue ? 1 : limit <= 0 ? 0 : Math.Max(0, 1 - ((double)used / limit));
    }

    private double KnownShare(QuotaKind kind, long used) => _quotas[(int)kind].Source == QuotaSource.Expected ? 1 : Share(kind, used);

    private long Room(QuotaKind kind, long used, bool hardOnly)
    {
        long limit = Limit(kind, hardOnly);
        return limit == long.MaxValue ? long.MaxValue : limit - used;
    }

    private bool FitsTokens(QuotaKind kind, long used, long tokens, bool hardOnly)
    {
        long limit = Limit(kind, hardOnly);
        if (limit == long.MaxValue)
            return true;

        // The largest requests must fit into an empty window, though their estimate, with its margin, may say that they do not.
        return used <= 0 || used + tokens <= limit;
    }

    private long Limit(QuotaKind kind, bool hardOnly)
    {
        ref Quota quota = ref _quotas[(int)kind];
        return quota.Source switch
        {
            QuotaSource.Learned or QuotaSource.Set => quota.Limit,
            QuotaSource.Unknown or QuotaSource.Expected => long.MaxValue, // what is shipped orders keys and refuses nothing
            _ => hardOnly ? long.MaxValue : Math.Max(quota.Limit, quota.Proven) + quota.Stretch,
        };
    }
}
