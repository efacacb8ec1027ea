using System.Buffers;
using System.Text;
using Pollux.Protocols.Sse;

namespace Pollux.Tests.Protocols.Answers;

public sealed class FramerTests
{
    [Theory]
    [InlineData("data: {\"a\":1}\r\n\r\ndata: {\"b\":2}\r\n\r\n")]
    [InlineData("data: {\"a\":1}\n\ndata: {\"b\":2}\n\n")]
    [InlineData("data: {\"a\":1}\r\rdata: {\"b\":2}\r\r")]
    [InlineData("data:{\"a\":1}\n\n\n\ndata:{\"b\":2}\n\n")]
    [InlineData(": comment\n\nevent: x\nid: 7\ndata: {\"a\":1}\n\ndata: {\"b\":2}\n\n")]
    [InlineData("data: {\"a\":1}\r\n\r\ndata: {\"b\":2}")]
    [InlineData("data: {\"a\":1}\r\n\r\ndata: {\"b\":2}\r")]
    public void Events_are_found_wherever_the_bytes_are_cut(string text)
    {
        for (int size = 1; size <= text.Length; size++)
        {
            List<(FrameKind Kind, string Payload)> frames = Read(new SseFramer(), text, size, out _);
            Assert.Equal([(FrameKind.Data, "{\"a\":1}"), (FrameKind.Data, "{\"b\":2}")], frames);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Large_events_are_whole_and_their_buffers_come_from_the_pool_given_and_go_back(bool array)
    {
        var pool = new CountingPool();
        string[] values = ["{}", $"\"{new string('x', 5_000_000)}\"", "[1]", $"\"{new string('y', 20_000_000)}\"", "{\"z\":1}"];
        string text = array
            ? $"[{string.Join(",\n", values.Select(static value => $"{{\"v\":{value}}}"))}]"
            : string.Concat(values.Select(static value => $"data: {value}\r\n\r\n"));
        StreamFramer framer = array ? new JsonArrayFramer(pool) : new SseFramer(pool);
        var announced = 0;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var found = new List<string>();
        using (framer)
        {
            for (int at = 0; at < bytes.Length;)
            {
                announced = Math.Max(announced, framer.NextLargeBytes);
                Memory<byte> room = framer.GetMemory();
                int piece = Math.Min(room.Length, bytes.Length - at);
                bytes.AsSpan(at, piece).CopyTo(room.Span);
                framer.Advance(piece);
                at += piece;
                while (framer.TryRead(out Frame frame))
                {
                    if (frame.Kind == FrameKind.Data)
                        found.Add(Encoding.UTF8.GetString(frame.Payload.Span));
                }
            }

            Assert.True(pool.Given > 0);
            Assert.Equal(1, pool.Out);
        }

        Assert.Equal(0, pool.Out);
        Assert.Equal(pool.Largest, announced);
        Assert.Equal(values, array ? found.Select(static one => one[5..^1]) : found);
    }

    [Theory]
    [InlineData("data: {\"a\":1}\r\n\r\n")]
    [InlineData("data: {\"a\":1}\n\n")]
    public void An_event_is_given_with_its_last_byte_and_not_with_the_next_event(string text)
    {
        using var framer = new SseFramer();
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            Assert.False(framer.TryRead(out _));
            framer.GetMemory().Span[0] = b;
            framer.Advance(1);
        }

