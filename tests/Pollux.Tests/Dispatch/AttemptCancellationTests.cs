using Pollux.Dispatch;
using Pollux.Tests.Time;

namespace Pollux.Tests.Dispatch;

/// <summary>An attempt ends by silence or with its request, and the two can be told apart.</summary>
public sealed class AttemptCancellationTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(64); // a 64th of it is a second
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void Silence_ends_an_attempt_at_the_bound_and_not_before()
    {
        var clock = new ManualTimeProvider();
        using var attempt = new AttemptCancellation(Bound, clock, CancellationToken.None);

        clock.Advance(Bound - Moment);
        Assert.False(attempt.Token.IsCancellationRequested);
        clock.Advance(Moment);
        Assert.True(attempt.Token.IsCancellationRequested);
        Assert.False(attempt.RequestEnded);
    }

    [Fact]
    public void While_we_do_not_read_no_silence_counts_and_then_it_begins_anew()
    {
        var clock = new ManualTimeProvider();
        using var attempt = new AttemptCancellation(Bound, clock, CancellationToken.None);
        clock.Advance(Bound / 2);

        attempt.Suspend();
        clock.Advance(Bound * 10);
        Assert.False(attempt.Token.IsCancellationRequested);
        attempt.Resume();

        clock.Advance(Bound - Moment);
        Assert.False(attempt.Token.IsCancellationRequested);
        clock.Advance(Moment);
        Assert.True(attempt.Token.IsCancellationRequested);
    }

    [Theory]
    [InlineData(10)] // far apart
    [InlineData(1.1)] // just behind the step at which the timer is set anew
    [InlineData(0.9)] // just before it
    [InlineData(0.01)]
    public void Whoever_is_heard_is_never_cut(double seconds)
    {
        var clock = new ManualTimeProvider();
        using var attempt = new AttemptCancellation(Bound, clock, CancellationToken.None);

        for (double passed = 0; passed < 300; passed += seconds)
        {
            clock.Advance(TimeSpan.FromSeconds(seconds));
            attempt.Heard();
        }

        Assert.False(attempt.Token.IsCancellationRequested);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    [InlineData(1.0)]
    [InlineData(1.5)]
    [InlineData(30.0)]
    [InlineData(63.9)]
    public void The_silence_that_ends_it_is_the_bound_within_a_64th(double heardAfter)
    {
        var clock = new ManualTimeProvider();
        using var attempt = new AttemptCancellation(Bound, clock, CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(heardAfter));
        attempt.Heard();

        clock.Advance((Bound * 63 / 64) - Moment);
        Assert.False(attempt.Token.IsCancellationRequested);
        clock.Advance((Bound / 64) + (2 * Moment));
        Assert.True(attempt.Token.IsCancellationRequested);
    }

    [Fact]
    public void Steps_too_small_to_set_the_timer_do_not_add_up()
    {
        var clock = new ManualTimeProvider();
        using var attempt = new AttemptCancellation(Bound, clock, CancellationToken.None);
        for (int i = 0; i < 250; i++) // each less than a 64th of the bound behind the last, together well beyond one
        {
            clock.Advance(TimeSpan.FromMilliseconds(10));
            attempt.Heard();
        }

        clock.Advance((Bound * 63 / 64) - Moment);
        Assert.False(attempt.Token.IsCancellationRequested);
    }

    [Fact]
    public void The_end_of_the_request_ends_it_at_once()
    {
        using var request = new CancellationTokenSource();
        using var attempt = new AttemptCancellation(Bound, new ManualTimeProvider(), request.Token);
        Assert.False(attempt.RequestEnded);

        request.Cancel();

        Assert.True(attempt.Token.IsCancellationRequested);
        Assert.True(attempt.RequestEnded);
    }

    [Fact]
    public void A_request_that_is_over_already_begins_no_attempt()
    {
        using var attempt = new AttemptCancellation(Bound, new ManualTimeProvider(), new CancellationToken(canceled: true));

        Assert.True(attempt.Token.IsCancellationRequested);
        Assert.True(attempt.RequestEnded);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Without_a_bound_only_the_request_ends_it(int seconds)
    {
        var clock = new ManualTimeProvider();
        using var request = new CancellationTokenSource();
        using var attempt = new AttemptCancellation(TimeSpan.FromSeconds(seconds), clock, request.Token);

        clock.Advance(TimeSpan.FromDays(1));
        attempt.Heard();
        clock.Advance(TimeSpan.FromDays(1));
        Assert.False(attempt.Token.IsCancellationRequested);
        request.Cancel();
        Assert.True(attempt.Token.IsCancellationRequested);
    }

    [Fact]
    public void To_be_heard_too_late_revives_nothing()
    {
        var clock = new ManualTimeProvider();
        using var attempt = new AttemptCancellation(Bound, clock, CancellationToken.None);
        clock.Advance(Bound);

        attempt.Heard();

        Assert.True(attempt.Token.IsCancellationRequested);
        Assert.False(attempt.RequestEnded);
    }

    [Fact]
    public void A_finished_attempt_leaves_nothing_behind()
    {
        var clock = new ManualTimeProvider();
        using var request = new CancellationTokenSource();
        var attempt = new AttemptCancellation(Bound, clock, request.Token);
        CancellationToken token = attempt.Token;
        attempt.Dispose();

        clock.Advance(Bound * 2);
        request.Cancel();

        Assert.False(token.IsCancellationRequested);
    }
}
