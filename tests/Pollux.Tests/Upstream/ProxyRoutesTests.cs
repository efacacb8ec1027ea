using Microsoft.Extensions.Logging.Abstractions;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Tests.Settings;
using Pollux.Tests.Time;
using Pollux.Upstream;

namespace Pollux.Tests.Upstream;

/// <summary>Which proxy a key takes, and how long one that fails is left out.</summary>
public sealed class ProxyRoutesTests
{
    private const int Keys = 2000;

    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void One_more_proxy_takes_its_share_of_the_keys_and_moves_no_other()
    {
        using ProxyRoutes four = Routes(4), five = Routes(5);

        int moved = 0;
        foreach (Credential key in Credentials())
        {
            string before = Chosen(four, key), after = Chosen(five, key);
            moved += before == after ? 0 : 1;
            Assert.True(before == after || after == Address(4), "A key moved between old proxies.");
        }

        Assert.InRange(moved, Keys * 0.15, Keys * 0.25);
    }

    [Fact]
    public void Keys_are_spread_evenly()
    {
        using ProxyRoutes routes = Routes(4);

        Assert.All(Credentials().CountBy(key => Chosen(routes, key)), static pair => Assert.InRange(pair.Value, Keys * 0.2, Keys * 0.3));
    }

    [Fact]
    public void One_that_fails_is_left_out_for_longer_each_time_and_asked_by_one_request_alone()
    {
        using ProxyRoutes routes = Routes(2);
        ulong draw = routes.Draw(Credentials().First());
        ProxyRoute first = routes.Pick(draw)!;

        foreach (int seconds in (int[])[5, 10, 20, 40, 80, 160, 300, 300])
        {
            routes.Failed(first, "It is away.");
            routes.Failed(first, "It is away."); // who had asked at the same time: that is no further failure
            _clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            Assert.NotSame(first, routes.Pick(draw));
            _clock.Advance(TimeSpan.FromTicks(1));
            Assert.Same(first, routes.Pick(draw));
            Assert.NotSame(first, routes.Pick(draw)); // until the first has its answer
        }

        routes.Worked(first);
        Assert.Same(first, routes.Pick(draw));
        Assert.Same(first, routes.Pick(draw));
    }

    [Fact]
    public void With_all_of_them_failed_there_is_none_and_it_is_said_when_there_may_be_one()
    {
        using ProxyRoutes routes = Routes(3);
        ulong draw = routes.Draw(Credentials().First());
        while (routes.Pick(draw) is { } route)
            routes.Failed(route, "It is away.");

        ProxiesDownException down = routes.Down();

        Assert.Equal(TimeSpan.FromSeconds(5), down.RetryAfter);
        Assert.StartsWith("3 of the 3 outbound proxies", down.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("proxy-", down.Message, StringComparison.Ordinal);
    }

    private static string Address(int index) => $"http://proxy-{index}.test:8080";

    private static string Chosen(ProxyRoutes routes, Credential key) => routes.Pick(routes.Draw(key))!.Proxy.ToString();

    private static IEnumerable<Credential> Credentials()
    {
        var pool = new global::Pollux.KeyPool.KeyPool(TimeProvider.System, new Random(1), new KeyPoolOptions());
        pool.Add(Enumerable.Range(0, Keys).Select(static index => new KeyEntry($"AQ.key-of-the-proxies-{index:D6}-000000000")));
        return pool.Credentials();
    }

    private ProxyRoutes Routes(int count)
    {
        DispatchSettings settings = SettingsFixture.With("PROXIES", string.Join(',', Enumerable.Range(0, count).Select(Address))).Dispatch;
        return new ProxyRoutes(settings, static _ => throw new InvalidOperationException("No connection is made before one is needed."), _clock, NullLogger.Instance);
    }
}
