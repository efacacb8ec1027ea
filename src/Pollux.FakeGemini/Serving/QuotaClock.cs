namespace Pollux.FakeGemini.Serving;

/// <summary>The times that quotas are counted by.</summary>
internal sealed class QuotaClock
{
    private const string Zone = "America/Los_Angeles";
    private readonly TimeProvider _time;
    private readonly TimeZoneInfo _pacific;

    /// <exception cref="InvalidOperationException">The system has no time zone data, so the end of Google's day is unknown.</exception>
    public QuotaClock(TimeProvider time, QuotaMinute minute)
    {
        _time = time;
        Minute = minute;
        _pacific = TimeZoneInfo.TryFindSystemTimeZoneById(Zone, out TimeZoneInfo? zone)
            ? zone
            : throw new InvalidOperationException($"The system has no time zone {Zone}: install the package tzdata.");
    }

    /// <summary>How a minute is counted.</summary>
    public QuotaMinute Minute { get; }

    /// <summary>Now.</summary>
    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>The day in Los Angeles, whose number changes when day quotas begin anew.</summary>
    public DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, _pacific).DateTime);
}
