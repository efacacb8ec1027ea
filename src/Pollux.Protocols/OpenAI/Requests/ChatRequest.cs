using System.Text.Json.Serialization;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Requests;

/// <summary>The body of <c>POST /v1/chat/completions</c>, as far as it has to be understood.</summary>
/// <remarks>
/// What is only carried, and what comes in several forms, stays a <see cref="JsonSlice"/> into the body. Members that
/// nobody here knows land in <see cref="Unknown"/>: their names are reported, their values are not read.
/// </remarks>
public sealed record ChatRequest
{
    /// <summary>The model, as the client wrote it.</summary>
    public string? Model { get; init; }

    /// <summary>The conversation.</summary>
    public List<ChatMessage?>? Messages { get; init; }

    /// <summary>Whether the answer is streamed.</summary>
    public bool? Stream { get; init; }

    /// <summary>What a streamed answer ends with.</summary>
    public ChatStreamOptions? StreamOptions { get; init; }

    /// <summary>0 to 2.</summary>
    public double? Temperature { get; init; }

    /// <summary>0 to 1.</summary>
    public double? TopP { get; init; }

    /// <summary>Not OpenAI's, but sent by many clients.</summary>
    public double? TopK { get; init; }

    /// <summary>How many choices.</summary>
    public double? N { get; init; }

    /// <summary>A string, a list of strings, or nothing.</summary>
    public JsonSlice Stop { get; init; }

    /// <summary>The older name of <see cref="MaxCompletionTokens"/>.</summary>
    public double? MaxTokens { get; init; }

    /// <summary>The longest answer, in tokens.</summary>
    public double? MaxCompletionTokens { get; init; }

    /// <summary>-2 to 2.</summary>
    public double? PresencePenalty { get; init; }

    /// <summary>-2 to 2.</summary>
    public double? FrequencyPenalty { get; init; }

    /// <summary>A whole number.</summary>
    public double? Seed { get; init; }

    /// <summary>Whether log probabilities are wanted.</summary>
    public bool? Logprobs { get; init; }

    /// <summary>How many alternatives per token.</summary>
    public double? TopLogprobs { get; init; }

    /// <summary>Weights per token of OpenAI's own tokenizer.</summary>
    public JsonSlice LogitBias { get; init; }

    /// <summary>Text, JSON, or JSON after a schema.</summary>
    public ChatResponseFormat? ResponseFormat { get; init; }

    /// <summary>Functions and built-in tools.</summary>
    public List<ChatTool?>? Tools { get; init; }

    /// <summary>A word or an object.</summary>
    public JsonSlice ToolChoice { get; init; }

    /// <summary>Whether several calls may come at once.</summary>
    public bool? ParallelToolCalls { get; init; }

    /// <summary>The functions of the API before tools.</summary>
    public List<ChatFunction?>? Functions { get; init; }

    /// <summary>A word or <c>{"name": ...}</c>; the choice of the API before tools.</summary>
    public JsonSlice FunctionCall { get; init; }

    /// <summary><c>none</c> to <c>max</c>.</summary>
    public string? ReasoningEffort { get; init; }

    /// <summary>OpenRouter's form: effort, max_tokens, enabled, exclude.</summary>
    public ChatReasoning? Reasoning { get; init; }

    /// <summary>Anthropic's form, which some clients send here too.</summary>
    public ChatThinking? Thinking { get; init; }

    /// <summary>In tokens; a plain form known from several gateways.</summary>
    public double? ThinkingBudget { get; init; }

    /// <summary>A plain form known from several gateways.</summary>
    public bool? EnableThinking { get; init; }

    /// <summary>What the answer consists of: text, audio, image.</summary>
    public List<string?>? Modalities { get; init; }

    /// <summary>Voice and format of an answer that speaks.</summary>
    public ChatAudio? Audio { get; init; }

