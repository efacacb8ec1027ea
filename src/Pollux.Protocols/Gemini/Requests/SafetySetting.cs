using System.Text.Json;

namespace Pollux.Protocols.Gemini;

/// <summary>The threshold for one harm category.</summary>
/// <param name="Category">Such as <c>"HARM_CATEGORY_HARASSMENT"</c>: a JSON string, or the enum's number.</param>
/// <param name="Threshold">Such as <c>"BLOCK_NONE"</c>: a JSON string, or the enum's number.</param>
public readonly record struct SafetySetting(RawJson Category, RawJson Threshold)
{
    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteMember("category"u8, Category);
        writer.WriteMember("threshold"u8, Threshold);
        writer.WriteEndObject();
    }
}
