using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class PacificDayTests
{
    [Theory]
    [InlineData("2026-01-15T12:00:00Z", "2026-01-16T08:00:00Z")] // winter
    [InlineData("2026-07-15T12:00:00Z", "2026-07-16T07:00:00Z")] // summer
    [InlineData("2026-07-15T06:59:59Z", "2026-07-15T07:00:00Z")]
    [InlineData("2026-07-15T07:00:00Z", "2026-07-16T07:00:00Z")] // midnight itself begins the new day
    [InlineData("2026-03-07T20:00:00Z", "2026-03-08T08:00:00Z")] // the night in which clocks go forward: midnight comes before
    [InlineData("2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z")] // the day of 23 hours
    [InlineData("2026-03-08T09:59:59Z", "2026-03-09T07:00:00Z")] // the last second of winter
    [InlineData("2026-03-08T10:00:00Z", "2026-03-09T07:00:00Z")] // the first of summer
    [InlineData("2026-10-31T20:00:00Z", "2026-11-01T07:00:00Z")] // the night in which they go back
    [InlineData("2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z")] // the day of 25 hours
    [InlineData("2026-11-01T08:30:00Z", "2026-11-02T08:00:00Z")] // 01:30 for the first time
    [InlineData("2026-11-01T09:30:00Z", "2026-11-02T08:00:00Z")] // 01:30 for the second
    [InlineData("2026-12-31T23:00:00Z", "2027-01-01T08:00:00Z")]
    public void NextMidnight_knows_daylight_saving(string now, string midnight)
    {
        Assert.Equal(Instant(midnight), PacificDay.NextMidnight(Instant(now)));
        Assert.Equal(Instant(midnight), PacificDay.NextMidnight(Instant(now), PacificDay.ByRule()));
        Assert.Equal(TimeSpan.Zero, PacificDay.NextMidnight(Instant(now)).Offset);
    }

    [Fact]
    public void The_rule_agrees_with_the_systems_time_zone()
    {
        Assert.SkipUnless(TimeZoneInfo.TryFindSystemTimeZoneById("America/Los_Angeles", out var zone), "This machine has no time zones.");
        for (var hour = Instant("2020-01-01T00:30:00Z"); hour.Year < 2036; hour += TimeSpan.FromHours(1))
            Assert.Equal(PacificDay.NextMidnight(hour, zone), PacificDay.NextMidnight(hour, PacificDay.ByRule()));
    }

    [Fact]
    public void Any_quota_day_ends_within_25_hours_where_the_next_begins() =>
        Prop.ForAll(
            Gen.Choose(0, int.MaxValue).Select(seconds => Instant("2007-06-01T00:00:00Z").AddSeconds(seconds)).ToArbitrary(),
            now =>
            {
                var end = PacificDay.NextMidnight(now);
                return end > now
                    && end - now <= TimeSpan.FromHours(25)
                    && PacificDay.Of(end) == PacificDay.Of(now).AddDays(1)
                    && PacificDay.Of(end.AddTicks(-1)) == PacificDay.Of(now);
            }).QuickCheckThrowOnFailure();

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
