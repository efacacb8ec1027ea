using System.Globalization;
using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class QuotaCellTests
{
    private static readonly long Noon = new DateTimeOffset(2026, 6, 2, 19, 0, 0, TimeSpan.Zero).UtcTicks;

    [Theory]
    [InlineData(QuotaKind.RequestsPerMinute, 2, 0, false)]
    [InlineData(QuotaKind.RequestsPerMinute, 3, 0, true)]
    [InlineData(QuotaKind.InputTokensPerMinute, 299, 100, false)]
    [InlineData(QuotaKind.InputTokensPerMinute, 300, 100, true)]
    [InlineData(QuotaKind.RequestsPerDay, 2, 0, false)]
    [InlineData(QuotaKind.RequestsPerDay, 3, 0, true)]
    [InlineData(QuotaKind.InputTokensPerDay, 299, 100, false)]
    [InlineData(QuotaKind.InputTokensPerDay, 300, 100, true)]
    public void What_fits_is_what_is_left(QuotaKind kind, long limit, long tokens, bool fits)
    {
        var cell = Cell((kind, limit, QuotaSource.Learned));
        cell.Reserve(Noon, 100);
        cell.Reserve(Noon, 100);

        Assert.Equal(fits, cell.Fits(tokens, hardOnly: true));
        Assert.Equal(fits, cell.Fits(tokens));
        var at = cell.FitsAt(tokens, hardOnly: true);
        if (fits)
            return;
        cell.Advance(at - 1);
        Assert.False(cell.Fits(tokens, hardOnly: true));
        cell.Advance(at);
        Assert.True(cell.Fits(tokens, hardOnly: true)); // to the tick
    }

    [Theory]
    [InlineData(QuotaSource.Set, false)]
    [InlineData(QuotaSource.Learned, false)]
    [InlineData(QuotaSource.Prior, true)]
    [InlineData(QuotaSource.Expected, true)]
    [InlineData(QuotaSource.Unknown, true)]
    public void Only_what_was_told_or_set_is_hard(QuotaSource source, bool fits)
    {
        var cell = Cell((QuotaKind.RequestsPerMinute, 1, source));
        cell.Reserve(Noon, 0);

        Assert.Equal(fits, cell.Fits(0, hardOnly: true));
        Assert.Equal(source is QuotaSource.Unknown or QuotaSource.Expected, cell.Fits(0)); // what is shipped only orders
        Assert.Equal(source == QuotaSource.Unknown ? 1 : 0, Math.Round(cell.Score(), 1));
    }

    [Fact]
    public void Another_one_explains_a_refusal_but_not_the_next_one_a_minute_later()
    {
        var cell = Cell();

        Assert.False(cell.IsExcusedAgain(Noon));
        Assert.False(cell.IsExcusedAgain(Noon + TimeSpan.TicksPerSecond)); // requests sent together are refused together
        Assert.True(cell.IsExcusedAgain(Noon + TimeSpan.TicksPerMinute));
        Assert.True(cell.IsExcusedAgain(Noon + (2 * TimeSpan.TicksPerMinute)));
        Assert.False(cell.IsExcusedAgain(Noon + TimeSpan.TicksPerHour));
    }

    [Fact]
    public void A_prompt_larger_than_the_limit_fits_an_empty_window()
    {
        var cell = Cell((QuotaKind.InputTokensPerMinute, 1000, QuotaSource.Learned));
        Assert.True(cell.Fits(1100, hardOnly: true));
        cell.Reserve(Noon, 1);
        Assert.False(cell.Fits(1100, hardOnly: true));
        Assert.Equal(Noon + TimeSpan.TicksPerMinute + QuotaCell.Jitter, cell.FitsAt(1100, hardOnly: true));
    }

    [Fact]
    public void A_limit_of_zero_is_looked_at_again_with_the_next_day()
    {
        var cell = Cell((QuotaKind.RequestsPerMinute, 0, QuotaSource.Set));
        Assert.False(cell.Fits(0, hardOnly: true));
        Assert.Equal(cell.DayEnds, cell.FitsAt(0, hardOnly: true));
    }

    [Theory]
    [InlineData("2026-06-02T19:00:00Z", "2026-06-03T07:00:00Z")]
    [InlineData("2026-03-07T20:00:00Z", "2026-03-08T08:00:00Z")] // the night in which clocks go forward
    [InlineData("2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z")] // the day of 23 hours
    [InlineData("2026-10-31T20:00:00Z", "2026-11-01T07:00:00Z")] // the night in which they go back
    [InlineData("2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z")] // the day of 25 hours
    public void A_day_ends_at_midnight_in_Los_Angeles(string now, string midnight)
    {
        var (at, end) = (Ticks(now), Ticks(midnight));
        var cell = CellAt(at, (QuotaKind.RequestsPerDay, 1, QuotaSource.Learned), (QuotaKind.InputTokensPerDay, 100, QuotaSource.Learned));
        var entry = cell.Reserve(at, 100);
        var day = cell.DayEnds;

        Assert.Equal(end, cell.FitsAt(10, hardOnly: true));
        cell.Advance(end - 1);
        Assert.False(cell.Fits(10, hardOnly: true));
        cell.Advance(end);
        Assert.True(cell.Fits(10, hardOnly: true));
        cell.Reserve(end, 40);
        cell.Correct(entry, at, day, -1, -100); // what is settled now was counted yesterday
        Assert.Equal((1L, 40L), (cell.RequestsToday, cell.TokensToday));
    }

    [Fact]
    public void Walls_keep_all_away_until_their_end_and_a_day_wall_fills_the_day()
    {
        var cell = Cell();
        cell.HitMinuteWall(500, Noon + 10);
        Assert.True(cell.Fits(499, hardOnly: true));
        cell.HitMinuteWall(200, Noon + 5);
        Assert.False(cell.Fits(200, hardOnly: true));
        Assert.Equal(Noon + 10, cell.FitsAt(200, hardOnly: true));
        cell.Advance(Noon + 10);
        Assert.True(cell.Fits(500, hardOnly: true));

        cell[QuotaKind.RequestsPerDay] = new Quota { Limit = 50, Source = QuotaSource.Learned };
        cell.HitDayWall(QuotaKind.RequestsPerDay, 50);
        Assert.Equal(cell.DayEnds, cell.FitsAt(0, hardOnly: true));
        Assert.Equal(0, cell.DayShare());
    }

    [Fact]
    public void A_block_ends_and_leaves_no_reason_behind()
    {
        var cell = Cell();
        cell.Block(Noon + 100, FaultReason.NotEntitled);
        cell.Block(Noon + 50, FaultReason.QuotaMinute);
        Assert.Equal((Noon + 100, FaultReason.NotEntitled), (cell.BlockedUntil, cell.BlockedBy));
        cell.Advance(Noon + 100);
        Assert.Equal(0, cell.BlockedUntil);
    }

    [Fact]
    public void A_joined_cell_counts_for_both_and_each_sides_leases_can_be_settled()
    {
        var (cell, other) = (Cell(), Cell((QuotaKind.RequestsPerMinute, 10, QuotaSource.Learned)));
        var first = cell.Reserve(Noon + 5, 10);
        other.Reserve(Noon, 20);
        other.Reserve(Noon + 9, 30);
        cell.Join(other, Noon + 10);

        Assert.Same(cell, other.JoinedTo);
        Assert.Equal((3, 60L, 3L, 60L, 3, 60L), (cell.RequestsInMinute, cell.TokensInMinute, cell.RequestsToday, cell.TokensToday, cell.InFlight, cell.TokensInFlight));
        Assert.Equal(10, cell[QuotaKind.RequestsPerMinute].Limit);
        cell.Correct(first, Noon + 5, cell.DayEnds, -1, -10);
        cell.Correct(Reservation.ByInstant, Noon, cell.DayEnds, 0, 5);
        Assert.Equal((2, 55L, 2L, 55L), (cell.RequestsInMinute, cell.TokensInMinute, cell.RequestsToday, cell.TokensToday));
        cell.Advance(Noon + 8 + TimeSpan.TicksPerMinute + QuotaCell.Jitter);
        Assert.Equal((1, 30L), (cell.RequestsInMinute, cell.TokensInMinute)); // the right ones were corrected
    }

    [Fact]
    public void What_is_exported_is_what_is_imported()
    {
        var cell = Cell((QuotaKind.RequestsPerMinute, 10, QuotaSource.Learned));
        cell[QuotaKind.RequestsPerDay].Proven = 7;
        cell.Reserve(Noon, 10);
        cell.Reserve(Noon + 3, 20);
        cell.Block(Noon + TimeSpan.TicksPerHour, FaultReason.ModelNotForKey);
        (cell.IsSuspect, cell.Suspicions, cell.NextTrialAt) = (true, 2, Noon + 77);
        var state = cell.Export(PoolFixture.Flash);
        var copy = Cell();
        copy.Import(state, Noon + 5);

        Assert.Equivalent(state, copy.Export(PoolFixture.Flash), strict: true);
        Assert.Equal((2, 30L, 2L), (copy.RequestsInMinute, copy.TokensInMinute, copy.RequestsToday));
        var nextDay = Cell();
        nextDay.Import(state, cell.DayEnds);
        Assert.Equal((0, 0L, 0L), (nextDay.RequestsInMinute, nextDay.RequestsToday, nextDay.BlockedUntil));
    }

    private static QuotaCell Cell(params (QuotaKind Kind, long Limit, QuotaSource Source)[] limits) => CellAt(Noon, limits);

    private static QuotaCell CellAt(long now, params (QuotaKind Kind, long Limit, QuotaSource Source)[] limits)
    {
        var cell = new QuotaCell(new ProjectGroup(0, "solo", isDeclared: false) { First = PoolFixture.Id(1) });
        foreach (var (kind, limit, source) in limits)
            cell[kind] = new Quota { Limit = limit, Source = source };
        cell.Advance(now);
        return cell;
    }

    private static long Ticks(string instant) => DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture).UtcTicks;
}
