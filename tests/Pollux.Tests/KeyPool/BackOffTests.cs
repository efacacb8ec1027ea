using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class BackOffTests
{
    [Theory]
    [InlineData(0, 0.25, 0.5)]
    [InlineData(1, 0.5, 1)]
    [InlineData(3, 2, 4)]
    [InlineData(4, 4, 8)]
    [InlineData(5, 4, 8)]
    [InlineData(int.MaxValue, 4, 8)]
    public void Pauses_double_up_to_the_longest_with_jitter(int retry, double least, double most)
    {
        var random = new Random(7);
        var pauses = Enumerable.Range(0, 200).Select(_ => BackOff.Default.Pause(retry, random).TotalSeconds).ToList();

        Assert.All(pauses, pause => Assert.InRange(pause, least, most));
        Assert.True(pauses.Distinct().Count() > 100);
    }

    [Fact]
    public void The_upstreams_own_wish_is_never_undercut() =>
        Assert.Equal(TimeSpan.FromSeconds(20), BackOff.Default.Pause(0, new Random(7), TimeSpan.FromSeconds(20)));

    [Fact]
    public void Zero_switches_pauses_off() =>
        Assert.Equal(TimeSpan.Zero, new BackOff(TimeSpan.Zero, TimeSpan.FromSeconds(8)).Pause(3, new Random(7)));

    [Fact]
    public void The_same_chance_gives_the_same_pause() =>
        Assert.Equal(BackOff.Default.Pause(2, new Random(1)), BackOff.Default.Pause(2, new Random(1)));
}
