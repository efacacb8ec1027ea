using System.Text.Json;

namespace Pollux.Protocols.Gemini;

/// <summary>What the model asked of a function.</summary>
public sealed class FunctionCall
{
    /// <summary>The id that Gemini gave, as a JSON string. Never an id of our own making: 2.x models know none.</summary>
    public RawJson Id { get; set; }

    /// <summary>The declared name, as a JSON string.</summary>
    public required RawJson Name { get; init; }

    /// <summary>The arguments, a JSON object.</summary>
    public required RawJson Args { get; init; }

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteMember("id"u8, Id);
        writer.WriteMember("name"u8, Name);
        writer.WriteMember("args"u8, Args);
        writer.WriteEndObject();
    }
}

/// <summary>What a function answered.</summary>
public sealed class FunctionResponse
{
    /// <summary>The id of the call, as a JSON string, when Gemini gave it one.</summary>
    public RawJson Id { get; set; }

    /// <summary>The name of the called function, as a JSON string.</summary>
    public required RawJson Name { get; init; }

    /// <summary>The answer, a JSON object. Excludes <see cref="Result"/>.</summary>
    public RawJson Response { get; init; }

    /// <summary>
    /// An answer that is no object, usually text. Google takes nothing but an object, so it is written as
    /// <c>{"result": ...}</c>: wrapped while writing, since tool output can be large.
    /// </summary>
    public RawJson Result { get; init; }

    /// <summary>Whether the function failed: then <see cref="Result"/> is written as <c>{"error": ...}</c>, the name that Google gives it.</summary>
    public bool IsError { get; init; }

    /// <summary>Pictures and documents of the answer (Gemini 3 and newer).</summary>
    public List<InlineData>? Media { get; set; }

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteMember("id"u8, Id);
        writer.WriteMember("name"u8, Name);
        if (Result.IsEmpty)
            writer.WriteMember("response"u8, Response.IsEmpty ? RawJson.EmptyObject : Response);
        else
        {
            writer.WriteStartObject("response"u8);
            writer.WriteMember(IsError ? "error"u8 : "result"u8, Result);
            writer.WriteEndObject();
        }
        if (Media is { Count: > 0 })
        {
            writer.WriteStartArray("parts"u8);
            foreach (var media in Media)
            {
                writer.WriteStartObject();
                writer.WritePropertyName("inlineData"u8);
                media.WriteTo(writer);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }
}
