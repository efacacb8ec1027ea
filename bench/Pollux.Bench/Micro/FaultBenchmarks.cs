using BenchmarkDotNet.Attributes;
using Pollux.KeyPool;

namespace Pollux.Bench.Micro;

/// <summary>What a failed attempt costs besides the attempt.</summary>
public class FaultBenchmarks
{
    private static readonly SecretText Secret = new("AQ.key-of-the-benchmark-00000001");

    [Benchmark(Description = "Quota of a minute")]
    public Fault ClassifyQuotaOfAMinute() => FaultAttribution.Classify(new UpstreamFailure
    {
        HttpStatus = 429,
        Body = SampleAnswers.QuotaError,
        ContentType = "application/json",
        Model = "gemini-3.5-flash",
        Secret = Secret,
    });
}
