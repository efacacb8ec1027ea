using System.Buffers;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Pollux.Protocols.Anthropic.Requests;
using Pollux.Protocols.Anthropic.Translation;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.OpenAI.Responses.Requests;
using Pollux.Protocols.OpenAI.Responses.Translation;
using Pollux.Protocols.OpenAI.Translation;
using Pollux.Protocols.Translation;

namespace Pollux.Bench.Micro;

/// <summary>A chat request on its way to Gemini: read, translated, written.</summary>
public class RequestBenchmarks
{
    private static readonly ModelCapabilities Model = ModelCatalog.Default.Find("gemini-3.5-flash");
    private readonly ArrayBufferWriter<byte> _output = new(256 * 1024);

    [Benchmark(Baseline = true, Description = "Question of 170 bytes")]
    public int Small() => Translate(SampleChats.Small);

    [Benchmark(Description = "100 kB, 60 tools, 200 turns")]
    public int Large60Tools200Turns() => Translate(SampleChats.Large);

    [Benchmark(Description = "Anthropic's, 60 tools, 200 turns")]
    public int LargeMessages()
    {
        byte[] body = SampleMessages.Large;
        MessagesTranslation translation = MessagesTranslator.ToGemini(MessagesRequestReader.Read(body), body, new TranslationContext(Model, NoSignatures.Instance));
        return Write(translation);
    }

    [Benchmark(Description = "Response: 100 kB, 60 tools, 200 turns")]
    public int LargeResponse()
    {
        ResponsesRequest asked = ResponsesRequestReader.Read(SampleResponses.Large);
        ResponsesTranslation translation = ResponsesTranslator.ToGemini(asked, recalled: 0, SampleResponses.Large, new TranslationContext(Model, NoSignatures.Instance));
        return Write(translation);
    }

    private int Translate(byte[] body)
    {
        ChatRequest chat = ChatRequestReader.Read(body);
        ChatTranslation translation = ChatTranslator.ToGemini(chat, body, new TranslationContext(Model, NoSignatures.Instance));
        return Write(translation);
    }

    private int Write(RequestTranslation translation)
    {
        _output.ResetWrittenCount();
        using Utf8JsonWriter json = new(_output, new JsonWriterOptions { SkipValidation = true });
        translation.Request.WriteTo(json);
        json.Flush();
        return _output.WrittenCount;
    }
}
