using System.Text.Json.Serialization;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Requests;

/// <summary>One entry of <c>tools</c>.</summary>
public sealed record MessagesTool
{
    /// <summary>Absent or <c>custom</c> for a function; else one of Anthropic's tools with a date behind it, such as <c>web_search_20250305</c>.</summary>
    public string? Type { get; set; }

    /// <summary>Its name.</summary>
    public JsonSlice Name { get; set; }

    /// <summary>What it is for.</summary>
    public JsonSlice Description { get; set; }

    /// <summary>Its arguments, as JSON Schema.</summary>
    public JsonSlice InputSchema { get; set; }

    /// <summary>Whether calls must keep to the schema.</summary>
    public bool? Strict { get; set; }

    /// <summary>Whether the model learns of it only after a search for tools.</summary>
    public bool? DeferLoading { get; set; }

    /// <summary>Who may call it: the model itself (<c>direct</c>), or code that it runs.</summary>
    public List<string?>? AllowedCallers { get; set; }

    /// <summary>For a computer: the width of its screen, in pixels.</summary>
    public double? DisplayWidthPx { get; set; }

    /// <summary>For a computer: the height of its screen, in pixels.</summary>
    public double? DisplayHeightPx { get; set; }

    /// <summary>What to keep of the prompt; Gemini keeps prompts by itself.</summary>
    public JsonSlice CacheControl { get; set; }

    /// <summary>Whether arguments may be streamed before they are checked; they come at once here.</summary>
    public JsonSlice EagerInputStreaming { get; set; }

    /// <summary>Everything else: settings of tools that the server runs.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; set; }
}

/// <summary><c>tool_choice</c>.</summary>
public sealed record MessagesToolChoice
{
    /// <summary><c>auto</c>, <c>any</c>, <c>tool</c> or <c>none</c>.</summary>
    public string? Type { get; set; }

    /// <summary>For <c>tool</c>: which one.</summary>
    public JsonSlice Name { get; set; }

    /// <summary>Whether at most one call may come.</summary>
    public bool? DisableParallelToolUse { get; set; }
}
