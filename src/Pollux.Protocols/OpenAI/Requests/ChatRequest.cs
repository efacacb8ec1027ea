using System.Text.Json.Serialization;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Requests;

/// <summary>The body of <c>POST /v1/chat/completions</c>, as far as it has to be understood.</summary>
/// <remarks>
/// What is only carried, and what comes in several forms, stays a <see cref="JsonSlice"/> into the body. Members that
/// nobody here knows land in <see cref="Unknown"/>: their names are reported, their values are not read. Members can be
/// set because the serializer fills init-only ones through a constructor, which boxes every value.
/// </remarks>
public sealed record ChatRequest
{
    /// <summary>The model, as the client wrote it.</summary>
    public string? Model { get; set; }

    /// <summary>The conversation.</summary>
    public List<ChatMessage?>? Messages { get; set; }

    /// <summary>Whether the answer is streamed.</summary>
    public bool? Stream { get; set; }

    /// <summary>What a streamed answer ends with.</summary>
    public ChatStreamOptions? StreamOptions { get; set; }

    /// <summary>0 to 2.</summary>
    public double? Temperature { get; set; }

    /// <summary>0 to 1.</summary>
    public double? TopP { get; set; }

    /// <summary>Not OpenAI's, but sent by many clients.</summary>
    public double? TopK { get; set; }

    /// <summary>How many choices.</summary>
    public double? N { get; set; }

    /// <summary>A string, a list of strings, or nothing.</summary>
    public JsonSlice Stop { get; set; }

    /// <summary>The older name of <see cref="MaxCompletionTokens"/>.</summary>
    public double? MaxTokens { get; set; }

    /// <summary>The longest answer, in tokens.</summary>
    public double? MaxCompletionTokens { get; set; }

    /// <summary>-2 to 2.</summary>
    public double? PresencePenalty { get; set; }

    /// <summary>-2 to 2.</summary>
    public double? FrequencyPenalty { get; set; }

    /// <summary>A whole number.</summary>
    public double? Seed { get; set; }

    /// <summary>Whether log probabilities are wanted.</summary>
    public bool? Logprobs { get; set; }

    /// <summary>How many alternatives per token.</summary>
    public double? TopLogprobs { get; set; }

    /// <summary>Weights per token of OpenAI's own tokenizer.</summary>
    public JsonSlice LogitBias { get; set; }

    /// <summary>Text, JSON, or JSON after a schema.</summary>
    public ChatResponseFormat? ResponseFormat { get; set; }

    /// <summary>Functions and built-in tools.</summary>
    public List<ChatTool?>? Tools { get; set; }

    /// <summary>A word or an object.</summary>
    public JsonSlice ToolChoice { get; set; }

    /// <summary>Whether several calls may come at once.</summary>
    public bool? ParallelToolCalls { get; set; }

    /// <summary>The functions of the API before tools.</summary>
    public List<ChatFunction?>? Functions { get; set; }

    /// <summary>A word or <c>{"name": ...}</c>; the choice of the API before tools.</summary>
    public JsonSlice FunctionCall { get; set; }

    /// <summary><c>none</c> to <c>max</c>.</summary>
    public string? ReasoningEffort { get; set; }

    /// <summary>OpenRouter's form: effort, max_tokens, enabled, exclude.</summary>
    public ChatReasoning? Reasoning { get; set; }

    /// <summary>Anthropic's form, which some clients send here too.</summary>
    public ChatThinking? Thinking { get; set; }

    /// <summary>In tokens; a plain form known from several gateways.</summary>
    public double? ThinkingBudget { get; set; }

    /// <summary>A plain form known from several gateways.</summary>
    public bool? EnableThinking { get; set; }

    /// <summary>What the answer consists of: text, audio, image.</summary>
    public List<string?>? Modalities { get; set; }

    /// <summary>Voice and format of an answer that speaks.</summary>
    public ChatAudio? Audio { get; set; }

    /// <summary>A word.</summary>
    public string? ServiceTier { get; set; }

