using System.Buffers;
using BenchmarkDotNet.Attributes;
using Pollux.Protocols.Anthropic.Answers;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;
using Pollux.Protocols.OpenAI.Responses.Answers;
using Pollux.Protocols.OpenAI.Responses.Requests;
using Pollux.Protocols.Shaping;
using Pollux.Protocols.Sse;

namespace Pollux.Bench.Micro;

/// <summary>Gemini's answer on its way to the client. An event must not allocate.</summary>
public class AnswerBenchmarks : IDisposable
{
    private static readonly ChatAnswerContext Context = new()
    {
        Id = "chatcmpl-0123456789abcdefghijklmn",
        Created = 1_767_225_600,
        Model = "gemini-3.5-flash",
        Calls = new NoCalls(),
    };

    private static readonly ResponsesAnswerContext Response = new()
    {
        Id = "resp_0123456789abcdefghijklmn",
        Created = 1_767_225_600,
        Model = "gemini-3.5-flash",
        Calls = new NoCalls(),
        Echo = ResponseEcho.Of(new ResponsesRequest(), "{}"u8.ToArray(), stores: false),
    };

    private ResponsesWriter? _responses;
    private int _eventsOfResponse;
    private readonly ArrayBufferWriter<byte> _output = new(16 * 1024);
    private readonly SseFramer _framer = new();
    private readonly Answer _answer = new();
    private readonly ChatChunkWriter _chunks = new(Context);
    private readonly MessagesEventWriter _messages = new(new MessagesAnswerContext
    {
        Id = "msg_0123456789abcdefghijklmn",
        Model = "gemini-3.5-flash",
        Calls = new NoCalls(),
        NewId = static prefix => prefix + "1",
    });
    private readonly AnswerPieces _pieces = new();
    private readonly ArrayBufferWriter<byte> _piece = new(1024);
    private readonly Answer _cut = new();

    [Benchmark(Baseline = true, Description = "Event passed through")]
    public int EventPassedThrough()
    {
        Frame frame = NextEvent();
        _output.Write(frame.Raw.Span);
        return _output.WrittenCount;
    }

    [Benchmark(Description = "Event to chat chunk")]
    public int EventToChatChunk()
    {
        NextEvent();
        _chunks.Write(_answer, _output);
        return _output.WrittenCount;
    }

    [Benchmark(Description = "Event to Anthropic's event")]
    public int EventToMessagesEvent()
    {
        NextEvent();
        _messages.Write(_answer, _output);
        return _output.WrittenCount;
    }

    [Benchmark(Description = "Event to response event")]
    public int EventToResponseEvent()
    {
        NextEvent();
        if (_eventsOfResponse++ % 1000 == 0) // as long as a long answer: what was said is kept for its end
        {
            _responses?.Dispose();
            _responses = new ResponsesWriter(Response);
        }

        _responses!.WriteEvent(_answer, _output);
        return _output.WrittenCount;
    }

    /// <summary>What the stream optimizer does with an event besides waiting: 42 characters become 14 chunks.</summary>
    [Benchmark(Description = "Event to 14 paced chat chunks")]
    public int EventToPacedChatChunks()
    {
        NextEvent();
        _pieces.Begin(_answer);
        while (_pieces.HasMore)
        {
            _piece.ResetWrittenCount();
            _pieces.Write(3, _piece);
            AnswerReader.TryRead(_piece.WrittenMemory, _cut);
            _chunks.Write(_cut, _output);
        }

        return _output.WrittenCount;
    }

    [Benchmark(Description = "Unary answer to chat body")]
    public int UnaryToChatBody()
    {
        _output.ResetWrittenCount();
        Answer answer = new();
        AnswerReader.TryRead(SampleAnswers.Unary, answer);
        ChatBodyWriter.Write(answer, Context, _output);
        return _output.WrittenCount;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _framer.Dispose();
        _chunks.Dispose();
        _messages.Dispose();
        _responses?.Dispose();
        _pieces.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>One read from the network, framed and understood.</summary>
    private Frame NextEvent()
    {
        _output.ResetWrittenCount();
        SampleAnswers.Event.CopyTo(_framer.GetMemory());
        _framer.Advance(SampleAnswers.Event.Length);
        if (!_framer.TryRead(out Frame frame) || !AnswerReader.TryRead(frame.Payload, _answer))
            throw new InvalidOperationException("The sample is no event.");
        return frame;
    }

    private sealed class NoCalls : ICallRegister
    {
        public string Register(string? geminiId, string? signature) => geminiId ?? "call";
    }
}
