using System.Buffers;
using System.Text;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;
using Pollux.Protocols.Shaping;

namespace Pollux.Tests.Protocols.Answers.Recorded;

/// <summary>Names calls one after the other and remembers what was registered.</summary>
internal sealed class CallLog : ICallRegister
{
    public List<(string? GeminiId, string? Signature)> Calls { get; } = [];

    public string Register(string? geminiId, string? signature)
    {
        Calls.Add((geminiId, signature));
        return $"call_{Calls.Count}";
    }
}

/// <summary>Writes chat answers from Gemini payloads, as the gateway does but without one.</summary>
internal static class ChatWriting
{
    public static ChatAnswerContext Context(CallLog? calls = null) => new()
    {
        Id = "chatcmpl-1",
        Created = 1_780_000_000,
        Model = "gemini-3.5-flash",
        Calls = calls ?? new CallLog(),
        IncludeUsage = true,
    };

    /// <summary>Writes a stream from its events.</summary>
    public static ReadOnlyMemory<byte> Stream(IEnumerable<byte[]> payloads, ChatAnswerContext context)
    {
        var output = new ArrayBufferWriter<byte>();
        using var writer = new ChatChunkWriter(context);
        var answer = new Answer();
        foreach (byte[] payload in payloads)
        {
            Assert.True(AnswerReader.TryRead(payload, answer));
            writer.Write(answer, output);
        }

        writer.WriteEnd(output);
        return output.WrittenMemory;
    }

    /// <summary>As <see cref="Stream(IEnumerable{byte[]}, ChatAnswerContext)"/>, from text.</summary>
    public static ReadOnlyMemory<byte> Stream(ChatAnswerContext context, params string[] payloads) => Stream(payloads.Select(Encoding.UTF8.GetBytes), context);

    /// <summary>Writes a whole answer.</summary>
    public static ReadOnlyMemory<byte> Whole(byte[] payload, ChatAnswerContext context)
    {
        var output = new ArrayBufferWriter<byte>();
        var answer = new Answer();
        Assert.True(AnswerReader.TryRead(payload, answer));
        ChatBodyWriter.Write(answer, context, output);
        return output.WrittenMemory;
    }
}
