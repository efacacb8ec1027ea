using System.Text.Json.Serialization;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Responses.Requests;

/// <summary>How requests for responses are read: as tolerant as <see cref="OpenAIJson"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    MaxDepth = OpenAIJson.MaxDepth,
    Converters = [typeof(SkippedMemberConverter), typeof(LenientBooleanConverter), typeof(LenientNumberConverter), typeof(PlainStringConverter)])]
[JsonSerializable(typeof(ResponsesRequest))]
[JsonSerializable(typeof(List<ResponsesItem?>))]
[JsonSerializable(typeof(List<ResponsesPart?>))]
[JsonSerializable(typeof(List<ResponsesCodeOutput?>))]
[JsonSerializable(typeof(ResponsesAddress))]
public sealed partial class ResponsesJson : JsonSerializerContext;

/// <summary>Reads requests for responses.</summary>
public static class ResponsesRequestReader
{
    /// <summary>Reads a request.</summary>
    /// <param name="body">The whole body. The result refers to it and is of use only together with it.</param>
    /// <exception cref="RequestFormatException">The body is not such a request.</exception>
    public static ResponsesRequest Read(ReadOnlyMemory<byte> body) => RequestReader.ReadBody(body, ResponsesJson.Default.ResponsesRequest);
}
