using System.Text.Json.Serialization;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Responses.Requests;

/// <summary>The body of <c>POST /v1/responses</c>, as far as it has to be understood.</summary>
/// <remarks>What is only carried, and what comes in several forms, stays a <see cref="JsonSlice"/> into the body.</remarks>
public sealed record ResponsesRequest
{
    /// <summary>The model, as the client wrote it.</summary>
    public string? Model { get; set; }

    /// <summary>A text, or a list of items.</summary>
    public ResponsesInput? Input { get; set; }

    /// <summary>What stands before the conversation; a text.</summary>
    public JsonSlice Instructions { get; set; }

    /// <summary>The answer that this request goes on from.</summary>
    public string? PreviousResponseId { get; set; }

    /// <summary>Whether the answer can be asked for again; it can when nothing is said.</summary>
    public bool? Store { get; set; }

    /// <summary>Whether the answer is streamed.</summary>
    public bool? Stream { get; set; }

    /// <summary>How a stream is disguised; nothing of it has a meaning here.</summary>
    public JsonSlice StreamOptions { get; set; }

    /// <summary>Functions, name spaces of functions, custom tools, and tools that the server runs.</summary>
    public List<ResponsesTool?>? Tools { get; set; }

    /// <summary>A word or an object.</summary>
    public JsonSlice ToolChoice { get; set; }

    /// <summary>Whether several calls may come at once.</summary>
    public bool? ParallelToolCalls { get; set; }

    /// <summary>How often tools of the server may run.</summary>
    public double? MaxToolCalls { get; set; }

    /// <summary>The form of the text.</summary>
    public ResponsesText? Text { get; set; }

    /// <summary>How much is thought, and whether a summary of it is told.</summary>
    public ResponsesReasoning? Reasoning { get; set; }

    /// <summary>What the answer is to hold besides.</summary>
    public List<string?>? Include { get; set; }

    /// <summary>The longest answer, in tokens, thoughts included.</summary>
    public double? MaxOutputTokens { get; set; }

    /// <summary>0 to 2.</summary>
    public double? Temperature { get; set; }

    /// <summary>0 to 1.</summary>
    public double? TopP { get; set; }

    /// <summary>How many alternatives per token.</summary>
    public double? TopLogprobs { get; set; }

    /// <summary><c>auto</c> drops the oldest items of a conversation that is too long; <c>disabled</c> does not.</summary>
    public string? Truncation { get; set; }

    /// <summary>Whether the answer is made while nobody waits.</summary>
    public bool? Background { get; set; }

    /// <summary>A conversation that OpenAI keeps.</summary>
    public JsonSlice Conversation { get; set; }

    /// <summary>A prompt that OpenAI keeps.</summary>
    public JsonSlice Prompt { get; set; }

    /// <summary>When OpenAI shortens a conversation by itself.</summary>
    public JsonSlice ContextManagement { get; set; }

    /// <summary>What OpenAI's moderation looks at.</summary>
    public JsonSlice Moderation { get; set; }

    /// <summary>A word.</summary>
    public string? ServiceTier { get; set; }

    /// <summary>Labels; they stand in the answer.</summary>
    public JsonSlice Metadata { get; set; }

    /// <summary>What a client notes about itself.</summary>
    public JsonSlice ClientMetadata { get; set; }

    /// <summary>A hint for OpenAI's prompt cache.</summary>
    public JsonSlice PromptCacheKey { get; set; }

    /// <summary>How long OpenAI's prompt cache lives.</summary>
    public JsonSlice PromptCacheRetention { get; set; }

    /// <summary>Identifies the end user; no part of what the model sees.</summary>
    public JsonSlice SafetyIdentifier { get; set; }

    /// <summary>The older form of <see cref="SafetyIdentifier"/>.</summary>
    public JsonSlice User { get; set; }

    /// <summary>Members without a meaning here. Each value is a boxed <see cref="JsonSlice"/>.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; set; }
}

/// <summary><c>text</c>.</summary>
public sealed record ResponsesText
{
    /// <summary>Text, JSON, or JSON after a schema.</summary>
    public ResponsesFormat? Format { get; set; }

    /// <summary>How wordy the answer is.</summary>
    public JsonSlice Verbosity { get; set; }
}

/// <summary><c>text.format</c>.</summary>
public sealed record ResponsesFormat
{
    /// <summary><c>text</c>, <c>json_object</c> or <c>json_schema</c>.</summary>
    public string? Type { get; set; }

    /// <summary>A JSON Schema, for <c>json_schema</c>.</summary>
    public JsonSlice Schema { get; set; }
}

/// <summary><c>reasoning</c>.</summary>
public sealed record ResponsesReasoning
{
    /// <summary><c>none</c> to <c>max</c>.</summary>
    public string? Effort { get; set; }

    /// <summary><c>auto</c>, <c>concise</c> or <c>detailed</c>.</summary>
    public string? Summary { get; set; }

    /// <summary>The older name of <see cref="Summary"/>.</summary>
    public string? GenerateSummary { get; set; }

    /// <summary>Which earlier thoughts OpenAI takes up again.</summary>
    public JsonSlice Context { get; set; }

    /// <summary>Which of OpenAI's ways of thinking is taken.</summary>
    public JsonSlice Mode { get; set; }
}
