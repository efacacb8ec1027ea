using System.Text.Json;
using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.Translation;

/// <summary>Translates what a function answered.</summary>
internal static class ToolResults
{
    /// <summary>Makes the answer to a call.</summary>
    /// <param name="scope">The translation.</param>
    /// <param name="content">Parts of the message's content.</param>
    /// <param name="call">The call it answers.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="step">Receives media that the model does not take inside an answer.</param>
    /// <param name="isError">Whether the function failed: told under <c>error</c>, as Google asks for it.</param>
    public static Part Translate(TranslationScope scope, List<Part> content, FunctionCall call, in MessagePath path, ToolStep step, bool isError = false)
    {
        RawJson text = default;
        List<InlineData>? media = null;
        foreach (var part in content)
        {
            if (!part.Text.IsEmpty)
                text = text.IsEmpty ? part.Text : Join(text, part.Text);
            else if (part.InlineData is { } inline && scope.Model.MediaInFunctionResponses)
                (media ??= []).Add(inline);
            else
            {
                step.Behind.Add(part);
                scope.Losses.Add(path.Content, LossKind.Changed, "Media of a tool's answer were put behind it, as the user's.");
            }
        }
        var (response, result) = Wrap(text);
        if (isError && result.IsEmpty)
            (response, result) = (default, response.IsEmpty ? RawJson.String("") : response);
        return new Part { FunctionResponse = new FunctionResponse { Id = call.Id, Name = call.Name, Response = response, Result = result, IsError = isError, Media = media } };
    }

    /// <summary>
    /// An object goes as it is, a list as a list, everything else as text: a lone number would come out as a double, and
    /// so would large numbers inside an object, which therefore stay text too.
    /// </summary>
    private static (RawJson Response, RawJson Result) Wrap(RawJson text)
    {
        if (text.IsEmptyText)
            return (default, RawJson.String(""));
        if (!MayBeStructured(text.Utf8.Span[1..]))
            return (default, text);
        var unescaped = JsonText.Unescape(text, out var copied);
        return JsonText.KindOf(unescaped.Span, out var exact) switch
        {
            JsonTokenType.StartObject when exact => (Repaired(unescaped, copied), default),
            JsonTokenType.StartArray when exact => (default, Repaired(unescaped, copied)),
            _ => (default, text),
        };
    }

    private static RawJson Repaired(ReadOnlyMemory<byte> json, bool copied)
    {
        if (!copied)
            return RawJson.FromUtf8(json); // without a backslash there is no escape in it either
        return RawJson.FromUtf8(LoneSurrogates.Repair(json, out _));
    }

    // Looks past blanks and escaped line breaks for a bracket, so that plain text is not unescaped for nothing.
    private static bool MayBeStructured(ReadOnlySpan<byte> escaped)
    {
        for (var i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] is (byte)'{' or (byte)'[')
                return true;
            if (escaped[i] == (byte)'\\' && i + 1 < escaped.Length && escaped[i + 1] is (byte)'n' or (byte)'r' or (byte)'t')
                i++;
            else if (escaped[i] != (byte)' ')
                return false;
        }
        return false;
    }

    private static RawJson Join(RawJson first, RawJson second)
    {
        byte[] joined = [.. first.Utf8.Span[..^1], .. "\\n"u8, .. second.Utf8.Span[1..]];
        return RawJson.FromUtf8(joined);
    }
}
