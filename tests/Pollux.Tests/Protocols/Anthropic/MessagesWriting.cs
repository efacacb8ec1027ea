using System.Buffers;
using System.Text;
using Pollux.Protocols.Anthropic.Answers;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Tests.Protocols.Answers.Recorded;
using Pollux.Tests.Protocols.Anthropic.Reading;

namespace Pollux.Tests.Protocols.Anthropic;

/// <summary>Writes messages from Gemini payloads, as the gateway does but without one.</summary>
internal static class MessagesWriting
{
    public static MessagesAnswerContext Context(ThinkingForm thinking = ThinkingForm.Shown, CallLog? calls = null)
    {
        int ids = 0;
        return new MessagesAnswerContext
        {
            Id = "msg_1",
            Model = "gemini-3.5-flash",
            Calls = calls ?? new CallLog(),
            NewId = prefix => $"{prefix}{++ids}",
            Thinking = thinking,
            EstimatedPromptTokens = 77,
        };
    }

    /// <summary>Writes a stream from its events.</summary>
    public static ReadOnlyMemory<byte> Stream(IEnumerable<byte[]> payloads, MessagesAnswerContext context)
    {
        var output = new ArrayBufferWriter<byte>();
        using var writer = new MessagesEventWriter(context);
        var answer = new Answer();
        foreach (byte[] payload in payloads)
        {
            Assert.True(AnswerReader.TryRead(payload, answer));
            writer.Write(answer, output);
        }

        writer.WriteEnd(output);
        return output.WrittenMemory;
    }

    /// <summary>Writes a stream from events as text, and reads it.</summary>
    public static MessagesOutcome Stream(MessagesAnswerContext context, params string[] payloads) => MessagesValidator.Stream(Stream(payloads.Select(Encoding.UTF8.GetBytes), context).Span);

    /// <summary>Writes a whole answer.</summary>
    public static ReadOnlyMemory<byte> Whole(byte[] payload, MessagesAnswerContext context)
    {
        var output = new ArrayBufferWriter<byte>();
        var answer = new Answer();
        Assert.True(AnswerReader.TryRead(payload, answer));
        MessagesBodyWriter.Write(answer, context, output);
        return output.WrittenMemory;
    }
}
