using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Pollux.Endpoints;
using Pollux.Protocols.Shaping;

namespace Pollux.Tests.Endpoints;

/// <summary>Large slices reach the client between what was written before and behind them, and never stand in the pipe at once.</summary>
public sealed class AnswerOutputTests
{
    private const int Large = 1_000_000;

    [Theory]
    [InlineData("a")]
    [InlineData("a,L")]
    [InlineData("L")]
    [InlineData("L,a")]
    [InlineData("a,L,b,L,L,c,L")]
    [InlineData("S,L,S")]
    public async Task Everything_comes_in_the_order_of_writing(string parts)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 100_000, resumeWriterThreshold: 50_000));
        var output = new AnswerOutput(pipe.Writer);
        Task<(string Text, long Most)> reading = ReadAsync(pipe.Reader);
        var expected = new StringBuilder();

        for (int round = 0; round < 2; round++) // an output is used again after each flush
        {
            foreach (string part in parts.Split(','))
            {
                string text = part switch { "L" => new string((char)('A' + round), Large), "S" => new string('s', 50_000), _ => part };
                expected.Append(text);
                if (part is "L" or "S")
                    output.WriteSlice(Encoding.UTF8.GetBytes(text));
                else
                    output.Write(Encoding.UTF8.GetBytes(text));
            }

            await output.FlushAsync(TestContext.Current.CancellationToken);
        }

        await pipe.Writer.CompleteAsync();
        (string read, long most) = await reading;
        Assert.Equal(expected.ToString(), read);
        Assert.InRange(most, 0, 300_000);
    }

    [Fact]
    public async Task Whoever_stops_reading_stops_the_writing()
    {
        var pipe = new Pipe();
        var output = new AnswerOutput(pipe.Writer);
        output.WriteSlice(new byte[Large]);
        await pipe.Reader.CompleteAsync();

        FlushResult result = await output.FlushAsync(TestContext.Current.CancellationToken);

        Assert.True(result.IsCompleted);
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(10, 100_000)]
    [InlineData(100_000, 10)]
    [InlineData(100_000, 100_000)]
    public async Task Joined_texts_are_the_same_through_it_and_through_a_buffer(int first, int second)
    {
        byte[][] tokens = [Token('a', first), Token('b', second), Token('c', 5)];
        var text = new RawText();
        foreach (byte[] token in tokens)
            text.AddToken(token);
        text.AddEscaped("\\n"u8);
        text.AddToken(Token('d', second));
        var buffer = new ArrayBufferWriter<byte>();
        Write(text, buffer);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var output = new AnswerOutput(pipe.Writer);

        Write(text, output);
        await output.FlushAsync(TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();

        string written = Encoding.UTF8.GetString(buffer.WrittenSpan);
        Assert.Equal(written, (await ReadAsync(pipe.Reader)).Text);
        string joined = new string('a', first) + new string('b', second) + "ccccc\n" + new string('d', second);
        Assert.Equal((joined, 1), (JsonElement.Parse(written).GetProperty("text").GetString(), JsonElement.Parse(written).GetProperty("next").GetInt32()));
    }

    private static byte[] Token(char letter, int length) => Encoding.UTF8.GetBytes($"\"{new string(letter, length)}\"");

    private static void Write(RawText text, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true });
        json.WriteStartObject();
        json.WritePropertyName("text"u8);
        text.WriteTo(json, output);
        json.WriteNumber("next"u8, 1);
        json.WriteEndObject();
        json.Flush();
    }

    private static async Task<(string Text, long Most)> ReadAsync(PipeReader reader)
    {
        var text = new StringBuilder();
        long most = 0;
        while (true)
        {
            ReadResult read = await reader.ReadAsync(TestContext.Current.CancellationToken);
            most = Math.Max(most, read.Buffer.Length);
            text.Append(Encoding.UTF8.GetString(read.Buffer));
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return (text.ToString(), most);
        }
    }
}