        Assert.True(framer.TryRead(out Frame frame));
        Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(frame.Payload.Span));
    }

    [Fact]
    public void A_last_line_end_of_two_bytes_is_no_part_of_the_payload()
    {
        List<(FrameKind, string)> frames = Read(new SseFramer(), "data: {\"a\":1}\r\n", 100, out _);
        Assert.Equal([(FrameKind.Data, "{\"a\":1}")], frames);
    }

    [Fact]
    public void Several_data_fields_are_one_payload_joined_by_line_feeds()
    {
        List<(FrameKind, string)> frames = Read(new SseFramer(), "data: {\ndata: \"a\":1\ndata: }\n\n", 3, out _);
        Assert.Equal([(FrameKind.Data, "{\n\"a\":1\n}")], frames);
    }

    [Theory]
    [InlineData("data: {\"a\":1}\r\n\r\n{\n  \"error\": {\n    \"message\": \"a } brace \\\" \"\n  }\n}\n")]
    [InlineData("data: {\"a\":1}\n\n{\n  \"error\": {\n    \"message\": \"a } brace \\\" \"\n  }\n}")]
    [InlineData("data: {\"a\":1}\n\n[{\n  \"error\": {\n    \"message\": \"a } brace \\\" \"\n  }\n}]")]
    public void A_bare_json_value_in_mid_stream_is_told_apart(string text)
    {
        for (int size = 1; size <= text.Length; size++)
        {
            List<(FrameKind Kind, string Payload)> frames = Read(new SseFramer(), text, size, out _);
            Assert.Equal(2, frames.Count);
            Assert.Equal(FrameKind.BareJson, frames[1].Kind);
            Assert.Contains("a } brace", frames[1].Payload, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_bare_value_that_is_cut_is_given_at_the_end()
    {
        List<(FrameKind Kind, string Payload)> frames = Read(new SseFramer(), "data: {}\n\n{\"error\": {", 4, out _);
        Assert.Equal((FrameKind.BareJson, "{\"error\": {"), frames[1]);
    }

    [Fact]
    public void Raw_bytes_of_all_events_are_the_stream_itself()
    {
        const string Text = "data: {\"a\":1}\r\n\r\ndata: {\"b\":2}\r\n\r\n";
        for (int size = 1; size <= Text.Length; size++)
        {
            Read(new SseFramer(), Text, size, out string raw);
            Assert.Equal(Text, raw);
        }
    }

    [Theory]
    [InlineData("[{\"a\":[1,\"]\"]}\n,\r\n{\"b\":{}}\n]")]
    [InlineData("[ {\"a\":[1,\"]\"]},{\"b\":{}} ]\n")]
    public void Array_elements_are_found_wherever_the_bytes_are_cut(string text)
    {
        for (int size = 1; size <= text.Length; size++)
        {
            List<(FrameKind Kind, string Payload)> frames = Read(new JsonArrayFramer(), text, size, out string raw);
            Assert.Equal([(FrameKind.Data, "{\"a\":[1,\"]\"]}"), (FrameKind.Data, "{\"b\":{}}"), (FrameKind.Framing, "")], frames);
            Assert.Equal(text.TrimEnd(), raw);
        }
    }

    [Fact]
    public void An_object_where_an_array_was_due_is_a_bare_value()
    {
        List<(FrameKind Kind, string Payload)> frames = Read(new JsonArrayFramer(), "{\"error\":{}}", 5, out _);
        Assert.Equal([(FrameKind.BareJson, "{\"error\":{}}")], frames);
    }

    [Fact]
    public void A_large_event_is_kept_whole_while_the_buffer_grows()
    {
        string payload = "{\"text\":\"" + new string('x', 300_000) + "\"}";
        List<(FrameKind Kind, string Payload)> frames = Read(new SseFramer(), $"data: {payload}\r\n\r\ndata: {{}}\r\n\r\n", 4096, out _);
        Assert.Equal([(FrameKind.Data, payload), (FrameKind.Data, "{}")], frames);
    }

    private static List<(FrameKind Kind, string Payload)> Read(StreamFramer framer, string text, int size, out string raw)
    {
        var frames = new List<(FrameKind, string)>();
        var all = new StringBuilder();
        using (framer)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            for (int at = 0; at < bytes.Length; at += size)
            {
                int length = Math.Min(size, bytes.Length - at);
                bytes.AsSpan(at, length).CopyTo(framer.GetMemory().Span);
                framer.Advance(length);
                while (framer.TryRead(out Frame frame))
                    Take(frame);
            }

            while (framer.TryReadLast(out Frame frame))
                Take(frame);
        }

        raw = all.ToString();
        return frames;

        void Take(in Frame frame)
        {
            frames.Add((frame.Kind, Encoding.UTF8.GetString(frame.Payload.Span)));
            all.Append(Encoding.UTF8.GetString(frame.Raw.Span));
        }
    }

    private sealed class CountingPool : MemoryPool<byte>
    {
        public int Given { get; private set; }

        public int Out { get; private set; }

        public int Largest { get; private set; }

        public override int MaxBufferSize => int.MaxValue;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            (Given, Out, Largest) = (Given + 1, Out + 1, Math.Max(Largest, minBufferSize));
            return new Owner(this, minBufferSize);
        }

        protected override void Dispose(bool disposing)
        {
            // holds nothing
        }

        private sealed class Owner(CountingPool pool, int bytes) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } = new byte[bytes];

            public void Dispose() => pool.Out--;
        }
    }
}
