using Pollux.FakeGemini;

namespace Pollux.IntegrationTests.Quotas;

/// <summary>
/// What one project allowed of one model and what was taken of it, from the upstream's own record. It counts as the upstream
/// does: trailing sixty seconds, days of Los Angeles, accepted requests alone.
/// </summary>
/// <param name="quota">The limits.</param>
/// <param name="counted">The requests that were accepted: when, and their tokens.</param>
internal sealed class QuotaBook(FakeQuota quota, IEnumerable<(DateTimeOffset At, int Tokens)> counted)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeZoneInfo Pacific = TimeZoneInfo.FindSystemTimeZoneById("America/Los_Angeles");

    private readonly List<(DateTimeOffset At, int Tokens)> _counted = [.. counted.OrderBy(static one => one.At)];

    /// <summary>
    /// The most that could have been accepted from <paramref name="begin"/> to before <paramref name="end"/> of prompts of one size.
    /// A span of n trailing minutes, the last one begun or whole, can be cut into n pieces of which none may hold more than a
    /// minute's limit; and who takes each limit at the beginning of its piece reaches the sum. So it is no estimate.
    /// </summary>
    public int Allowed(DateTimeOffset begin, DateTimeOffset end, int tokens)
    {
        int minutes = (int)Math.Ceiling((end - begin) / Minute);
        int days = DayOf(end).DayNumber - DayOf(begin).DayNumber + 1;
        long perMinute = Math.Min(quota.Rpm ?? long.MaxValue, (quota.Tpm / tokens) ?? long.MaxValue);
        return (int)Math.Min(perMinute * minutes, (long?)quota.Rpd * days ?? long.MaxValue);
    }

    /// <summary>Puts one more request where it could have been accepted without any other being refused for it, as early as possible.</summary>
    /// <param name="begin">Not before.</param>
    /// <param name="end">Not at or after.</param>
    /// <param name="tokens">Its size.</param>
    /// <param name="least">The room must have lasted so long: a shorter one is gone before anybody can know of it.</param>
    /// <returns>When; <see langword="null"/>: there was no such room.</returns>
    public DateTimeOffset? TryAdd(DateTimeOffset begin, DateTimeOffset end, int tokens, TimeSpan least)
    {
        DateTimeOffset? since = null;
        foreach (DateTimeOffset at in Changes(begin, end).ToList())
        {
            if (since is { } from && at - from >= least && !SpoilsLater(from, tokens))
            {
                _counted.Add((from, tokens));
                _counted.Sort();
                return from;
            }

            since = at < end && HasRoom(at, tokens) ? since ?? at : null;
        }

        return null;
    }

    private static DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, Pacific).DateTime);

    /// <summary>The instants at which room can come or go, in their order, the two ends among them.</summary>
    private IEnumerable<DateTimeOffset> Changes(DateTimeOffset begin, DateTimeOffset end) =>
        _counted.SelectMany(static one => (DateTimeOffset[])[one.At, one.At + Minute])
            .Where(at => at > begin && at < end)
            .Append(begin)
            .Append(end)
            .Order();

    /// <summary>Whether one more at that instant would have made a later one too many.</summary>
    private bool SpoilsLater(DateTimeOffset added, int tokens)
    {
        for (int i = 0; i < _counted.Count; i++)
        {
            (DateTimeOffset at, int size) = _counted[i];
            if (at <= added || at >= added + Minute)
                continue;
            int requests = 1;
            long used = tokens + size;
            for (int j = i - 1; j >= 0 && _counted[j].At > at - Minute; j--)
                (requests, used) = (requests + 1, used + _counted[j].Tokens);
            if (requests >= quota.Rpm || used > quota.Tpm)
                return true;
        }

        DateOnly day = DayOf(added);
        return _counted.Count(one => DayOf(one.At) == day) >= quota.Rpd;
    }

    private bool HasRoom(DateTimeOffset at, int tokens)
    {
        int requests = 0, today = 0;
        long used = 0;
        DateOnly day = DayOf(at);
        foreach ((DateTimeOffset one, int size) in _counted)
        {
            if (one > at)
                break;
            today += DayOf(one) == day ? 1 : 0;
            if (one > at - Minute)
                (requests, used) = (requests + 1, used + size);
        }

        return !(requests >= quota.Rpm) && !(today >= quota.Rpd) && !(used + tokens > quota.Tpm);
    }
}
