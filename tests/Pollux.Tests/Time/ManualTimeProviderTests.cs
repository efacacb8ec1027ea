namespace Pollux.Tests.Time;

public sealed class ManualTimeProviderTests
{
    [Fact]
    public void Timers_fire_in_order_at_their_own_instant()
    {
        var clock = new ManualTimeProvider();
        var start = clock.GetUtcNow();
        List<string> fired = [];
        using var late = clock.CreateTimer(_ => fired.Add($"late {(clock.GetUtcNow() - start).TotalSeconds}"), null, TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using var often = clock.CreateTimer(_ => fired.Add($"often {(clock.GetUtcNow() - start).TotalSeconds}"), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));

        clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(["often 2", "often 4", "late 5"], fired);
        Assert.Equal(TimeSpan.FromSeconds(5), clock.GetUtcNow() - start);
    }

    [Fact]
    public async Task Delays_wait_for_the_clock_and_end_with_it()
    {
        var clock = new ManualTimeProvider();
        var delay = Task.Delay(TimeSpan.FromMinutes(1), clock, TestContext.Current.CancellationToken);

        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(delay.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        await delay;
    }

    [Fact]
    public void Elapsed_time_is_right_whatever_the_frequency()
    {
        var clock = new ManualTimeProvider();
        var began = clock.GetTimestamp();
        clock.Advance(TimeSpan.FromSeconds(90));

        Assert.Equal(90, clock.GetElapsedTime(began).TotalSeconds, 3);
    }
}
