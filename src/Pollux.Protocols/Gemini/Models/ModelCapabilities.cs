namespace Pollux.Protocols.Gemini.Models;

/// <summary>What a model takes, gives and refuses, as far as a translator must know it.</summary>
/// <remarks>Comes from <c>models.json</c>: models come and go faster than releases, so this is data and not code.</remarks>
public sealed record ModelCapabilities
{
    /// <summary>The entry of the data file that described the model.</summary>
    public required string Family { get; init; }

    /// <summary>How its thinking is controlled.</summary>
    public ThinkingCapabilities Thinking { get; init; } = ThinkingCapabilities.None;

    /// <summary>What may be sent to it.</summary>
    public Modalities Input { get; init; } = Modalities.Text;

    /// <summary>What it answers with.</summary>
    public Modalities Output { get; init; } = Modalities.Text;

    /// <summary>The tools of Google that it takes.</summary>
    public BuiltInTools BuiltInTools { get; init; }

    /// <summary>Whether it takes function declarations.</summary>
    public bool Functions { get; init; }

    /// <summary>Whether built-in tools and functions may stand in one request (Gemini 3 and newer).</summary>
    public bool BuiltInToolsWithFunctions { get; init; }

    /// <summary>Whether JSON output may be asked for beside functions (Gemini 3 and newer).</summary>
    public bool JsonWithTools { get; init; }

    /// <summary>Whether <c>responseMimeType: application/json</c> is taken at all.</summary>
    public bool JsonMode { get; init; }

    /// <summary>Whether schemas go as real JSON Schema or in Google's own language.</summary>
    public SchemaSupport Schema { get; init; }

    /// <summary>Whether one answer can hold several calls.</summary>
    public bool ParallelCalls { get; init; }

    /// <summary>Whether its function calls carry ids.</summary>
    public bool CallIds { get; init; }

    /// <summary>Whether calls can be held to their schema (<c>VALIDATED</c>).</summary>
    public bool ValidatedMode { get; init; }

    /// <summary>Whether a function may answer with pictures.</summary>
    public bool MediaInFunctionResponses { get; init; }

    /// <summary>Whether it refuses a turn whose first call has no thought signature.</summary>
    public bool SignaturesEnforced { get; init; }

    /// <summary>Whether it takes a system instruction.</summary>
    public bool SystemInstruction { get; init; } = true;

    /// <summary>Whether temperature, topP and topK have no effect.</summary>
    public bool SamplingIgnored { get; init; }

    /// <summary>Whether presence and frequency penalty are an error.</summary>
    public bool PenaltiesRefused { get; init; }

    /// <summary>Whether a conversation must not end with a turn of the model.</summary>
    public bool PrefillRefused { get; init; }

    /// <summary>Whether log probabilities may be asked for.</summary>
    public bool Logprobs { get; init; }

    /// <summary>Whether the resolution of media can be set part by part.</summary>
    public bool MediaResolutionPerPart { get; init; }

    /// <summary>Whether Google fetches public https addresses itself.</summary>
    public bool FetchesUrls { get; init; }

    /// <summary>For vectors: whether it is told what they are for (<c>taskType</c>); newer models want that in the text.</summary>
    public bool TaskTypes { get; init; }

    /// <summary>Whether all it does is to speak a text aloud, in one of Google's voices.</summary>
    public bool Speech { get; init; }

    /// <summary>The largest <c>candidateCount</c>.</summary>
    public int MaxCandidates { get; init; } = 1;

    /// <summary>The longest function name, in characters.</summary>
    public int MaxFunctionNameLength { get; init; } = 64;

    /// <summary>In tokens; 0 when unknown.</summary>
    public int InputTokenLimit { get; init; }

    /// <summary>In tokens, thoughts included; 0 when unknown.</summary>
    public int OutputTokenLimit { get; init; }
}

/// <summary>Whether schemas go as real JSON Schema or in Google's own language.</summary>
public enum SchemaSupport
{
    /// <summary>Neither; a schema can only be described in words.</summary>
    None,

    /// <summary><c>parameters</c> and <c>responseSchema</c>: a small set of words, everything else is an error.</summary>
    Proto,

    /// <summary><c>parametersJsonSchema</c> and <c>responseJsonSchema</c>.</summary>
    JsonSchema,
}

/// <summary>Kinds of content.</summary>
[Flags]
public enum Modalities
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Text.</summary>
    Text = 1,

    /// <summary>Pictures.</summary>
    Image = 2,

    /// <summary>Sound.</summary>
    Audio = 4,

    /// <summary>Video.</summary>
    Video = 8,

    /// <summary>PDF and other documents.</summary>
    Document = 16,

    /// <summary>Vectors.</summary>
    Embedding = 32,
}

/// <summary>Tools that Google runs.</summary>
[Flags]
public enum BuiltInTools
{
    /// <summary>No tool.</summary>
    None = 0,

    /// <summary>See <see cref="BuiltInToolNames.GoogleSearch"/>.</summary>
    GoogleSearch = 1,

    /// <summary>See <see cref="BuiltInToolNames.CodeExecution"/>.</summary>
    CodeExecution = 2,

    /// <summary>See <see cref="BuiltInToolNames.UrlContext"/>.</summary>
    UrlContext = 4,

    /// <summary>See <see cref="BuiltInToolNames.GoogleMaps"/>.</summary>
    GoogleMaps = 8,

    /// <summary>See <see cref="BuiltInToolNames.FileSearch"/>.</summary>
    FileSearch = 16,

    /// <summary>See <see cref="BuiltInToolNames.ComputerUse"/>.</summary>
    ComputerUse = 32,
}
