using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Pollux.Protocols.Gemini;

/// <summary>
/// One JSON value as the UTF-8 bytes it has on the wire, carried without being understood. The default is "absent".
/// </summary>
/// <remarks>
/// A value usually is a slice of the client's body: text goes from socket to socket still escaped. Whoever makes one
/// from bytes vouches that they are one valid JSON value; <see cref="WriteTo"/> does not check again.
/// </remarks>
[SuppressMessage("Performance", "CA1815", Justification = "Two spellings of one JSON value are not equal as bytes; nobody may compare them so.")]
public readonly struct RawJson
{
    private RawJson(ReadOnlyMemory<byte> utf8) => Utf8 = utf8;

    /// <summary>The empty object <c>{}</c>.</summary>
    public static RawJson EmptyObject { get; } = new("{}"u8.ToArray());

    /// <summary>The literal <c>true</c>.</summary>
    public static RawJson True { get; } = new("true"u8.ToArray());

    /// <summary>The literal <c>false</c>.</summary>
    public static RawJson False { get; } = new("false"u8.ToArray());

    /// <summary>The bytes of the value; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Utf8 { get; }

    /// <summary>Whether there is no value.</summary>
    public bool IsEmpty => Utf8.IsEmpty;

    /// <summary>Whether the value is a JSON string without a single character, or no value at all.</summary>
    public bool IsEmptyText => Utf8.Length == 0 || (Utf8.Length == 2 && Utf8.Span[0] == (byte)'"');

    /// <summary>Takes bytes that are known to be one valid JSON value.</summary>
    public static RawJson FromUtf8(ReadOnlyMemory<byte> value) => new(value);

    /// <summary>A JSON string.</summary>
    public static RawJson String(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(Encoding.UTF8.GetBytes($"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(value)}\""));
    }

    /// <summary>A JSON string from its unescaped UTF-8 text.</summary>
    public static RawJson String(ReadOnlySpan<byte> utf8Text)
    {
        var encoded = JsonEncodedText.Encode(utf8Text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        var quoted = new byte[encoded.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        encoded.CopyTo(quoted.AsSpan(1));
        return new(quoted);
    }

    /// <summary>A JSON boolean.</summary>
    public static RawJson Boolean(bool value) => value ? True : False;

    /// <summary>A JSON number.</summary>
    public static RawJson Number(long value) => new(Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture)));

    /// <summary>A JSON number.</summary>
    public static RawJson Number(double value) => new(Encoding.UTF8.GetBytes(value.ToString("R", CultureInfo.InvariantCulture)));

    /// <summary>Checks and takes a value written as text, for values that come from settings or tests.</summary>
    /// <exception cref="JsonException">The text is not one JSON value.</exception>
    public static RawJson Parse(string json)
    {
        var utf8 = Encoding.UTF8.GetBytes(json);
        var reader = new Utf8JsonReader(utf8);
        reader.Read();
        reader.Skip();
        if (reader.Read())
            throw new JsonException("More than one JSON value.");
        return new(utf8);
    }

    /// <summary>The text of a JSON string, unescaped; <see langword="null"/> when the value is not a string.</summary>
    public string? AsText()
    {
        if (IsEmpty || Utf8.Span[0] != (byte)'"')
            return null;
        var reader = new Utf8JsonReader(Utf8.Span);
        reader.Read();
        return reader.GetString();
    }

    /// <summary>Writes the value as it is.</summary>
    public void WriteTo(Utf8JsonWriter writer) => writer.WriteRawValue(Utf8.Span, skipInputValidation: true);

    /// <summary>The value as text, cut after 200 bytes: for a debugger and for test messages.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Utf8.Span[..Math.Min(Utf8.Length, 200)]);
}
