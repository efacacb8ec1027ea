using System.Text.Json.Serialization;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Responses.Requests;

/// <summary>One entry of <c>tools</c>.</summary>
public sealed record ResponsesTool
{
    /// <summary><c>function</c>, <c>namespace</c>, <c>custom</c>, <c>tool_search</c>, or a tool that the server runs.</summary>
    public string? Type { get; set; }

    /// <summary>Its name.</summary>
    public JsonSlice Name { get; set; }

    /// <summary>What it is for.</summary>
    public JsonSlice Description { get; set; }

    /// <summary>The arguments of a function, as JSON Schema.</summary>
    public JsonSlice Parameters { get; set; }

    /// <summary>Whether calls must keep to the schema.</summary>
    public bool? Strict { get; set; }

    /// <summary>How the input of a custom tool looks.</summary>
    public ResponsesToolFormat? Format { get; set; }

    /// <summary>The functions of a name space.</summary>
    public List<ResponsesTool?>? Tools { get; set; }

    /// <summary>Of a search for tools: <c>client</c> or <c>server</c>.</summary>
    public string? Execution { get; set; }

    /// <summary>Everything else: settings of a tool that the server runs.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; set; }
}

/// <summary><c>format</c> of a custom tool.</summary>
public sealed record ResponsesToolFormat
{
    /// <summary><c>text</c> or <c>grammar</c>.</summary>
    public string? Type { get; set; }

    /// <summary><c>lark</c> or <c>regex</c>.</summary>
    public string? Syntax { get; set; }

    /// <summary>The grammar.</summary>
    public string? Definition { get; set; }
}
