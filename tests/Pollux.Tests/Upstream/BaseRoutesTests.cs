using Pollux.Settings;
using Pollux.Tests.Time;
using Pollux.Upstream;

namespace Pollux.Tests.Upstream;

/// <summary>Several addresses of the upstream: turns by weight, and those that cannot be reached are passed over for a while.</summary>
public sealed class BaseRoutesTests
{
    private readonly ManualTimeProvider _clock = new();

    [Theory]
    [InlineData("a1", "aaaa")]
    [InlineData("a1 b1", "abab")]
    [InlineData("a3 b1", "aabaaaba")]
    [InlineData("a2 b1 c1", "abcaabca")]
    public void Turns_follow_the_weights_evenly_mixed(string weights, string turns)
    {
        BaseRoutes routes = Routes(weights);

        Assert.Equal(turns, string.Concat(turns.Select(_ => Name(routes.Next()))));
    }

    [Fact]
    public void One_that_failed_is_passed_over_until_its_pause_is_over()
    {
        BaseRoutes routes = Routes("a1 b1");
        routes.Failed("https://a.test/");

        Assert.Equal("bbbb", string.Concat(Enumerable.Range(0, 4).Select(_ => Name(routes.Next()))));
        _clock.Advance(BaseRoutes.Pause);

        Assert.Equal("ab", string.Concat(Enumerable.Range(0, 2).Select(_ => Name(routes.Next())).Order()));
    }

    [Fact]
    public void When_all_failed_they_are_asked_in_turns()
    {
        BaseRoutes routes = Routes("a1 b1");
        routes.Failed("https://a.test/");
        routes.Failed("https://b.test/");

        Assert.Equal("ab", string.Concat(Enumerable.Range(0, 2).Select(_ => Name(routes.Next())).Order()));
    }

    private BaseRoutes Routes(string weights) => new(
        [.. weights.Split(' ').Select(static one => new WeightedAddress(new Uri($"https://{one[0]}.test/"), one[1] - '0'))], _clock);

    private static char Name(string address) => address["https://".Length];
}
