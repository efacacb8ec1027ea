using FsCheck;
using FsCheck.Fluent;
using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class MinuteLogTests
{
    private const long Span = TimeSpan.TicksPerMinute;
    private const long Ms = TimeSpan.TicksPerMillisecond;
    private const long Start = 1_000_000 * Ms;

    [Fact]
    public void A_request_leaves_the_count_exactly_when_its_minute_is_over()
    {
        var log = new MinuteLog();
        log.Add(Start, 10);
        log.Add(Start + Ms, 20);

        log.Expire(Start + Span - 1, Span);
        Assert.Equal((2, 30L), (log.Requests, log.Tokens));
        log.Expire(Start + Span, Span);
        Assert.Equal((1, 20L), (log.Requests, log.Tokens));
        log.Expire(Start + Span + Ms, Span);
        Assert.Equal((0, 0L), (log.Requests, log.Tokens));
    }

    [Fact]
    public void Many_requests_share_entries_and_none_leaves_early()
    {
        var log = new MinuteLog();
        for (var i = 0; i < 5_000; i++)
            log.Add(Start + (i * Ms), 1);

        Assert.Equal(5_000, log.Requests);
        Assert.InRange(log.Entries, 257 + (4_700 / 21), 257 + (4_800 / 20));
        Assert.InRange(log.Export().Length, 5_000 / 250, (5_000 / 250) + 1); // what is kept is smaller still
        Assert.Equal(5_000, log.Export().Sum(static entry => entry.Requests));
        log.Expire(Start + Span + (2_500 * Ms), Span);
        Assert.InRange(log.Requests, 2_499, 2_499 + 20); // those of 2,500 ms and before may go, up to one entry stays longer
    }

    [Fact]
    public void An_entry_can_be_corrected_and_given_back_while_it_counts()
    {
        var log = new MinuteLog();
        var first = log.Add(Start, 100);
        var second = log.Add(Start + Ms, 100);

        log.Correct(first, Start, 0, -40);
        log.Correct(second, Start + Ms, -1, -100);
        Assert.Equal((1, 60L), (log.Requests, log.Tokens));
        log.Expire(Start + Span, Span);
        log.Correct(first, Start, -1, -60); // forgotten
        Assert.Equal((0, 0L), (log.Requests, log.Tokens));
        log.Correct(99, Start, -1, -60); // never was
        Assert.Equal((0, 0L), (log.Requests, log.Tokens));
    }

    [Theory]
    [InlineData(3, 600, 0)] // fits already
    [InlineData(2, 600, 0)] // after the first
    [InlineData(2, 500, 0)]
    [InlineData(1, 600, 10)]
    [InlineData(2, 299, 20)] // tokens need all three gone
    [InlineData(0, 600, 20)]
    [InlineData(-1, 600, 20)] // never: the end of what is known
    public void Room_is_free_when_enough_is_forgotten(int requests, int tokens, int afterMs)
    {
        var log = new MinuteLog();
        log.Add(Start, 100);
        log.Add(Start + (10 * Ms), 200);
        log.Add(Start + (20 * Ms), 300);

        Assert.Equal(requests == 3 ? 0 : Start + (afterMs * Ms) + Span, log.FreeAt(requests, tokens, Span));
    }

    [Fact]
    public void Threads_that_read_the_clock_in_one_order_and_count_in_another_do_not_disturb_the_order()
    {
        var log = new MinuteLog();
        log.Add(Start + 5, 1);
        log.Add(Start, 1);

        var free = log.FreeAt(0, 0, Span);
        log.Expire(free - 1, Span);
        Assert.NotEqual(0, log.Requests); // otherwise a wall would be said to end at an instant at which it stands
        log.Expire(free, Span);
        Assert.Equal(0, log.Requests);
    }

    [Fact]
    public void Since_counts_from_an_instant_on()
    {
        var log = new MinuteLog();
        for (var i = 0; i < 5; i++)
            log.Add(Start + (i * Ms), 10);

        Assert.Equal((3, 30L), log.Since(Start + (2 * Ms)));
        Assert.Equal((5, 50L), log.Since(0));
        Assert.Equal((0, 0L), log.Since(Start + (5 * Ms)));
    }

    [Fact]
    public void An_exported_log_counts_the_same_after_import()
    {
        var log = new MinuteLog();
        for (var i = 0; i < 10; i++)
            log.Add(Start + (i * Ms), 10);
        log.Correct(4, Start + (4 * Ms), -1, -10);
        var copy = new MinuteLog();
        copy.Import([.. log.Export().Reverse()]);

        Assert.Equal((9, 90L), (copy.Requests, copy.Tokens));
        log.Expire(Start + Span + (5 * Ms), Span);
        copy.Expire(Start + Span + (5 * Ms), Span);
        Assert.Equal((log.Requests, log.Tokens), (copy.Requests, copy.Tokens));
        copy.CorrectAt(Start + (7 * Ms), -1, -10);
        Assert.Equal((3, 30L), (copy.Requests, copy.Tokens));
        copy.CorrectAt(Start + (7 * Ms) + 1, -1, -10); // nothing was counted then
        Assert.Equal((3, 30L), (copy.Requests, copy.Tokens));
    }

    [Fact]
    public void Whatever_was_counted_before_two_logs_were_joined_can_be_corrected_after() =>
        Prop.ForAll(
            (from mine in Gen.Choose(0, 400) from theirs in Gen.Choose(0, 400) from step in Gen.Choose(0, 5) select (mine, theirs, step)).ToArbitrary(),
            shape =>
            {
                var (log, other) = (new MinuteLog(), new MinuteLog());
                List<(long Entry, long At)> reserved = [];
                for (var i = 0; i < shape.mine; i++)
                    reserved.Add((log.Add(Start + (i * shape.step * Ms), 7), Start + (i * shape.step * Ms)));
                for (var i = 0; i < shape.theirs; i++)
                {
                    other.Add(Start + (i * 2 * Ms), 7);
                    reserved.Add((-1, Start + (i * 2 * Ms)));
                }

                log.Join(other);
                if (log.Requests != shape.mine + shape.theirs)
                    return false;
                foreach (var (entry, at) in reserved)
                    log.Correct(entry, at, -1, -7);
                var shared = Math.Max(shape.mine, shape.theirs) > 256; // then a few may be found in a neighbour's entry
                return log.Requests >= 0 && log.Requests <= (shared ? (shape.mine + shape.theirs) / 20 : 0) && log.Tokens == 7L * log.Requests;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_history_counts_like_the_plainest_model() =>
        Prop.ForAll(
            (from what in Gen.Choose(0, 5) from ms in Gen.Choose(0, 9_000) from tokens in Gen.Choose(0, 500) select (what, ms, tokens)).ListOf().ToArbitrary(),
            steps =>
            {
                var log = new MinuteLog();
                List<(long Entry, long At, int Requests, long Tokens)> model = [];
                var now = Start;
                foreach (var (what, ms, tokens) in steps)
                {
                    if (what == 0)
                        now += ms * Ms;
                    log.Expire(now, Span);
                    model.RemoveAll(entry => entry.At + Span <= now);
                    if (what > 1)
                        model.Add((log.Add(now, tokens), now, 1, tokens));
                    else if (model.Count > 0)
                    {
                        var (entry, at, requests, counted) = model[tokens % model.Count];
                        log.Correct(entry, at, -requests, -counted);
                        model[tokens % model.Count] = (entry, at, 0, 0);
                    }

                    if (log.Requests != model.Sum(entry => entry.Requests) || log.Tokens != model.Sum(entry => entry.Tokens))
                        return false;
                }

                return true;
            }).QuickCheckThrowOnFailure();
}
