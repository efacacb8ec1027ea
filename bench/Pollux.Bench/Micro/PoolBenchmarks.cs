using System.Globalization;
using BenchmarkDotNet.Attributes;
using Pollux.KeyPool;

namespace Pollux.Bench.Micro;

/// <summary>What the key pool costs each request: it must not depend on the number of keys.</summary>
public class PoolBenchmarks
{
    private KeyPool.KeyPool _pool = null!;

    [Params(10, 10_000)]
    public int Keys { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _pool = new KeyPool.KeyPool(TimeProvider.System, new Random(1), new KeyPoolOptions());
        _pool.Add(Enumerable.Range(0, Keys).Select(static i => new KeyEntry(string.Create(CultureInfo.InvariantCulture, $"AQ.key-of-the-benchmark-{i:D8}"))));
        if (_pool.Count != Keys)
            throw new InvalidOperationException("The pool refused sample keys.");
    }

    [Benchmark(Description = "Lease and settle")]
    public bool LeaseAndSettle()
    {
        if (!_pool.TryLease(new LeaseRequest("gemini-3.5-flash"), out Lease? lease, out _))
            return false;
        lease.Settle(AttemptReport.Success(default));
        return true;
    }
}
