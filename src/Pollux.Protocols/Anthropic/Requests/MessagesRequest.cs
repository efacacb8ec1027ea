using System.Text.Json.Serialization;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Requests;

/// <summary>The body of <c>POST /v1/messages</c> and of its <c>count_tokens</c>, as far as it has to be understood.</summary>
/// <remarks>
/// What is only carried, and what comes in several forms, stays a <see cref="JsonSlice"/> into the body. Members can be set
/// because the serializer fills init-only ones through a constructor, which boxes every value.
/// </remarks>
public sealed record MessagesRequest
{
    /// <summary>The model, as the client wrote it.</summary>
    public string? Model { get; set; }

    /// <summary>The longest answer, in tokens, thoughts included. Demanded, but for counting.</summary>
    public double? MaxTokens { get; set; }

    /// <summary>The conversation.</summary>
    public List<MessagesMessage?>? Messages { get; set; }

    /// <summary>A string, or a list of text blocks.</summary>
    public JsonSlice System { get; set; }

    /// <summary>Functions, tools that the server runs, and tools of the client that Anthropic defines.</summary>
    public List<MessagesTool?>? Tools { get; set; }

    /// <summary>Which tools may or must be used.</summary>
    public MessagesToolChoice? ToolChoice { get; set; }

    /// <summary>Whether the model thinks, how much, and whether that is shown.</summary>
    public MessagesThinking? Thinking { get; set; }

    /// <summary>Effort, and the form of the answer.</summary>
    public MessagesOutputConfig? OutputConfig { get; set; }

    /// <summary>The form of the answer, where older clients say it.</summary>
    public MessagesFormat? OutputFormat { get; set; }

    /// <summary>A list of strings.</summary>
    public List<JsonSlice>? StopSequences { get; set; }

    /// <summary>0 to 1 at Anthropic; Gemini takes up to 2.</summary>
    public double? Temperature { get; set; }

    /// <summary>0 to 1.</summary>
    public double? TopP { get; set; }

    /// <summary>From 1 on.</summary>
    public double? TopK { get; set; }

    /// <summary>Whether the answer is streamed.</summary>
    public bool? Stream { get; set; }

    /// <summary>Whom the client serves.</summary>
    public MessagesMetadata? Metadata { get; set; }

    /// <summary><c>auto</c> or <c>standard_only</c>.</summary>
    public string? ServiceTier { get; set; }

    /// <summary>A conversation that Anthropic keeps between requests, so that each brings only what is new.</summary>
    public JsonSlice Thread { get; set; }

    /// <summary>A place to run code in, kept at Anthropic.</summary>
    public JsonSlice Container { get; set; }

    /// <summary>Servers that Anthropic would ask for tools.</summary>
    public JsonSlice McpServers { get; set; }

    /// <summary>What Anthropic would cut away of a long conversation.</summary>
    public JsonSlice ContextManagement { get; set; }

    /// <summary>What to keep of the prompt; Gemini keeps prompts by itself.</summary>
    public JsonSlice CacheControl { get; set; }

    /// <summary>Members without a meaning here. Each value is a boxed <see cref="JsonSlice"/>.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; set; }
}

/// <summary>One entry of <c>messages</c>.</summary>
public sealed record MessagesMessage
{
    /// <summary><c>user</c>, <c>assistant</c> or <c>system</c>.</summary>
    public string? Role { get; set; }

    /// <summary>A string, or a list of <see cref="MessagesBlock"/>.</summary>
    public JsonSlice Content { get; set; }

    /// <summary>Members without a meaning here.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; set; }
}

/// <summary><c>thinking</c>.</summary>
public sealed record MessagesThinking
{
    /// <summary><c>enabled</c>, <c>disabled</c> or <c>adaptive</c>.</summary>
    public string? Type { get; set; }

    /// <summary>In tokens, for <c>enabled</c>.</summary>
    public double? BudgetTokens { get; set; }

    /// <summary><c>summarized</c>, or <c>omitted</c>: the blocks come without their text.</summary>
    public string? Display { get; set; }
}

/// <summary><c>output_config</c>.</summary>
public sealed record MessagesOutputConfig
{
    /// <summary><c>low</c> to <c>max</c>.</summary>
    public string? Effort { get; set; }

    /// <summary>The form of the answer.</summary>
    public MessagesFormat? Format { get; set; }

    /// <summary>Members without a meaning here, such as <c>task_budget</c>.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; set; }
}

/// <summary>The form of the answer.</summary>
public sealed record MessagesFormat
{
    /// <summary><c>json_schema</c>.</summary>
    public string? Type { get; set; }

    /// <summary>A JSON Schema.</summary>
    public JsonSlice Schema { get; set; }
}

/// <summary><c>metadata</c>.</summary>
public sealed record MessagesMetadata
{
    /// <summary>Tells the client's users apart; no part of what the model sees.</summary>
    public JsonSlice UserId { get; set; }
}