    /// <summary>A word.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>Search, switched on by being there.</summary>
    public ChatWebSearchOptions? WebSearchOptions { get; init; }

    /// <summary>Google's thresholds in Google's form, a list.</summary>
    public JsonSlice SafetySettings { get; init; }

    /// <summary>What Google's own OpenAI endpoint takes besides, as an SDK puts it on the wire.</summary>
    public JsonSlice Google { get; init; }

    /// <summary>The same one level deeper, as a plain HTTP client sends it.</summary>
    public JsonSlice ExtraBody { get; init; }

    /// <summary>Identifies the end user; no part of what the model sees.</summary>
    public JsonSlice User { get; init; }

    /// <summary>The newer form of <see cref="User"/>.</summary>
    public JsonSlice SafetyIdentifier { get; init; }

    /// <summary>A hint for OpenAI's prompt cache.</summary>
    public JsonSlice PromptCacheKey { get; init; }

    /// <summary>How long OpenAI's prompt cache lives.</summary>
    public JsonSlice PromptCacheRetention { get; init; }

    /// <summary>Labels for OpenAI's storage.</summary>
    public JsonSlice Metadata { get; init; }

    /// <summary>Whether OpenAI keeps the answer.</summary>
    public JsonSlice Store { get; init; }

    /// <summary>How wordy the answer is.</summary>
    public JsonSlice Verbosity { get; init; }

    /// <summary>Text that the answer probably repeats.</summary>
    public JsonSlice Prediction { get; init; }

    /// <summary>Members without a meaning here. Each value is a boxed <see cref="JsonSlice"/>.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; init; }
}

/// <summary><c>stream_options</c>.</summary>
public sealed record ChatStreamOptions
{
    /// <summary>Whether one more chunk with the usage comes at the end.</summary>
    public bool? IncludeUsage { get; init; }
}

/// <summary><c>response_format</c>.</summary>
public sealed record ChatResponseFormat
{
    /// <summary><c>text</c>, <c>json_object</c> or <c>json_schema</c>.</summary>
    public string? Type { get; init; }

    /// <summary>For <c>json_schema</c>.</summary>
    public ChatJsonSchema? JsonSchema { get; init; }
}

/// <summary><c>response_format.json_schema</c>.</summary>
public sealed record ChatJsonSchema
{
    /// <summary>A JSON Schema.</summary>
    public JsonSlice Schema { get; init; }

    /// <summary>What the answer is for.</summary>
    public JsonSlice Description { get; init; }
}

/// <summary><c>reasoning</c>, OpenRouter's form.</summary>
public sealed record ChatReasoning
{
    /// <summary>As in <see cref="ChatRequest.ReasoningEffort"/>.</summary>
    public string? Effort { get; init; }

    /// <summary>In tokens.</summary>
    public double? MaxTokens { get; init; }

    /// <summary>On or off.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Whether thoughts are left out of the answer.</summary>
    public bool? Exclude { get; init; }
}

/// <summary><c>thinking</c>, Anthropic's form.</summary>
public sealed record ChatThinking
{
    /// <summary><c>enabled</c>, <c>disabled</c>, <c>adaptive</c> or <c>auto</c>.</summary>
    public string? Type { get; init; }

    /// <summary>In tokens.</summary>
    public double? BudgetTokens { get; init; }
}

/// <summary><c>audio</c>: how an answer speaks.</summary>
public sealed record ChatAudio
{
    /// <summary>A word, or an object with an id.</summary>
    public JsonSlice Voice { get; init; }

    /// <summary><c>wav</c>, <c>mp3</c>, ...</summary>
    public string? Format { get; init; }
}

/// <summary><c>web_search_options</c>.</summary>
public sealed record ChatWebSearchOptions
{
    /// <summary>Where the user is, roughly.</summary>
    public JsonSlice UserLocation { get; init; }

    /// <summary>How much the search may cost.</summary>
    public JsonSlice SearchContextSize { get; init; }
}
