using System.Text.Json;

namespace Pollux.Protocols.Gemini;

/// <summary>
/// The smallest piece of a turn. Exactly one of its data members is set: Google refuses a part with none or two.
/// </summary>
public sealed class Part
{
    /// <summary>Text, as a JSON string.</summary>
    public RawJson Text { get; set; }

    /// <summary>Bytes that travel inside the request.</summary>
    public InlineData? InlineData { get; set; }

    /// <summary>A reference to bytes that Google fetches or holds.</summary>
    public FileData? FileData { get; set; }

    /// <summary>What the model asked of a function.</summary>
    public FunctionCall? FunctionCall { get; set; }

    /// <summary>What the function answered.</summary>
    public FunctionResponse? FunctionResponse { get; set; }

    /// <summary>
    /// A data member that is only carried, with its name: <c>executableCode</c>, <c>codeExecutionResult</c>,
    /// <c>toolCall</c>, <c>toolResponse</c>.
    /// </summary>
    public (string Name, RawJson Value)? Other { get; set; }

    /// <summary>Whether this is a summary of the model's reasoning.</summary>
    public bool Thought { get; set; }

    /// <summary>Opaque bytes in base64, as a JSON string, that must come back beside the part they came with.</summary>
    public RawJson ThoughtSignature { get; set; }

    /// <summary><c>MEDIA_RESOLUTION_LOW</c> and its like, for this part only (Gemini 3 and newer).</summary>
    public string? MediaResolution { get; set; }

    /// <summary>Which piece of a video, and how many frames of it, as a JSON object.</summary>
    public RawJson VideoMetadata { get; set; }

    /// <summary>A part of text.</summary>
    /// <param name="text">A JSON string.</param>
    public static Part FromText(RawJson text) => new() { Text = text };

    /// <summary>A part of text.</summary>
    public static Part FromText(string text) => new() { Text = RawJson.String(text) };

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteMember("text"u8, Text);
        if (InlineData is not null)
        {
            writer.WritePropertyName("inlineData"u8);
            InlineData.WriteTo(writer);
        }
        if (FileData is not null)
        {
            writer.WritePropertyName("fileData"u8);
            FileData.WriteTo(writer);
        }
        if (FunctionCall is not null)
        {
            writer.WritePropertyName("functionCall"u8);
            FunctionCall.WriteTo(writer);
        }
        if (FunctionResponse is not null)
        {
            writer.WritePropertyName("functionResponse"u8);
            FunctionResponse.WriteTo(writer);
        }
        if (Other is { } other)
        {
            writer.WritePropertyName(other.Name);
            other.Value.WriteTo(writer);
        }
        if (Thought)
            writer.WriteBoolean("thought"u8, value: true);
        writer.WriteMember("thoughtSignature"u8, ThoughtSignature);
        if (MediaResolution is not null)
        {
            writer.WriteStartObject("mediaResolution"u8);
            writer.WriteString("level"u8, MediaResolution);
            writer.WriteEndObject();
        }
        writer.WriteMember("videoMetadata"u8, VideoMetadata);
        writer.WriteEndObject();
    }
}
