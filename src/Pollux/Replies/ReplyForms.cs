using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Pollux.Dispatch;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Upstream;

namespace Pollux.Replies;

/// <summary>Gives a stored reply in the form that is asked for, which need not be the one it came in.</summary>
internal static class ReplyForms
{
    /// <summary>Makes an answer of <paramref name="reply"/> as if the upstream had just sent it.</summary>
    /// <param name="reply">What was stored.</param>
    /// <param name="call">What is asked, in which form.</param>
    /// <param name="lifetime">How long somebody waits for it.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="answer">The answer.</param>
    /// <returns>Whether it can be given in that form: pieces of some kinds cannot be put together.</returns>
    public static bool TryGive(StoredReply reply, UpstreamCall call, RequestLifetime lifetime, TimeProvider clock, [NotNullWhen(true)] out Dispatched? answer)
    {
        answer = null;
        if (call.Form == AnswerForm.Unary)
        {
            if (ReplyJoin.TryJoin(reply.Events) is not { } joined)
                return false;
            var whole = WholeAnswer.Of(joined, reply.Headers);
            if (!AnswerReader.TryRead(whole.Body, whole.Answer))
            {
                whole.Dispose();
                return false;
            }

            answer = whole;
            return true;
        }

        answer = UpstreamExchange.Replay(Frame(reply.Events, call.Form), reply.Headers, call, lifetime, clock);
        return true;
    }

    private static byte[] Frame(IReadOnlyList<byte[]> events, AnswerForm form)
    {
        var framed = new ArrayBufferWriter<byte>(events.Sum(static one => one.Length + 16));
        for (int i = 0; i < events.Count; i++)
        {
            if (form == AnswerForm.JsonArray)
            {
                framed.Write(i == 0 ? "["u8 : ",\r\n"u8);
                framed.Write(events[i]);
                continue;
            }

            framed.Write("data: "u8);
            WriteLine(events[i], framed);
            framed.Write("\r\n\r\n"u8);
        }

        if (form == AnswerForm.JsonArray)
            framed.Write("]"u8);
        return framed.WrittenSpan.ToArray();
    }

    /// <summary>A line end in JSON is white space between tokens, never a part of a text.</summary>
    private static void WriteLine(ReadOnlySpan<byte> json, ArrayBufferWriter<byte> output)
    {
        while (true)
        {
            int end = json.IndexOfAny((byte)'\r', (byte)'\n');
            output.Write(end < 0 ? json : json[..end]);
            if (end < 0)
                return;
            json = json[(end + 1)..];
        }
    }
}
