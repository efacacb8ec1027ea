using System.Text;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;

namespace Pollux.Protocols.Translation;

/// <summary>
/// Turns Markdown pictures of earlier answers back into pictures. Data URIs are read here; addresses are listed for whoever can
/// look them up (<see cref="PastPicture"/>). Pictures that do not go back leave <c>[image]</c> in their place.
/// </summary>
internal static class PastPictures
{
    /// <summary>So many go back at most, the newest: more than this is more than a model looks at.</summary>
    private const int Most = 14; // the most that gemini-3-pro-image takes

    private const int LongestAddress = 8192;
    private const int LongestWords = 1000; // between [ and ]

    private static readonly RawJson Absent = RawJson.String("[image]");

    public static void Restore(TranslationScope scope)
    {
        if (!scope.Model.Input.HasFlag(Modalities.Image))
            return;
        var left = Most;
        var found = false;
        for (var i = scope.Request.Contents.Count - 1; i >= 0; i--) // the newest first
        {
            var content = scope.Request.Contents[i];
            if (content.Role != Content.Model)
                continue;
            var room = found && !scope.Context.AllPastPictures ? 0 : left;
            var taken = RestoreTurn(scope, content, room, out var any);
            left -= taken;
            found |= any;
        }
    }

    /// <returns>How many pictures go back.</returns>
    private static int RestoreTurn(TranslationScope scope, Content content, int room, out bool any)
    {
        any = false;
        var taken = 0;
        for (var p = content.Parts.Count - 1; p >= 0; p--)
        {
            var part = content.Parts[p];
            if (part.Text.IsEmpty || part.Text.Utf8.Span.IndexOf("!["u8) < 0)
                continue;
            var text = JsonText.Unescape(part.Text, out _);
            if (Split(scope, text, room - taken, out var pictures) is not { } pieces)
                continue;
            any = true;
            taken += pictures;
            if (pieces.Count > 0 && !pieces[^1].Text.IsEmpty && pieces[^1].ThoughtSignature.IsEmpty)
                pieces[^1].ThoughtSignature = part.ThoughtSignature;
            content.Parts.RemoveAt(p);
            content.Parts.InsertRange(p, pieces);
        }
        return taken;
    }

    /// <returns><see langword="null"/>: there is no picture.</returns>
    private static List<Part>? Split(TranslationScope scope, ReadOnlyMemory<byte> text, int room, out int pictures)
    {
        List<Part>? pieces = null;
        pictures = 0;
        var written = 0;
        var at = 0;
        while (text.Span[at..].IndexOf("!["u8) is >= 0 and var found)
        {
            var start = at + found;
            at = start + 2;
            if (!TryReadTarget(text.Span, at, out var target, out var end))
                continue;
            var picture = pictures < room ? Read(scope, text[target], text[start..end]) : LeftOut(scope, text.Span[target]);
            if (picture is null)
                continue;
            pieces ??= [];
            AddText(pieces, text.Span[written..start]);
            pieces.Add(picture);
            pictures += pictures < room ? 1 : 0;
            written = at = end;
        }
        if (pieces is not null)
            AddText(pieces, text.Span[written..]);
        return pieces;
    }

    private static void AddText(List<Part> pieces, ReadOnlySpan<byte> text)
    {
        if (!text.Trim(" \n\r\t"u8).IsEmpty)
            pieces.Add(Part.FromText(RawJson.String(text)));
    }

    /// <summary>The target of <c>![words](target "title")</c>.</summary>
    private static bool TryReadTarget(ReadOnlySpan<byte> text, int words, out Range target, out int end)
    {
        (target, end) = (default, 0);
        var close = text[words..Math.Min(text.Length, words + LongestWords)].IndexOf("]("u8);
        if (close < 0)
            return false;
        var start = words + close + 2;
        var length = text[start..].IndexOfAny(") \n\""u8);
        if (length <= 0)
            return false;
        target = start..(start + length);
        var paren = text[(start + length)..].IndexOf((byte)')');
        if (paren < 0 || paren > LongestWords)
            return false;
        end = start + length + paren + 1;
        return true;
    }

    /// <summary>For a model that makes no pictures an address is a text like any other; a picture's bytes are not.</summary>
    private static Part? LeftOut(TranslationScope scope, ReadOnlySpan<byte> target) =>
        IsPicture(target) && (InlineMedia.IsDataUri(target) || scope.Model.Output.HasFlag(Modalities.Image)) ? new Part { Text = Absent } : null;

    private static bool IsPicture(ReadOnlySpan<byte> target) => InlineMedia.IsDataUri(target) ? target.StartsWith("data:image/"u8) : IsAddress(target);

    private static bool IsAddress(ReadOnlySpan<byte> target) =>
        target.Length <= LongestAddress
        && (target.StartsWith("http://"u8) || target.StartsWith("https://"u8) || (target[0] == (byte)'/' && !target.StartsWith("//"u8)));

    private static Part? Read(TranslationScope scope, ReadOnlyMemory<byte> target, ReadOnlyMemory<byte> markdown)
    {
        if (!IsPicture(target.Span))
            return null;
        if (InlineMedia.IsDataUri(target.Span))
        {
            try
            {
                var data = InlineMedia.FromDataUri(target, fallbackType: null, "messages");
                return new Part { InlineData = data, ThoughtSignature = SignatureOf(scope, PictureSignatures.IdOfData(data.Base64.Span)) };
            }
            catch (RequestFormatException)
            {
                return null; // cut off by the client: a text, then
            }
        }
        if (!scope.Context.DeferRemoteMedia)
            return null;
        var address = Encoding.UTF8.GetString(target.Span);
        var part = Part.FromText(RawJson.String(markdown.Span));
        scope.PastPictures.Add(new PastPicture(part, address, SignatureOf(scope, PictureSignatures.IdOfAddress(address)), scope.Model.Output.HasFlag(Modalities.Image)));
        return part;
    }

    private static RawJson SignatureOf(TranslationScope scope, string id) =>
        scope.Context.Signatures.TryGet(id, out var known) ? CallSignatures.Usable(scope, known.Signature) : default;
}
