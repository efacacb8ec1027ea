using System.Text.Json.Serialization;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Completions;

/// <summary>The body of <c>POST /v1/completions</c>, the API before chats.</summary>
public sealed record CompletionRequest
{
    /// <summary>The model, as the client wrote it.</summary>
    public string? Model { get; set; }

    /// <summary>A text, or a list that holds one.</summary>
    public JsonSlice Prompt { get; set; }

    /// <summary>What is to stand behind the text.</summary>
    public JsonSlice Suffix { get; set; }

    /// <summary>Whether the prompt stands before the text.</summary>
    public bool? Echo { get; set; }

    /// <summary>How many texts.</summary>
    public double? N { get; set; }

    /// <summary>Out of how many.</summary>
    public double? BestOf { get; set; }

    /// <summary>A string or a list of strings.</summary>
    public JsonSlice Stop { get; set; }

    /// <summary>The longest text, in tokens.</summary>
    public double? MaxTokens { get; set; }

    /// <summary>0 to 2.</summary>
    public double? Temperature { get; set; }

    /// <summary>0 to 1.</summary>
    public double? TopP { get; set; }

    /// <summary>-2 to 2.</summary>
    public double? PresencePenalty { get; set; }

    /// <summary>-2 to 2.</summary>
    public double? FrequencyPenalty { get; set; }

    /// <summary>A whole number.</summary>
    public double? Seed { get; set; }

    /// <summary>How many alternatives per token.</summary>
    public JsonSlice Logprobs { get; set; }

    /// <summary>Weights per token of OpenAI's own tokenizer.</summary>
    public JsonSlice LogitBias { get; set; }

    /// <summary>Whether the answer is streamed.</summary>
    public bool? Stream { get; set; }

    /// <summary>What a streamed answer ends with.</summary>
    public ChatStreamOptions? StreamOptions { get; set; }

    /// <summary>Identifies the end user; no part of what the model sees.</summary>
    public JsonSlice User { get; set; }

    /// <summary>Members without a meaning here.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; set; }
}

/// <summary>How these requests are read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    MaxDepth = OpenAIJson.MaxDepth,
    Converters = [typeof(SkippedMemberConverter), typeof(LenientBooleanConverter), typeof(LenientNumberConverter), typeof(PlainStringConverter)])]
[JsonSerializable(typeof(CompletionRequest))]
public sealed partial class CompletionJson : JsonSerializerContext;
