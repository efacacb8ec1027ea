using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.OpenAI.Translation;
using Pollux.Protocols.Translation;

namespace Pollux.Tests.Protocols.Requests;

/// <summary>One request translated for a test: the translation, and what went onto the wire.</summary>
internal sealed record ChatCase(ChatTranslation Translation, JsonNode Wire)
{
    public const string Flash25 = "gemini-2.5-flash";
    public const string Flash35 = "gemini-3.5-flash";
    public const string Flash38 = "gemini-3.8-flash";

    public GenerateContentRequest Request => Translation.Request;

    public IReadOnlyList<Loss> Losses => Translation.Losses.Losses;

    public JsonNode? Contents => Wire["contents"];

    public JsonNode? Config => Wire["generationConfig"];

    public static ChatCase Of(string json, string model = Flash35, ISignatureSource? signatures = null, bool forcePlaceholders = false, bool defer = false) =>
        Of(Encoding.UTF8.GetBytes(json), model, signatures, forcePlaceholders, defer);

    public static ChatCase Of(byte[] body, string model = Flash35, ISignatureSource? signatures = null, bool forcePlaceholders = false, bool defer = false)
    {
        var context = new TranslationContext(ModelCatalog.Default.Find(model), signatures ?? NoSignatures.Instance)
        {
            ForcePlaceholders = forcePlaceholders,
            DeferRemoteMedia = defer,
        };
        var translation = ChatTranslator.ToGemini(ChatRequestReader.Read(body), body, context);
        return new ChatCase(translation, JsonNode.Parse(Write(translation.Request), documentOptions: new JsonDocumentOptions { MaxDepth = 512 })!);
    }

    /// <summary>Translates a request that holds nothing but one message and these members.</summary>
    public static ChatCase With(string members, string model = Flash35) =>
        Of($$"""{"model":"m","messages":[{"role":"user","content":"hi"}],{{members}}}""", model);

    /// <summary>Translates a request that holds nothing but these messages.</summary>
    public static ChatCase Messages(string messages, string model = Flash35, ISignatureSource? signatures = null, bool forcePlaceholders = false) =>
        Of($$"""{"model":"m","messages":[{{messages}}]}""", model, signatures, forcePlaceholders);

    public static RequestFormatException Fault(string json, string model = Flash35) =>
        Assert.Throws<RequestFormatException>(() => Of(json, model));

    public static byte[] Write(GenerateContentRequest request)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
            request.WriteTo(writer);
        return buffer.WrittenSpan.ToArray();
    }

    public static void Same(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}\nactual   {actual?.ToJsonString()}");
}
