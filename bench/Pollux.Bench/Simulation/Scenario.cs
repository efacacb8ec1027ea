using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pollux.Bench.Simulation;

/// <summary>A scenario file as written: projects with their true limits, load, faults.</summary>
/// <remarks>With setters, not initialisers: generated code would overwrite the default of a member that is absent.</remarks>
internal sealed class Scenario
{
    public long Seed { get; set; } = 1;

    /// <summary>UTC, ISO 8601.</summary>
    public string Start { get; set; } = "2026-06-01T16:00:00Z";

    public double Minutes { get; set; } = 60;

    public List<ScenarioProject> Projects { get; set; } = [];

    /// <summary>Absent: those that the arrivals name.</summary>
    public List<string>? Models { get; set; }

    public List<ScenarioArrivals> Arrivals { get; set; } = [];

    public ScenarioFaults Faults { get; set; } = new();

    public double PatienceSeconds { get; set; } = 60;

    /// <summary><c>fixed</c>, <c>rolling</c>, or <c>both</c> (default).</summary>
    public string? Windows { get; set; }

    /// <summary>Minutes after the start at which the process is killed and started anew.</summary>
    public List<double> RestartAt { get; set; } = [];

    /// <summary>Absent: all.</summary>
    public List<string>? Strategies { get; set; }

    /// <summary>Members that mean nothing here; warned about by name.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Projects that are alike.</summary>
internal sealed class ScenarioProject
{
    public int Count { get; set; } = 1;

    /// <summary>Keys of each project.</summary>
    public int Keys { get; set; } = 1;

    /// <summary>The operator told which keys belong together.</summary>
    public bool Declared { get; set; }

    /// <summary>By model. A model not named has limit 0 here.</summary>
    public Dictionary<string, ScenarioLimits?> Limits { get; set; } = [];

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>What Google allows a project of one model; <see langword="null"/> = no such limit.</summary>
internal sealed class ScenarioLimits
{
    public int? Rpm { get; set; }

    public int? Rpd { get; set; }

    public long? TpmInput { get; set; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>One stream of requests.</summary>
internal sealed class ScenarioArrivals
{
    public string Model { get; set; } = "";

    /// <summary>Mean arrivals per minute; a list is repeated minute by minute.</summary>
    [JsonConverter(typeof(NumberOrListConverter))]
    public double[] PerMinute { get; set; } = [];

    public ScenarioTokens Tokens { get; set; } = new();

    /// <summary>Share of requests with pictures or sound, whose tokens are harder to estimate.</summary>
    public double MediaShare { get; set; }

    /// <summary><c>poisson</c> (default), or <c>even</c>: evenly spaced, for results that can be checked on paper.</summary>
    public string Spacing { get; set; } = "poisson";

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Input tokens of a request, log-normal.</summary>
internal sealed class ScenarioTokens
{
    public double Mean { get; set; } = 1000;

    /// <summary>Absent: twice the mean.</summary>
    public double? P95 { get; set; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>What goes wrong apart from quotas.</summary>
internal sealed class ScenarioFaults
{
    /// <summary>Keys beside those of the projects, unknown to Google.</summary>
    public int InvalidKeys { get; set; }

    [JsonPropertyName("503_share")]
    public double OverloadShare { get; set; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>A number, or a list of them.</summary>
internal sealed class NumberOrListConverter : JsonConverter<double[]>
{
    public override double[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number)
            return [reader.GetDouble()];
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("A number or a list of numbers is needed.");
        List<double> values = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number)
                throw new JsonException("A list of numbers is needed.");
            values.Add(reader.GetDouble());
        }
        return [.. values];
    }

    public override void Write(Utf8JsonWriter writer, double[] value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Scenarios are only read.");
}

/// <summary>How scenarios are read and reports written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(Scenario))]
internal sealed partial class ScenarioJson : JsonSerializerContext;
