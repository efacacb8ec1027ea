using System.Buffers;
using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.Translation;

/// <summary>Brings thought signatures back to the calls they came with.</summary>
/// <remarks>
/// Gemini 3 answers 400 when the first call of a step in the current turn has none. Few clients send them back,
/// so they are remembered by call id; for calls that did not come from Gemini, Google documents a placeholder.
/// </remarks>
internal static class CallSignatures
{
    // Longer ids were not given out by us or by anybody we know.
    private const int MaxIdLength = 512;

    private static readonly RawJson Placeholder = RawJson.String("skip_thought_signature_validator"u8);

    private static readonly SearchValues<byte> Base64Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="u8);

    /// <summary>What is remembered of a call.</summary>
    public static SignedCall Remembered(TranslationScope scope, RawJson id) =>
        id.IsEmptyText || id.Utf8.Length > MaxIdLength || id.AsText() is not { } text || scope.Context.Signatures is not { } source
            || !source.TryGet(text, out var call)
            ? default
            : call;

    /// <summary>The signature of a call: what the client sent back if it can be used, else what is remembered.</summary>
    /// <param name="scope">The translation.</param>
    /// <param name="sent">What the client sent; absent when it sent nothing.</param>
    /// <param name="remembered">What the vault knows.</param>
    public static RawJson Of(TranslationScope scope, RawJson sent, in SignedCall remembered)
    {
        if (scope.Model.Thinking.Control is Gemini.Models.ThinkingControl.None)
            return default;
        var usable = Usable(scope, sent);
        return usable.IsEmpty && !scope.Context.ForcePlaceholders ? remembered.Signature : usable;
    }

    /// <summary>A signature that Google can at least decode; anything else would be refused with the whole request.</summary>
    public static RawJson Usable(TranslationScope scope, RawJson signature)
    {
        var token = signature.Utf8.Span;
        var usable = !scope.Context.ForcePlaceholders && token.Length > 2 && token[0] == (byte)'"'
            && scope.Model.Thinking.Control is not Gemini.Models.ThinkingControl.None
            && token[1..^1].IndexOfAnyExcept(Base64Characters) < 0;
        return usable ? signature : default;
    }

    /// <summary>Gives the first call of each step of the current turn a placeholder where the signature is missing.</summary>
    public static void FillGaps(TranslationScope scope, List<MadeCall> calls)
    {
        if (!scope.Model.SignaturesEnforced || calls.Count == 0)
            return;
        var contents = scope.Request.Contents;
        var next = calls.Count - 1; // both lists are in the order of the conversation, so each is walked once
        for (var i = contents.Count - 1; i >= 0; i--)
        {
            var content = contents[i];
            // A turn begins with what a person says. Content that also answers calls may or may not count as that for
            // Google, so it does not end the search: a placeholder in an older turn does no harm.
            if (content.Role != Content.Model)
            {
                if (content.HasFunctionResponse)
                    continue;
                return;
            }
            var first = content.Parts.Find(part => part.FunctionCall is not null);
            if (first is null || !first.ThoughtSignature.IsEmpty)
                continue;
            first.ThoughtSignature = Placeholder;
            while (next > 0 && !ReferenceEquals(calls[next].Part, first))
                next--;
            scope.Losses.Add(calls[next].Path.Whole, LossKind.Approximated, "The thought signature is missing; a placeholder was sent.");
        }
    }
}
