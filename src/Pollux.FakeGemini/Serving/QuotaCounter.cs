using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Serving;

/// <summary>A crossed limit.</summary>
internal enum QuotaWall
{
    RequestsPerMinute,
    RequestsPerDay,
    TokensPerMinute,
}

/// <summary>Why a request was not accepted.</summary>
/// <param name="Walls">Every crossed limit with its value.</param>
/// <param name="RetryDelay">What the 429 says to wait.</param>
internal sealed record QuotaRefusal(IReadOnlyList<(QuotaWall Wall, int Limit)> Walls, TimeSpan RetryDelay)
{
    /// <summary>The 429 with Google's names for the limits.</summary>
    public GoogleError ToError(FakeTier tier, string model, bool embedding)
    {
        QuotaViolation[] violations =
        [
            .. Walls.Select(crossed => crossed.Wall switch
            {
                QuotaWall.RequestsPerMinute => QuotaErrors.RequestsPerMinute(tier, embedding, crossed.Limit),
                QuotaWall.RequestsPerDay => QuotaErrors.RequestsPerDay(tier, embedding, crossed.Limit),
                _ => QuotaErrors.TokensPerMinute(tier, crossed.Limit),
            }),
        ];
        return QuotaErrors.Exceeded(model, violations, RetryDelay);
    }
}

/// <summary>
/// What one project used of one model. Only accepted requests count: refused ones are free, as is assumed of Google.
/// One lock protects the counts.
/// </summary>
internal sealed class QuotaCounter(QuotaClock clock)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly Lock _lock = new();
    private readonly Queue<(DateTimeOffset At, int Tokens)> _recent = [];
    private DateOnly _day;
    private int _acceptedToday;
    private long _recentTokens;

    public int AcceptedToday()
    {
        lock (_lock)
        {
            Forget(clock.Now);
            return _acceptedToday;
        }
    }

    /// <summary>Counts the request, or tells which limits it would cross.</summary>
    public QuotaRefusal? Accept(FakeQuota quota, int inputTokens, out DateTimeOffset now)
    {
        lock (_lock)
        {
            now = clock.Now;
            Forget(now);
            List<(QuotaWall, int)> walls = [];
            if (_recent.Count >= quota.Rpm) walls.Add((QuotaWall.RequestsPerMinute, quota.Rpm.Value));
            if (_acceptedToday >= quota.Rpd) walls.Add((QuotaWall.RequestsPerDay, quota.Rpd.Value));
            if (_recentTokens + inputTokens > quota.Tpm) walls.Add((QuotaWall.TokensPerMinute, quota.Tpm.Value));
            if (walls.Count > 0) return new QuotaRefusal(walls, RetryDelay(now, quota));

            _recent.Enqueue((now, inputTokens));
            _recentTokens += inputTokens;
            _acceptedToday++;
            return null;
        }
    }

    private void Forget(DateTimeOffset now)
    {
        DateTimeOffset begin = clock.Minute == QuotaMinute.Rolling ? now - Minute : StartOfMinute(now).AddTicks(-1);
        while (_recent.TryPeek(out (DateTimeOffset At, int Tokens) oldest) && oldest.At <= begin)
        {
            _recent.Dequeue();
            _recentTokens -= oldest.Tokens;
        }

        DateOnly today = clock.DayOf(now);
        if (today == _day) return;
        _day = today;
        _acceptedToday = 0;
    }

    /// <summary>The time to the next free place of the minute. Google says seconds even when only the day's end will help.</summary>
    private TimeSpan RetryDelay(DateTimeOffset now, FakeQuota quota)
    {
        if (quota is { Rpm: 0 } or { Rpd: 0 } or { Tpm: 0 }) return TimeSpan.Zero;
        if (clock.Minute == QuotaMinute.Rolling && _recent.TryPeek(out (DateTimeOffset At, int Tokens) oldest)) return oldest.At + Minute - now;
        return StartOfMinute(now) + Minute - now;
    }

    private static DateTimeOffset StartOfMinute(DateTimeOffset instant) => instant.AddTicks(-(instant.Ticks % TimeSpan.TicksPerMinute));
}
