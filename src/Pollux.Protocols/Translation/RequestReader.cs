using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Pollux.Protocols.Translation;

/// <summary>Reads JSON requests of any dialect, and says in one sentence what is wrong with those it cannot read.</summary>
internal static class RequestReader
{
    /// <summary>Reads a whole body.</summary>
    /// <param name="body">The client's bytes. The result refers to them and is of use only together with them.</param>
    /// <param name="type">What it is to become.</param>
    /// <exception cref="RequestFormatException">The body is not such a request.</exception>
    public static T ReadBody<T>(ReadOnlyMemory<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        var utf8 = body.Span;
        if (utf8.StartsWith("\uFEFF"u8))
            throw new RequestFormatException("The request body begins with a byte order mark; send plain UTF-8.", null, RequestFormatCodes.InvalidJson);
        // Slices are passed on unread, so what is not UTF-8 must be found here. The check runs at memory speed.
        if (!Utf8.IsValid(utf8))
            throw new RequestFormatException("The request body is not valid UTF-8.", null, RequestFormatCodes.InvalidJson);

        return Read(utf8, type, prefix: "")
            ?? throw new RequestFormatException("The request body must be a JSON object.", null, RequestFormatCodes.InvalidType);
    }

    /// <summary>Reads one value that had stayed a slice.</summary>
    /// <param name="utf8">The value; slices in the result count from its start.</param>
    /// <param name="type">What it is to become.</param>
    /// <param name="prefix">Where the value stands in the request.</param>
    public static T? Read<T>(ReadOnlySpan<byte> utf8, JsonTypeInfo<T> type, string prefix)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, type);
        }
        catch (JsonException fault)
        {
            throw Explain(fault, prefix);
        }
    }

    private static RequestFormatException Explain(JsonException fault, string prefix)
    {
        var param = ParamOf(fault.Path, prefix);
        var place = param is null ? "the request body" : $"'{param}'";
        if (fault.InnerException is JsonException) // the reader's own: not JSON at all from here on
            return new($"The request body is not valid JSON: line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}, in {place}.", param, RequestFormatCodes.InvalidJson);
        // A converter of ours throws the expected kind as its message; the serializer's own message names .NET types.
        return fault.Message is RequestConverters.ABoolean or RequestConverters.ANumber or RequestConverters.AString
            ? new($"Invalid type for {place}: expected {fault.Message}.", param, RequestFormatCodes.InvalidType)
            : new($"Invalid type for {place}.", param, RequestFormatCodes.InvalidType);
    }

    /// <summary>Turns <c>$.messages[2]['odd name']</c> into <c>messages[2]['odd name']</c>, cut to a sane length.</summary>
    private static string? ParamOf(string? path, string prefix)
    {
        var param = new StringBuilder(prefix);
        var inner = (path ?? "$").AsSpan(1);
        if (prefix.Length == 0)
            inner = inner.TrimStart('.');
        param.Append(inner[..Math.Min(inner.Length, 120)]);
        return param.Length == 0 ? null : param.ToString();
    }
}
