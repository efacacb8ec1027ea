using System.Text.Json.Serialization;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Requests;

/// <summary>How Anthropic's requests are read: as OpenAI's are, unknown members tolerated and kept by their places.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    MaxDepth = MaxDepth,
    Converters = [typeof(SkippedMemberConverter), typeof(LenientBooleanConverter), typeof(LenientNumberConverter), typeof(PlainStringConverter)])]
[JsonSerializable(typeof(MessagesRequest))]
[JsonSerializable(typeof(List<MessagesBlock?>))]
[JsonSerializable(typeof(MessagesSource))]
[JsonSerializable(typeof(MessagesServerResult))]
internal sealed partial class AnthropicJson : JsonSerializerContext
{
    /// <summary>Google parses requests up to 100 levels; what is nested deeper would be refused there anyway.</summary>
    public const int MaxDepth = 128;
}
