using System.Text.Json.Serialization;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Requests;

/// <summary>
/// How OpenAI's requests are read: unknown members are tolerated, a number or a boolean may be written as a string
/// (as PHP and form-based clients do), the last of two equal members wins.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    MaxDepth = MaxDepth,
    Converters = [typeof(SkippedMemberConverter), typeof(LenientBooleanConverter), typeof(LenientNumberConverter), typeof(PlainStringConverter)])]
[JsonSerializable(typeof(ChatRequest))]
[JsonSerializable(typeof(List<ChatContentPart?>))]
[JsonSerializable(typeof(ChatMediaSource))]
[JsonSerializable(typeof(List<ChatTool?>))]
public sealed partial class OpenAIJson : JsonSerializerContext
{
    /// <summary>Google parses requests up to 100 levels; what is nested deeper would be refused there anyway.</summary>
    public const int MaxDepth = 128;
}
