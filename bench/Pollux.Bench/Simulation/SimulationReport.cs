using System.Text.Json.Serialization;

namespace Pollux.Bench.Simulation;

/// <summary>What a run prints.</summary>
internal sealed record SimulationReport
{
    public required string Start { get; init; }

    public required double Minutes { get; init; }

    public required long Seed { get; init; }

    public required int Keys { get; init; }

    public required int Projects { get; init; }

    public required List<StrategyReport> Strategies { get; init; }
}

/// <summary>One strategy under one way to count minutes.</summary>
internal sealed record StrategyReport
{
    public required string Strategy { get; init; }

    /// <summary><c>fixed</c> or <c>rolling</c>.</summary>
    public required string Windows { get; init; }

    /// <summary>Requests, without those that a restart killed.</summary>
    public required long Offered { get; init; }

    public required long Served { get; init; }

    /// <summary>What could be served at most with full knowledge.</summary>
    public required long Ideal { get; init; }

    /// <summary>Only where tokens bind: what serving small requests first, ahead of all time, would reach.</summary>
    public long? IdealClairvoyant { get; init; }

    public required double ServedOverIdeal { get; init; }

    /// <summary>429s of every kind per 1,000 requests served.</summary>
    [JsonPropertyName("upstream429Per1000")]
    public required double Upstream429Per1000 { get; init; }

    /// <summary>429s per 1,000 requests served on a key that had been told about the same wall.</summary>
    [JsonPropertyName("avoidable429Per1000")]
    public required double Avoidable429Per1000 { get; init; }

    /// <summary>Requests that ended without an answer.</summary>
    public required long ClientFailures { get; init; }

    /// <summary>From arrival to the sending of the attempt that won, over requests served.</summary>
    public required int WaitP50Ms { get; init; }

    public required int WaitP95Ms { get; init; }

    public required int WaitP99Ms { get; init; }

    /// <summary>429s in the first ten minutes.</summary>
    [JsonPropertyName("learningCost429")]
    public required long LearningCost429 { get; init; }

    [JsonPropertyName("upstream429")]
    public required long Upstream429 { get; init; }

    [JsonPropertyName("avoidable429")]
    public required long Avoidable429 { get; init; }

    [JsonPropertyName("upstream503")]
    public required long Upstream503 { get; init; }

    public required long InvalidKeyAnswers { get; init; }

    public required long Attempts { get; init; }

    /// <summary>Keys whose project the strategy is not told, without invalid ones.</summary>
    public required int UndeclaredKeys { get; init; }

    /// <summary>Quota days that the run touches.</summary>
    public required int Days { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(SimulationReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
