using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.Protocols.Anthropic.Answers;
using Pollux.Protocols.Anthropic.Requests;
using Pollux.Protocols.Anthropic.Translation;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.Translation;

namespace Pollux.Tests.Protocols.Anthropic;

/// <summary>A streamed text costs no garbage per event, and a long request no more than its length.</summary>
public sealed class MessagesAllocationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("""{"text":"Some words of \"an\" answer."}""")]
    [InlineData("""{"text":"Thinking.","thought":true}""")]
    public void Writing_an_event_of_text_allocates_nothing(string part)
    {
        byte[] payload = Encoding.UTF8.GetBytes($$$"""{"candidates":[{"content":{"parts":[{{{part}}}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":4,"totalTokenCount":16}}""");
        const int Rounds = 1000;
        using var writer = new MessagesEventWriter(MessagesWriting.Context());
        var answer = new Answer();
        var target = new ArrayBufferWriter<byte>(64 * 1024);
        Run(Rounds);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(Rounds);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        output.WriteLine($"{allocated} bytes for {Rounds} events");
        Assert.Equal(0, allocated / Rounds);

        void Run(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                AnswerReader.TryRead(payload, answer);
                target.ResetWrittenCount();
                writer.Write(answer, target);
            }
        }
    }

    [Fact]
    public void Translating_takes_under_three_milliseconds_for_each_100_kB_and_grows_no_faster_than_the_body()
    {
        (double small, double large) = (PerByte(Body(100)), PerByte(Body(1000)));

        output.WriteLine($"{small * 1e5:0.00} ms and {large * 1e5:0.00} ms for each 100 kB");
        Assert.InRange(small * 1e5, 0, 3);
        Assert.InRange(large * 1e5, 0, 3);
    }

    /// <summary>A session of an agent: turns with a call and its result each.</summary>
    private static byte[] Body(int turns)
    {
        var messages = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Begin" });
        for (int i = 0; i < turns; i++)
        {
            messages.Add(new JsonObject
            {
                ["role"] = "assistant",
                ["content"] = new JsonArray(
                    new JsonObject { ["type"] = "text", ["text"] = new string('a', 200) },
                    new JsonObject { ["type"] = "tool_use", ["id"] = $"toolu_{i}", ["name"] = "read_file", ["input"] = new JsonObject { ["path"] = $"src/{i}.cs" } }),
            });
            messages.Add(new JsonObject
            {
                ["role"] = "user",
                ["content"] = new JsonArray(new JsonObject { ["type"] = "tool_result", ["tool_use_id"] = $"toolu_{i}", ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = new string('b', 1000) + "\n\"" }) }),
            });
        }

        return Encoding.UTF8.GetBytes(new JsonObject { ["model"] = "gemini-3.5-flash", ["max_tokens"] = 1000, ["messages"] = messages }.ToJsonString());
    }

    /// <summary>The best of several runs, in milliseconds for a byte.</summary>
    private static double PerByte(byte[] body)
    {
        var context = new TranslationContext(ModelCatalog.Default.Find("gemini-3.5-flash"), NoSignatures.Instance);
        var target = new ArrayBufferWriter<byte>(body.Length * 2);
        double best = double.MaxValue;
        for (int i = 0; i < 20; i++)
        {
            target.ResetWrittenCount();
            long began = Stopwatch.GetTimestamp();
            MessagesTranslation translation = MessagesTranslator.ToGemini(MessagesRequestReader.Read(body), body, context);
            using (var json = new Utf8JsonWriter(target, new JsonWriterOptions { SkipValidation = true }))
                translation.Request.WriteTo(json);
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        return best / body.Length;
    }
}
