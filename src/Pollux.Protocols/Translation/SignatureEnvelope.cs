using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.Translation;

/// <summary>
/// The form in which a thought signature of Gemini's travels through clients that carry something opaque of their own: the
/// <c>signature</c> of a thinking block (Anthropic), the <c>encrypted_content</c> of a reasoning item (Responses). The mark at
/// its front tells it from what another provider gave, which a client may send after it changed its model.
/// </summary>
internal static class SignatureEnvelope
{
    private static ReadOnlySpan<byte> Mark => "plx1."u8;

    /// <summary>Puts a signature into an envelope.</summary>
    /// <param name="signature">Gemini's, a JSON string token.</param>
    /// <returns>A JSON string token.</returns>
    public static byte[] Seal(ReadOnlySpan<byte> signature) => [(byte)'"', .. Mark, .. signature[1..]];

    /// <summary>Takes a signature out of its envelope.</summary>
    /// <param name="carried">What the client sent, a JSON string; may be absent.</param>
    /// <returns>Absent if it is none of ours.</returns>
    public static RawJson Open(RawJson carried)
    {
        var token = carried.Utf8;
        if (token.Length <= Mark.Length + 2 || !token.Span[1..].StartsWith(Mark))
            return default;
        byte[] signature = [(byte)'"', .. token.Span[(Mark.Length + 1)..]];
        return RawJson.FromUtf8(signature);
    }
}
