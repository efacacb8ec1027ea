using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pollux.Protocols.Gemini.Models;

/// <summary>The data file as written. An entry says only what differs from the entry it extends.</summary>
internal sealed record ModelCatalogFile
{
    public required string Dated { get; init; }
    public required List<ModelFamilyEntry> Families { get; init; }

    public static ModelCatalog ReadEmbedded()
    {
        using var file = typeof(ModelCatalogFile).Assembly.GetManifestResourceStream("models.json")
            ?? throw new InvalidOperationException("models.json is not embedded.");
        return Read(file);
    }

    /// <exception cref="JsonException">The file has an unknown member, a wrong type, or extends what was not yet said.</exception>
    public static ModelCatalog Read(Stream file)
    {
        var written = JsonSerializer.Deserialize(file, ModelCatalogJson.Default.ModelCatalogFile)
            ?? throw new JsonException("models.json is empty.");
        var resolved = new Dictionary<string, ModelCapabilities>();
        var families = new List<ModelFamily>();
        foreach (var entry in written.Families)
        {
            var basis = new ModelCapabilities { Family = entry.Id };
            if (entry.Extends is not null && !resolved.TryGetValue(entry.Extends, out basis))
                throw new JsonException($"{entry.Id} extends {entry.Extends}, which no entry before it is called.");
            var capabilities = entry.ApplyTo(basis!);
            resolved.Add(entry.Id, capabilities);
            if (entry.Match is { Length: > 0 })
                families.Add(new ModelFamily(entry.Match, capabilities));
        }
        return new ModelCatalog(written.Dated, [.. families]);
    }
}

/// <summary>One entry as written; what is not written is taken from the entry it extends.</summary>
internal sealed record ModelFamilyEntry
{
    public required string Id { get; init; }
    public string? Extends { get; init; }
    public string[]? Match { get; init; }
    public string? Thinking { get; init; }
    public int? MinBudget { get; init; }
    public int? MaxBudget { get; init; }
    public bool? CanBeOff { get; init; }
    public bool? OffByDefault { get; init; }
    public ThinkingLevel[]? Levels { get; init; }
    public ThinkingLevel? DefaultLevel { get; init; }
    public Modalities[]? Input { get; init; }
    public Modalities[]? Output { get; init; }
    public BuiltInTools[]? BuiltInTools { get; init; }
    public bool? Functions { get; init; }
    public bool? BuiltInToolsWithFunctions { get; init; }
    public bool? JsonWithTools { get; init; }
    public bool? JsonMode { get; init; }
    public SchemaSupport? Schema { get; init; }
    public bool? ParallelCalls { get; init; }
    public bool? CallIds { get; init; }
    public bool? ValidatedMode { get; init; }
    public bool? MediaInFunctionResponses { get; init; }
    public bool? SignaturesEnforced { get; init; }
    public bool? SystemInstruction { get; init; }
    public bool? SamplingIgnored { get; init; }
    public bool? PenaltiesRefused { get; init; }
    public bool? PrefillRefused { get; init; }
    public bool? Logprobs { get; init; }
    public bool? MediaResolutionPerPart { get; init; }
    public bool? FetchesUrls { get; init; }
    public bool? TaskTypes { get; init; }
    public bool? Speech { get; init; }
    public int? MaxCandidates { get; init; }
    public int? MaxFunctionNameLength { get; init; }
    public int? InputTokenLimit { get; init; }
    public int? OutputTokenLimit { get; init; }

    public ModelCapabilities ApplyTo(ModelCapabilities basis) => basis with
    {
        Family = Id,
        Thinking = Thinking is "none" ? ThinkingCapabilities.None : basis.Thinking with
        {
            Control = Thinking switch
            {
                null => basis.Thinking.Control,
                "budget" => ThinkingControl.Budget,
                "level" => ThinkingControl.Level,
                _ => throw new JsonException($"{Id}: thinking is none, budget or level."),
            },
            MinBudget = MinBudget ?? basis.Thinking.MinBudget,
            MaxBudget = MaxBudget ?? basis.Thinking.MaxBudget,
            CanBeOff = CanBeOff ?? basis.Thinking.CanBeOff,
            OffByDefault = OffByDefault ?? basis.Thinking.OffByDefault,
            Levels = Levels ?? basis.Thinking.Levels,
            DefaultLevel = DefaultLevel ?? basis.Thinking.DefaultLevel,
        },
        Input = Input?.Aggregate(Modalities.None, (all, one) => all | one) ?? basis.Input,
        Output = Output?.Aggregate(Modalities.None, (all, one) => all | one) ?? basis.Output,
        BuiltInTools = BuiltInTools?.Aggregate(Models.BuiltInTools.None, (all, one) => all | one) ?? basis.BuiltInTools,
        Functions = Functions ?? basis.Functions,
        BuiltInToolsWithFunctions = BuiltInToolsWithFunctions ?? basis.BuiltInToolsWithFunctions,
        JsonWithTools = JsonWithTools ?? basis.JsonWithTools,
        JsonMode = JsonMode ?? basis.JsonMode,
        Schema = Schema ?? basis.Schema,
        ParallelCalls = ParallelCalls ?? basis.ParallelCalls,
        CallIds = CallIds ?? basis.CallIds,
        ValidatedMode = ValidatedMode ?? basis.ValidatedMode,
        MediaInFunctionResponses = MediaInFunctionResponses ?? basis.MediaInFunctionResponses,
        SignaturesEnforced = SignaturesEnforced ?? basis.SignaturesEnforced,
        SystemInstruction = SystemInstruction ?? basis.SystemInstruction,
        SamplingIgnored = SamplingIgnored ?? basis.SamplingIgnored,
        PenaltiesRefused = PenaltiesRefused ?? basis.PenaltiesRefused,
        PrefillRefused = PrefillRefused ?? basis.PrefillRefused,
        Logprobs = Logprobs ?? basis.Logprobs,
        MediaResolutionPerPart = MediaResolutionPerPart ?? basis.MediaResolutionPerPart,
        FetchesUrls = FetchesUrls ?? basis.FetchesUrls,
        TaskTypes = TaskTypes ?? basis.TaskTypes,
        Speech = Speech ?? basis.Speech,
        MaxCandidates = MaxCandidates ?? basis.MaxCandidates,
        MaxFunctionNameLength = MaxFunctionNameLength ?? basis.MaxFunctionNameLength,
        InputTokenLimit = InputTokenLimit ?? basis.InputTokenLimit,
        OutputTokenLimit = OutputTokenLimit ?? basis.OutputTokenLimit,
    };
}

/// <summary>Reads the data file strictly: a misspelled member must fail a test, not be ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ModelCatalogFile))]
internal sealed partial class ModelCatalogJson : JsonSerializerContext;
