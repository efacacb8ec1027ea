namespace Pollux.Bench.Simulation;

/// <summary>
/// Google's own count for one project and model. Accepted calls count, refused ones do not; a call is refused when it would
/// exceed a limit. Strategies never see this.
/// </summary>
internal sealed class GoogleQuota(ModelLimits limits, WindowKind kind)
{
    private readonly Queue<(long At, int Tokens)> _accepted = new(); // of the last 60 s; rolling only
    private long _minute = -1;
    private int _requests;
    private long _tokens;
    private int _day = -1;
    private int _today;

    public ModelLimits Limits => limits;

    /// <summary>Accepts and counts a call, or tells every quota that it would exceed.</summary>
    /// <param name="tokens">True input tokens.</param>
    /// <param name="now">UTC ticks.</param>
    /// <param name="day">Number of the quota day.</param>
    public QuotaVerdict Take(int tokens, long now, int day)
    {
        if (limits.IsZero)
            return new QuotaVerdict(Walls.Zero, 0, 0);
        Forget(now, day);

        var walls = Walls.None;
        if (_requests + 1 > limits.Rpm)
            walls |= Walls.MinuteRequests;
        if (_tokens + tokens > limits.TpmInput)
            walls |= Walls.MinuteTokens;
        if (_today + 1 > limits.Rpd)
            walls |= Walls.DayRequests;
        if (walls != Walls.None)
            return new QuotaVerdict(walls, FreeAt(walls & Walls.MinuteRequests, tokens, now), FreeAt(walls & Walls.MinuteTokens, tokens, now));

        _requests++;
        _tokens += tokens;
        _today++;
        if (kind == WindowKind.Rolling)
            _accepted.Enqueue((now, tokens));
        return default;
    }

    private void Forget(long now, int day)
    {
        if (day != _day)
            (_day, _today) = (day, 0);
        if (kind == WindowKind.Fixed)
        {
            var minute = now / TimeSpan.TicksPerMinute;
            if (minute != _minute)
                (_minute, _requests, _tokens) = (minute, 0, 0);
            return;
        }
        while (_accepted.TryPeek(out var oldest) && oldest.At <= now - TimeSpan.TicksPerMinute)
        {
            _accepted.Dequeue();
            _requests--;
            _tokens -= oldest.Tokens;
        }
    }

    // The instant at which this wall would let the call through if nobody else called.
    private long FreeAt(Walls wall, int tokens, long now)
    {
        if (wall == Walls.None)
            return 0;
        if (kind == WindowKind.Fixed)
            return (_minute + 1) * TimeSpan.TicksPerMinute;
        var (requests, sum) = (_requests, _tokens);
        foreach (var call in _accepted)
        {
            requests--;
            sum -= call.Tokens;
            if (wall == Walls.MinuteRequests ? requests < limits.Rpm : sum + tokens <= limits.TpmInput)
                return call.At + TimeSpan.TicksPerMinute;
        }
        return now + TimeSpan.TicksPerMinute; // larger than the whole quota: never
    }
}

/// <summary>Quotas a call would exceed.</summary>
[Flags]
internal enum Walls
{
    None = 0,
    MinuteRequests = 1,
    MinuteTokens = 2,
    DayRequests = 4,

    /// <summary>The project may not use the model.</summary>
    Zero = 8,
}

/// <summary>What Google's count says to a call.</summary>
/// <param name="Walls">The quotas exceeded; none = accepted.</param>
/// <param name="RequestsFreeAt">UTC ticks at which the window of requests has room again; 0 = it has.</param>
/// <param name="TokensFreeAt">The same for tokens.</param>
internal readonly record struct QuotaVerdict(Walls Walls, long RequestsFreeAt, long TokensFreeAt);
