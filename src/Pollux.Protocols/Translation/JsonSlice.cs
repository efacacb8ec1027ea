using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.Translation;

/// <summary>
/// The place of one JSON value in the buffer it was read from: carried, not materialised. The default is "absent";
/// JSON's <c>null</c> counts as absent.
/// </summary>
/// <param name="Start">Index of the value's first byte; for a string, of its quote.</param>
/// <param name="Length">Number of bytes, quotes included.</param>
/// <remarks>
/// Valid only against the very buffer that was deserialized, and only because that is always one contiguous span read
/// in one go: then <see cref="Utf8JsonReader.TokenStartIndex"/> counts from the start of the buffer.
/// </remarks>
[StructLayout(LayoutKind.Auto)]
[JsonConverter(typeof(JsonSliceConverter))]
public readonly record struct JsonSlice(int Start, int Length)
{
    /// <summary>Whether there is no value.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The same place, seen from a buffer that begins earlier.</summary>
    /// <param name="by">So many bytes earlier.</param>
    public JsonSlice Moved(int by) => Length == 0 ? this : new(Start + by, Length);

    /// <summary>The value, cut out of the buffer it was read from.</summary>
    public RawJson In(ReadOnlyMemory<byte> buffer) => RawJson.FromUtf8(buffer.Slice(Start, Length));

    /// <summary>The value's first byte tells its kind: quote, brace, bracket, digit or minus, <c>t</c>, <c>f</c>; 0 when absent.</summary>
    public byte FirstByte(ReadOnlyMemory<byte> buffer) => Length == 0 ? (byte)0 : buffer.Span[Start];
}

/// <summary>Reads a <see cref="JsonSlice"/> by stepping over the value.</summary>
public sealed class JsonSliceConverter : JsonConverter<JsonSlice>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override JsonSlice Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is JsonTokenType.Null)
            return default;
        var start = checked((int)reader.TokenStartIndex);
        reader.Skip();
        return new JsonSlice(start, checked((int)reader.BytesConsumed) - start);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, JsonSlice value, JsonSerializerOptions options) =>
        throw new NotSupportedException("A slice has no meaning without its buffer.");
}
