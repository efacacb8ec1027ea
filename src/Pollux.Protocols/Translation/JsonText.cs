using System.Text.Json;
using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.Translation;

/// <summary>Looks into JSON strings without making .NET strings of them.</summary>
internal static class JsonText
{
    // Numbers with more digits would lose some: Google keeps arguments and answers in a Struct, whose numbers are doubles.
    private const int ExactDigits = 15;

    /// <summary>The text of a JSON string in UTF-8: a slice of it where nothing is escaped, else an unescaped copy.</summary>
    /// <param name="text">A JSON string without lone surrogates.</param>
    /// <param name="copied">Whether the result is a copy that the caller may change.</param>
    public static ReadOnlyMemory<byte> Unescape(RawJson text, out bool copied)
    {
        var token = text.Utf8;
        var inner = token[1..^1];
        copied = inner.Span.Contains((byte)'\\');
        if (!copied)
            return inner;
        var reader = new Utf8JsonReader(token.Span);
        reader.Read();
        var unescaped = new byte[inner.Length];
        return unescaped.AsMemory(0, reader.CopyString(unescaped));
    }

    /// <summary>What kind of JSON a text is, and whether Google can keep its numbers.</summary>
    /// <param name="text">Any UTF-8.</param>
    /// <param name="exact">Whether all numbers survive as doubles.</param>
    /// <returns><see cref="JsonTokenType.None"/> when it is not exactly one JSON value.</returns>
    public static JsonTokenType KindOf(ReadOnlySpan<byte> text, out bool exact)
    {
        exact = true;
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 64 });
        try
        {
            if (!reader.Read())
                return JsonTokenType.None;
            var kind = reader.TokenType;
            do
            {
                if (reader.TokenType is JsonTokenType.Number && reader.ValueSpan.Length > ExactDigits && !IsExact(reader.ValueSpan))
                    exact = false;
            }
            while (reader.Read());
            return kind;
        }
        catch (JsonException)
        {
            return JsonTokenType.None;
        }
    }

    private static bool IsExact(ReadOnlySpan<byte> number)
    {
        var digits = 0;
        foreach (var c in number)
        {
            if (c is (byte)'e' or (byte)'E' or (byte)'.')
                return true; // a fraction was a double on the client's side too
            if (c is not (byte)'-')
                digits++;
        }
        return digits <= ExactDigits;
    }
}
