using System.Text.Json.Serialization;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Requests;

/// <summary>One entry of <c>messages</c>.</summary>
public sealed record ChatMessage
{
    /// <summary><c>system</c>, <c>developer</c>, <c>user</c>, <c>assistant</c>, <c>tool</c> or <c>function</c>.</summary>
    public string? Role { get; set; }

    /// <summary>A string, a list of parts (<see cref="ChatContentPart"/>), or nothing.</summary>
    public JsonSlice Content { get; set; }

    /// <summary>A participant's name; for the role <c>function</c>, the function's.</summary>
    public JsonSlice Name { get; set; }

    /// <summary>What the assistant asked of functions.</summary>
    public List<ChatToolCall?>? ToolCalls { get; set; }

    /// <summary>The call of the API before tools.</summary>
    public ChatCalledFunction? FunctionCall { get; set; }

    /// <summary>Which call this message answers.</summary>
    public JsonSlice ToolCallId { get; set; }

    /// <summary>Why the assistant did not answer.</summary>
    public JsonSlice Refusal { get; set; }

    /// <summary>Thoughts of the assistant, in DeepSeek's form.</summary>
    public JsonSlice ReasoningContent { get; set; }

    /// <summary>Thoughts of the assistant, in OpenRouter's form.</summary>
    public JsonSlice Reasoning { get; set; }

    /// <summary>Thoughts of the assistant, in OpenRouter's structured form.</summary>
    public JsonSlice ReasoningDetails { get; set; }

    /// <summary>A reference to sound that OpenAI keeps.</summary>
    public JsonSlice Audio { get; set; }

    /// <summary>Sources of the assistant's text; they came from us and carry nothing that the model needs.</summary>
    public JsonSlice Annotations { get; set; }

    /// <summary>Where Google's own OpenAI endpoint keeps thought signatures.</summary>
    public ChatExtraContent? ExtraContent { get; set; }

    /// <summary>Members without a meaning here. Each value is a boxed <see cref="JsonSlice"/>.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; set; }
}

/// <summary>One entry of <c>tool_calls</c>.</summary>
public sealed record ChatToolCall
{
    /// <summary>The id under which the client knows the call.</summary>
    public JsonSlice Id { get; set; }

    /// <summary>What was called.</summary>
    public ChatCalledFunction? Function { get; set; }

    /// <summary>Carries the thought signature.</summary>
    public ChatExtraContent? ExtraContent { get; set; }
}

/// <summary>What was called.</summary>
public sealed record ChatCalledFunction
{
    /// <summary>The function's name.</summary>
    public JsonSlice Name { get; set; }

    /// <summary>JSON inside a string; some clients send the object itself.</summary>
    public JsonSlice Arguments { get; set; }

    /// <summary>An older place of the thought signature.</summary>
    public JsonSlice ThoughtSignature { get; set; }
}

/// <summary><c>extra_content</c> of Google's own OpenAI endpoint.</summary>
public sealed record ChatExtraContent
{
    /// <summary>What Google put there.</summary>
    public ChatGoogleContent? Google { get; set; }
}

/// <summary><c>extra_content.google</c>.</summary>
public sealed record ChatGoogleContent
{
    /// <summary>Base64.</summary>
    public JsonSlice ThoughtSignature { get; set; }
}
