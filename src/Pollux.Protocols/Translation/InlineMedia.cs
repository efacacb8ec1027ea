using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.Translation;

/// <summary>Reads media that stand inside a request, as data URIs or as bare base64, without decoding them.</summary>
internal static class InlineMedia
{
    private static readonly SearchValues<byte> Whitespace = SearchValues.Create(" \t\r\n"u8);

    /// <summary>Whether a text is a data URI.</summary>
    public static bool IsDataUri(ReadOnlySpan<byte> text) => text.Length >= 5 && Ascii.EqualsIgnoreCase(text[..5], "data:"u8);

    /// <summary>Reads <c>data:image/png;base64,...</c>.</summary>
    /// <param name="uri">The unescaped text.</param>
    /// <param name="fallbackType">The type when the URI names none.</param>
    /// <param name="param">Where it stands, for the message of a fault.</param>
    public static InlineData FromDataUri(ReadOnlyMemory<byte> uri, string? fallbackType, string param)
    {
        var text = uri.Span;
        var comma = text.IndexOf((byte)',');
        if (comma < 0)
            throw Fault($"The data URI in '{param}' has no comma before its data.", param);
        var header = text[5..comma];
        if (header.Length < 7 || !Ascii.EqualsIgnoreCase(header[^7..], ";base64"u8))
            throw Fault($"The data URI in '{param}' is not base64: it must read data:<type>;base64,<data>.", param);

        var type = header[..^7];
        if (type.IndexOf((byte)';') is >= 0 and var parameters)
            type = type[..parameters];
        if (type.Length > 100 || type.IndexOfAnyExceptInRange((byte)'!', (byte)'~') >= 0)
            throw Fault($"The media type of the data URI in '{param}' is not valid.", param);
        return FromBase64(uri[(comma + 1)..], type.IsEmpty ? fallbackType : Encoding.ASCII.GetString(type).ToLowerInvariant(), param);
    }

    /// <summary>Reads bare base64.</summary>
    /// <param name="base64">Standard or URL-safe, with or without padding; line breaks are taken out.</param>
    /// <param name="type">The type as the client tells it; found out from the first bytes when it says nothing.</param>
    /// <param name="param">Where it stands, for the message of a fault.</param>
    public static InlineData FromBase64(ReadOnlyMemory<byte> base64, string? type, string param)
    {
        base64 = WithoutWhitespace(base64);
        if (base64.IsEmpty)
            throw Fault($"The media in '{param}' is empty.", param);
        if (!IsBase64(base64.Span))
            throw Fault($"The media in '{param}' is not valid base64.", param);
        if (type is null or MediaTypes.OctetStream or "")
            type = MediaTypes.FromBase64(base64.Span)
                ?? throw Fault($"The media type of '{param}' is missing and cannot be told from its first bytes.", param);
        type = MediaTypes.Normalize(type);
        if (type is "image/svg+xml")
            throw Fault($"'{param}' is an SVG picture, which Gemini does not take; send PNG, JPEG, WebP, HEIC or HEIF.", param);
        return new InlineData(type, base64);
    }

    private static ReadOnlyMemory<byte> WithoutWhitespace(ReadOnlyMemory<byte> text)
    {
        if (!text.Span.ContainsAny(Whitespace))
            return text;
        var kept = new byte[text.Length];
        var length = 0;
        foreach (var c in text.Span)
            if (c is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                kept[length++] = c;
        return kept.AsMemory(0, length);
    }

    // Google takes both alphabets, and does not ask for padding.
    private static bool IsBase64(ReadOnlySpan<byte> text)
    {
        if (Base64.IsValid(text) || Base64Url.IsValid(text))
            return true;
        var whole = text.Length & ~3;
        return text.Length - whole >= 2 && Base64.IsValid(text[..whole]) && Base64.IsValid([.. text[whole..], .. text.Length - whole == 2 ? "=="u8 : "="u8]);
    }

    private static RequestFormatException Fault(string message, string param) => new(message, param, RequestFormatCodes.InvalidMedia);
}
