using System.Globalization;
using BenchmarkDotNet.Attributes;
using Pollux.KeyPool;

namespace Pollux.Bench.Micro;

/// <summary>What the key pool costs each request: it must not depend on the number of keys.</summary>
public class PoolBenchmarks
{
    private const string Model = "gemini-3.5-flash";
    private const string OtherModel = "gemini-3.5-pro";
    private const int Turns = 20_000; // by each thread of the benchmark with two

    private KeyPool.KeyPool _pool = null!;

    [Params(KeySelectionStrategy.Quota, KeySelectionStrategy.LeastRecentlyUsed)]
    public KeySelectionStrategy Selection { get; set; }

    [Params(10, 10_000, 100_000)]
    public int Keys { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _pool = new KeyPool.KeyPool(TimeProvider.System, new Random(1), new KeyPoolOptions { Selection = Selection });
        _pool.Add(Enumerable.Range(0, Keys).Select(static i => new KeyEntry(string.Create(CultureInfo.InvariantCulture, $"AQ.key-of-the-benchmark-{i:D8}"))));
        if (_pool.Count != Keys)
            throw new InvalidOperationException("The pool refused sample keys.");
        RestoreQuarter(Model);
        RestoreQuarter(OtherModel);
    }

    private void RestoreQuarter(string model) =>
        _pool.Restore(Enumerable.Range(0, Keys).Where(static i => i % 4 == 0).Select(i => new QuotaCellState
        {
            Credential = new CredentialId(i + 1),
            Model = model,
            Tier = ProjectTier.Paid,
            DayEnds = PacificDay.NextMidnight(TimeProvider.System.GetUtcNow()),
            Limits = [new QuotaLimitState(QuotaKind.RequestsPerMinute, 1_000_000_000, 0)], // a quarter knows its limit, which is never reached
        }));

    [Benchmark(Description = "Lease and settle")]
    public bool LeaseAndSettle() => LeaseAndSettle(Model);

    [Benchmark(Description = "Two threads at once, one model", OperationsPerInvoke = 2 * Turns)]
    public void TwoThreads() => Parallel.For(0, 2, new ParallelOptions { MaxDegreeOfParallelism = 2 }, _ => Repeat(Model));

    [Benchmark(Description = "One thread that does a little else between", OperationsPerInvoke = Turns)]
    public void OneBusyThread() => RepeatBetweenOtherWork();

    [Benchmark(Description = "Two threads that do a little else between, one model", OperationsPerInvoke = 2 * Turns)]
    public void TwoBusyThreads() => Parallel.For(0, 2, new ParallelOptions { MaxDegreeOfParallelism = 2 }, _ => RepeatBetweenOtherWork());

    [Benchmark(Description = "Two threads at once, a model each", OperationsPerInvoke = 2 * Turns)]
    public void TwoModels() => Parallel.For(0, 2, new ParallelOptions { MaxDegreeOfParallelism = 2 }, thread => Repeat(thread == 0 ? Model : OtherModel));

    private void Repeat(string model)
    {
        for (int i = 0; i < Turns; i++)
            LeaseAndSettle(model);
    }

    /// <summary>As a gateway does, which spends at least 30 microseconds on a request besides; here it is some five.</summary>
    private void RepeatBetweenOtherWork()
    {
        for (int i = 0; i < Turns; i++)
        {
            LeaseAndSettle(Model);
            Thread.SpinWait(150);
        }
    }

    private bool LeaseAndSettle(string model)
    {
        if (!_pool.TryLease(new LeaseRequest(model, 100), out Lease? lease, out _))
            return false;
        lease.Settle(AttemptReport.Success(new TokenUsage(100, 0, 20, 0, 0, 120)));
        return true;
    }
}