    /// <summary>Search, switched on by being there.</summary>
    public ChatWebSearchOptions? WebSearchOptions { get; set; }

    /// <summary>Google's thresholds in Google's form, a list.</summary>
    public JsonSlice SafetySettings { get; set; }

    /// <summary>What Google's own OpenAI endpoint takes besides, as an SDK puts it on the wire.</summary>
    public JsonSlice Google { get; set; }

    /// <summary>The same one level deeper, as a plain HTTP client sends it.</summary>
    public JsonSlice ExtraBody { get; set; }

    /// <summary>Identifies the end user; no part of what the model sees.</summary>
    public JsonSlice User { get; set; }

    /// <summary>The newer form of <see cref="User"/>.</summary>
    public JsonSlice SafetyIdentifier { get; set; }

    /// <summary>A hint for OpenAI's prompt cache.</summary>
    public JsonSlice PromptCacheKey { get; set; }

    /// <summary>How long OpenAI's prompt cache lives.</summary>
    public JsonSlice PromptCacheRetention { get; set; }

    /// <summary>Labels for OpenAI's storage.</summary>
    public JsonSlice Metadata { get; set; }

    /// <summary>Whether OpenAI keeps the answer.</summary>
    public JsonSlice Store { get; set; }

    /// <summary>How wordy the answer is.</summary>
    public JsonSlice Verbosity { get; set; }

    /// <summary>Text that the answer probably repeats.</summary>
    public JsonSlice Prediction { get; set; }

    /// <summary>Members without a meaning here. Each value is a boxed <see cref="JsonSlice"/>.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; set; }
}

/// <summary><c>stream_options</c>.</summary>
public sealed record ChatStreamOptions
{
    /// <summary>Whether one more chunk with the usage comes at the end.</summary>
    public bool? IncludeUsage { get; set; }
}

/// <summary><c>response_format</c>.</summary>
public sealed record ChatResponseFormat
{
    /// <summary><c>text</c>, <c>json_object</c> or <c>json_schema</c>.</summary>
    public string? Type { get; set; }

    /// <summary>For <c>json_schema</c>.</summary>
    public ChatJsonSchema? JsonSchema { get; set; }
}

/// <summary><c>response_format.json_schema</c>.</summary>
public sealed record ChatJsonSchema
{
    /// <summary>A JSON Schema.</summary>
    public JsonSlice Schema { get; set; }

    /// <summary>What the answer is for.</summary>
    public JsonSlice Description { get; set; }
}

/// <summary><c>reasoning</c>, OpenRouter's form.</summary>
public sealed record ChatReasoning
{
    /// <summary>As in <see cref="ChatRequest.ReasoningEffort"/>.</summary>
    public string? Effort { get; set; }

    /// <summary>In tokens.</summary>
    public double? MaxTokens { get; set; }

    /// <summary>On or off.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Whether thoughts are left out of the answer.</summary>
    public bool? Exclude { get; set; }
}

/// <summary><c>thinking</c>, Anthropic's form.</summary>
public sealed record ChatThinking
{
    /// <summary><c>enabled</c>, <c>disabled</c>, <c>adaptive</c> or <c>auto</c>.</summary>
    public string? Type { get; set; }

    /// <summary>In tokens.</summary>
    public double? BudgetTokens { get; set; }
}

/// <summary><c>audio</c>: how an answer speaks.</summary>
public sealed record ChatAudio
{
    /// <summary>A word, or an object with an id.</summary>
    public JsonSlice Voice { get; set; }

    /// <summary><c>wav</c>, <c>mp3</c>, ...</summary>
    public string? Format { get; set; }
}

/// <summary><c>web_search_options</c>.</summary>
public sealed record ChatWebSearchOptions
{
    /// <summary>Where the user is, roughly.</summary>
    public JsonSlice UserLocation { get; set; }

    /// <summary>How much the search may cost.</summary>
    public JsonSlice SearchContextSize { get; set; }
}
