using System.Text.Json;

namespace Pollux.Protocols.Gemini;

/// <summary>
/// The body of <c>generateContent</c> and <c>streamGenerateContent</c>: the form into which every dialect is translated.
/// </summary>
/// <remarks>Mutable and not thread-safe: the steps that prepare a request work on it one after another.</remarks>
public sealed class GenerateContentRequest
{
    /// <summary>The conversation, oldest first.</summary>
    public List<Content> Contents { get; } = [];

    /// <summary>What frames the conversation; Google ignores its role.</summary>
    public Content? SystemInstruction { get; set; }

    /// <summary>Function declarations and built-in tools.</summary>
    public List<Tool> Tools { get; } = [];

    /// <summary>How tools may be used.</summary>
    public ToolConfig? ToolConfig { get; set; }

    /// <summary>Thresholds per harm category; empty means Google's defaults.</summary>
    public List<SafetySetting> SafetySettings { get; } = [];

    /// <summary>Sampling, length, format, thinking. Written only when something in it is set.</summary>
    public GenerationConfig GenerationConfig { get; } = new();

    /// <summary>Name of a cache, <c>"cachedContents/..."</c>, as a JSON string.</summary>
    public RawJson CachedContent { get; set; }

    /// <summary><c>standard</c>, <c>flex</c> or <c>priority</c>, in lower case unlike Google's other enums.</summary>
    public string? ServiceTier { get; set; }

    /// <summary>Whether any function is declared.</summary>
    public bool HasFunctions
    {
        get
        {
            foreach (var tool in Tools)
                if (tool.FunctionDeclarations.Count > 0)
                    return true;
            return false;
        }
    }

    /// <summary>Whether a tool that Google runs itself is switched on.</summary>
    public bool HasBuiltInTools
    {
        get
        {
            foreach (var tool in Tools)
                if (tool.IsBuiltIn)
                    return true;
            return false;
        }
    }

    /// <summary>Whether the built-in tool of this name (<see cref="BuiltInToolNames"/>) is switched on.</summary>
    public bool HasBuiltInTool(string name)
    {
        foreach (var tool in Tools)
            if (tool.BuiltInName == name)
                return true;
        return false;
    }

    /// <summary>Appends text to the system instruction, making one when there is none.</summary>
    public void AddSystemText(RawJson text) => (SystemInstruction ??= new Content(role: null)).Parts.Add(Part.FromText(text));

    /// <summary>Writes the request as Google's JSON.</summary>
    /// <param name="writer">Receives it.</param>
    /// <param name="model">The model, <c>models/...</c>, where a request inside another one has to name it.</param>
    public void WriteTo(Utf8JsonWriter writer, string? model = null)
    {
        writer.WriteStartObject();
        writer.WriteMember("model"u8, model);
        writer.WriteStartArray("contents"u8);
        foreach (var content in Contents)
            content.WriteTo(writer);
        writer.WriteEndArray();

        if (SystemInstruction is { Parts.Count: > 0 } system)
        {
            writer.WritePropertyName("systemInstruction"u8);
            system.WriteTo(writer);
        }
        if (Tools.Count > 0)
        {
            writer.WriteStartArray("tools"u8);
            foreach (var tool in Tools)
                tool.WriteTo(writer);
            writer.WriteEndArray();
        }
        if (ToolConfig is { IsEmpty: false })
        {
            writer.WritePropertyName("toolConfig"u8);
            ToolConfig.WriteTo(writer);
        }
        if (SafetySettings.Count > 0)
        {
            writer.WriteStartArray("safetySettings"u8);
            foreach (var setting in SafetySettings)
                setting.WriteTo(writer);
            writer.WriteEndArray();
        }
        GenerationConfig.WriteMember(writer);
        writer.WriteMember("cachedContent"u8, CachedContent);
        writer.WriteMember("serviceTier"u8, ServiceTier);
        writer.WriteEndObject();
    }
}
