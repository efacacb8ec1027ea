namespace Pollux.KeyPool;

/// <summary>
/// The day Google counts quotas by: it ends at midnight in Los Angeles, with daylight saving. Days of 23 and 25 hours occur,
/// and nobody's local time or a fixed offset gives the right instant all year.
/// </summary>
public static class PacificDay
{
    // The system's rules when it has them, since law can change; else those in force since 2007: containers often come without time zones.
    private static readonly TimeZoneInfo Zone =
        TimeZoneInfo.TryFindSystemTimeZoneById("America/Los_Angeles", out var zone) ? zone : ByRule();

    /// <summary>The end of the quota day that contains this instant.</summary>
    public static DateTimeOffset NextMidnight(DateTimeOffset now) => NextMidnight(now, Zone);

    /// <summary>The quota day that contains this instant.</summary>
    public static DateOnly Of(DateTimeOffset now) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, Zone).DateTime);

    internal static DateTimeOffset NextMidnight(DateTimeOffset now, TimeZoneInfo zone)
    {
        // Clocks change at two in the morning, so midnight itself is never skipped and never happens twice.
        var midnight = TimeZoneInfo.ConvertTime(now, zone).Date.AddDays(1);
        return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)).ToUniversalTime();
    }

    /// <summary>Pacific time by the rule of 2007: second Sunday of March to first Sunday of November, at two o'clock.</summary>
    internal static TimeZoneInfo ByRule()
    {
        var atTwo = new DateTime(1, 1, 1, 2, 0, 0);
        var daylight = TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
            DateTime.MinValue.Date,
            DateTime.MaxValue.Date,
            TimeSpan.FromHours(1),
            TimeZoneInfo.TransitionTime.CreateFloatingDateRule(atTwo, 3, 2, DayOfWeek.Sunday),
            TimeZoneInfo.TransitionTime.CreateFloatingDateRule(atTwo, 11, 1, DayOfWeek.Sunday));
        return TimeZoneInfo.CreateCustomTimeZone("Pacific", TimeSpan.FromHours(-8), "Pacific", "Pacific", "Pacific daylight", [daylight]);
    }
}
