using System.Text.Json;

namespace Pollux.Protocols.Gemini;

/// <summary>How much the model thinks. Budget and level together are refused, a level before Gemini 3 too.</summary>
public sealed class ThinkingConfig
{
    /// <summary>Whether summaries of the thoughts come with the answer.</summary>
    public bool? IncludeThoughts { get; set; }

    /// <summary>In tokens; 0 is off, -1 leaves it to the model (Gemini 2.5).</summary>
    public int? ThinkingBudget { get; set; }

    /// <summary>How hard (Gemini 3 and newer).</summary>
    public ThinkingLevel? ThinkingLevel { get; set; }

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteMember("includeThoughts"u8, IncludeThoughts);
        writer.WriteMember("thinkingBudget"u8, ThinkingBudget);
        if (ThinkingLevel is { } level)
            writer.WriteString("thinkingLevel"u8, level switch
            {
                Gemini.ThinkingLevel.Minimal => "MINIMAL"u8,
                Gemini.ThinkingLevel.Low => "LOW"u8,
                Gemini.ThinkingLevel.Medium => "MEDIUM"u8,
                _ => "HIGH"u8,
            });
        writer.WriteEndObject();
    }
}

/// <summary>How hard a Gemini 3 model thinks, in rising order.</summary>
public enum ThinkingLevel
{
    /// <summary><c>MINIMAL</c>.</summary>
    Minimal,

    /// <summary><c>LOW</c>.</summary>
    Low,

    /// <summary><c>MEDIUM</c>.</summary>
    Medium,

    /// <summary><c>HIGH</c>.</summary>
    High,
}
