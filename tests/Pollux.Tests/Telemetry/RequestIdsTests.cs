using System.Collections.Concurrent;
using Pollux.Telemetry;

namespace Pollux.Tests.Telemetry;

public sealed class RequestIdsTests
{
    [Fact]
    public void An_id_has_one_shape()
    {
        var ids = new RequestIds();
        for (int i = 0; i < 1000; i++)
            Assert.Matches("^req_[0-9a-hjkmnp-tv-z]{13}$", ids.Next());
    }

    [Fact]
    public void No_id_comes_twice_whoever_asks()
    {
        var ids = new RequestIds();
        var seen = new ConcurrentBag<string>();
        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < 5000; i++)
                seen.Add(ids.Next());
        });

        Assert.Equal(40_000, seen.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Two_processes_begin_at_different_places()
    {
        var first = new RequestIds();
        var second = new RequestIds();

        Assert.Empty(Enumerable.Range(0, 1000).Select(_ => first.Next()).Intersect(Enumerable.Range(0, 1000).Select(_ => second.Next()), StringComparer.Ordinal));
    }
}
