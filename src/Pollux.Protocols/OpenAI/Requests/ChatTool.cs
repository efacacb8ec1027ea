using System.Text.Json.Serialization;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Requests;

/// <summary>One entry of <c>tools</c>.</summary>
public sealed record ChatTool
{
    /// <summary><c>function</c>, or a tool that the server runs.</summary>
    public string? Type { get; set; }

    /// <summary>For <c>function</c>.</summary>
    public ChatFunction? Function { get; set; }

    /// <summary>The function's name in the flat form of the Responses API.</summary>
    public JsonSlice Name { get; set; }

    /// <summary>As <see cref="Name"/>.</summary>
    public JsonSlice Description { get; set; }

    /// <summary>As <see cref="Name"/>.</summary>
    public JsonSlice Parameters { get; set; }

    /// <summary>As <see cref="Name"/>.</summary>
    public bool? Strict { get; set; }

    /// <summary>Everything else: settings of a built-in tool, or a tool in Google's own form.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; set; }
}

/// <summary>A function that the client runs.</summary>
public sealed record ChatFunction
{
    /// <summary>Its name.</summary>
    public JsonSlice Name { get; set; }

    /// <summary>What it is for.</summary>
    public JsonSlice Description { get; set; }

    /// <summary>Its arguments, as JSON Schema.</summary>
    public JsonSlice Parameters { get; set; }

    /// <summary>Whether calls must keep to the schema.</summary>
    public bool? Strict { get; set; }
}
