using System.Text.Json.Serialization;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>The body of <c>POST /v1/audio/speech</c>. Members can be set because the serializer fills them.</summary>
public sealed record SpeechRequest
{
    /// <summary>The model, as the client wrote it.</summary>
    public string? Model { get; set; }

    /// <summary>The text to speak.</summary>
    public string? Input { get; set; }

    /// <summary>A name; an object with an id names a voice that was made at OpenAI.</summary>
    public JsonSlice Voice { get; set; }

    /// <summary>How to speak it.</summary>
    public string? Instructions { get; set; }

    /// <summary><c>mp3</c>, <c>opus</c>, <c>aac</c>, <c>flac</c>, <c>wav</c> or <c>pcm</c>.</summary>
    public string? ResponseFormat { get; set; }

    /// <summary>0.25 to 4; 1 is the usual pace.</summary>
    public double? Speed { get; set; }

    /// <summary><c>audio</c> or <c>sse</c>.</summary>
    public string? StreamFormat { get; set; }

    /// <summary>Members without a meaning here.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; set; }
}

/// <summary>How speech requests are read: as leniently as chats, see <see cref="OpenAIJson"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    MaxDepth = OpenAIJson.MaxDepth,
    Converters = [typeof(SkippedMemberConverter), typeof(LenientBooleanConverter), typeof(LenientNumberConverter), typeof(PlainStringConverter)])]
[JsonSerializable(typeof(SpeechRequest))]
internal sealed partial class SpeechJson : JsonSerializerContext;
