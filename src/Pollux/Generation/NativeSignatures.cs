using System.Buffers;
using System.Text.Json;
using Pollux.Affinity;
using Pollux.Buffers;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Translation;

namespace Pollux.Generation;

/// <summary>
/// Thought signatures of native clients. Google's own clients keep them; but a conversation can come from a client of another
/// dialect, or go on there. So the calls of native answers are remembered too, and a signature that is missing and known is put back.
/// </summary>
internal static class NativeSignatures
{
    /// <summary>Depth of the members of <c>contents[].parts[]</c>; those of a call's own object are one deeper.</summary>
    private const int PartDepth = 5;

    /// <summary>Remembers the calls of an answer, or of an event, that have both an id and a signature.</summary>
    public static void Remember(Answer answer, SignatureVault.CallerSignatures signatures)
    {
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            foreach (ref readonly AnswerPart part in answer.PartsOf(candidate))
            {
                if (part.Kind == PartKind.FunctionCall && part.Signature.Exists && answer.Text(part.Id) is { Length: > 0 } id && answer.Text(part.Signature) is { Length: > 0 } signature)
                    signatures.Remember(id, new SignedCall(RawJson.String(signature), id));
            }
        }
    }

    /// <summary>Puts back the signatures of calls that were sent without one, as far as they are known.</summary>
    /// <param name="body">A well-formed body.</param>
    /// <param name="known">What is known of earlier answers.</param>
    /// <param name="newBuffer">Gives a buffer that lives as long as the request.</param>
    /// <returns>The body, the same bytes if nothing was to be put back.</returns>
    public static ReadOnlyMemory<byte> Restore(ReadOnlyMemory<byte> body, ISignatureSource known, Func<int, PooledBuffer> newBuffer)
    {
        ReadOnlySpan<byte> source = body.Span;
        if (source.IndexOf("\"functionCall\""u8) < 0 && source.IndexOf("\"function_call\""u8) < 0)
            return body;

        PooledBuffer? output = null;
        int copied = 0;
        bool inContents = false, inCall = false, signed = false;
        string? id = null;
        var reader = new Utf8JsonReader(source);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                switch (reader.CurrentDepth)
                {
                    case 1:
                        inContents = reader.ValueTextEquals("contents"u8);
                        break;
                    case PartDepth:
                        inCall = reader.ValueTextEquals("functionCall"u8) || reader.ValueTextEquals("function_call"u8);
                        signed |= reader.ValueTextEquals("thoughtSignature"u8) || reader.ValueTextEquals("thought_signature"u8);
                        break;
                    case PartDepth + 1 when inCall && reader.ValueTextEquals("id"u8):
                        reader.Read();
                        id = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                        break;
                }
            }
            else if (reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == PartDepth - 1)
            {
                if (inContents && !signed && id is not null && known.TryGet(id, out SignedCall call) && !call.Signature.IsEmpty)
                {
                    output ??= newBuffer(body.Length + 4096);
                    output.Write(source[copied..(int)reader.TokenStartIndex]);
                    output.Write(",\"thoughtSignature\":"u8);
                    output.Write(call.Signature.Utf8.Span);
                    copied = (int)reader.TokenStartIndex;
                }

                inCall = signed = false;
                id = null;
            }
        }

        if (output is null)
            return body;
        output.Write(source[copied..]);
        return output.Written;
    }
}
