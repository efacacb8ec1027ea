using System.Text.Json;
using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.Translation;

/// <summary>Turns arguments, which OpenAI keeps as JSON inside a string, into the object that Gemini wants.</summary>
internal static class CallArguments
{
    public static RawJson Translate(TranslationScope scope, JsonSlice arguments, CallPath path)
    {
        switch (arguments.FirstByte(scope.Body))
        {
            case 0:
                return RawJson.EmptyObject;
            case (byte)'{': // not by the book, but clear
                return scope.Value(arguments);
            case (byte)'"':
                return FromText(scope, scope.Value(arguments), path);
            default:
                var param = path.Member("arguments");
                throw new RequestFormatException($"'{param}' must be a string with a JSON object.", param, RequestFormatCodes.InvalidType);
        }
    }

    private static RawJson FromText(TranslationScope scope, RawJson text, CallPath path)
    {
        var json = JsonText.Unescape(text, out var copied);
        if (json.Span.Trim(" \t\r\n"u8).IsEmpty)
            return RawJson.EmptyObject;
        if (copied)
            json = LoneSurrogates.Repair(json, out _);
        var kind = JsonText.KindOf(json.Span, out var exact);
        if (kind is JsonTokenType.Null)
            return RawJson.EmptyObject;
        if (kind is not JsonTokenType.StartObject)
        {
            // An answer cut by max_tokens leaves half a call in the history. The model should see what it wrote.
            scope.Losses.Add(path.Member("arguments"), LossKind.Changed, "The arguments are no JSON object; they were sent under _raw.");
            byte[] wrapped = [.. """{"_raw":"""u8, .. text.Utf8.Span, (byte)'}'];
            return RawJson.FromUtf8(wrapped);
        }
        if (!exact)
            scope.Losses.Add(path.Member("arguments"), LossKind.Approximated, "Google keeps numbers as doubles; one here has more digits.");
        return RawJson.FromUtf8(json);
    }
}
