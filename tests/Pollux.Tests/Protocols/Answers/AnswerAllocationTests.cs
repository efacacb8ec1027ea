using System.Buffers;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;
using Pollux.Protocols.Sse;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.Tests.Protocols.Answers;

/// <summary>A streamed text costs no garbage per event.</summary>
public sealed class AnswerAllocationTests(ITestOutputHelper output)
{
    private static readonly byte[] Event =
        "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"Some words of \\\"an\\\" answer.\"}],\"role\": \"model\"},\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 4,\"candidatesTokenCount\": 12,\"totalTokenCount\": 16,\"promptTokensDetails\": [{\"modality\": \"TEXT\",\"tokenCount\": 4}]},\"modelVersion\": \"gemini-3.5-flash\",\"responseId\": \"abc\"}\r\n\r\n"u8.ToArray();

    private static readonly byte[] Thought =
        "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"Thinking.\",\"thought\": true}],\"role\": \"model\"},\"index\": 0}]}\r\n\r\n"u8.ToArray();

    [Fact]
    public void Framing_and_reading_an_event_allocates_nothing() => AssertFree(Event, write: false);

    [Fact]
    public void Writing_a_text_event_allocates_nothing() => AssertFree(Event, write: true);

    [Fact]
    public void Writing_a_thought_allocates_nothing() => AssertFree(Thought, write: true);

    private void AssertFree(byte[] bytes, bool write)
    {
        const int Rounds = 1000;
        using var framer = new SseFramer();
        using var writer = new ChatChunkWriter(ChatWriting.Context());
        var answer = new Answer();
        var target = new ArrayBufferWriter<byte>(64 * 1024);
        Run(Rounds); // grows lists and buffers, and compiles

        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(Rounds);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        output.WriteLine($"{allocated} bytes for {Rounds} events");
        Assert.Equal(0, allocated / Rounds);

        void Run(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                bytes.CopyTo(framer.GetMemory().Span);
                framer.Advance(bytes.Length);
                while (framer.TryRead(out Frame frame))
                {
                    AnswerReader.TryRead(frame.Payload, answer);
                    if (!write)
                        continue;
                    target.ResetWrittenCount();
                    writer.Write(answer, target);
                }
            }
        }
    }
}
