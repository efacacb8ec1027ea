using System.Text.Json;

namespace Pollux.Protocols.Gemini;

/// <summary>How the answer is made. A member that is not set is not sent: Google's default holds.</summary>
public sealed class GenerationConfig
{
    /// <summary>0 to 2.</summary>
    public double? Temperature { get; set; }

    /// <summary>0 to 1.</summary>
    public double? TopP { get; set; }

    /// <summary>A whole number from 1; some SDKs send it as a fraction.</summary>
    public int? TopK { get; set; }

    /// <summary>How many alternative answers.</summary>
    public int? CandidateCount { get; set; }

    /// <summary>In tokens, thoughts included.</summary>
    public int? MaxOutputTokens { get; set; }

    /// <summary>At most five JSON strings.</summary>
    public List<RawJson> StopSequences { get; } = [];

    /// <summary>Google takes 32 bits.</summary>
    public int? Seed { get; set; }

    /// <summary>-2 up to, but not including, 2.</summary>
    public double? PresencePenalty { get; set; }

    /// <summary>-2 up to, but not including, 2.</summary>
    public double? FrequencyPenalty { get; set; }

    /// <summary>Whether log probabilities are wanted.</summary>
    public bool? ResponseLogprobs { get; set; }

    /// <summary>How many alternatives per token, 0 to 20.</summary>
    public int? Logprobs { get; set; }

    /// <summary><c>application/json</c> for JSON.</summary>
    public string? ResponseMimeType { get; set; }

    /// <summary>Real JSON Schema (2.5 and newer). Excludes <see cref="ResponseSchema"/>.</summary>
    public RawJson ResponseJsonSchema { get; set; }

    /// <summary>Google's own smaller schema language. Excludes <see cref="ResponseJsonSchema"/>.</summary>
    public RawJson ResponseSchema { get; set; }

    /// <summary><c>TEXT</c>, <c>IMAGE</c>, <c>AUDIO</c>, <c>VIDEO</c>.</summary>
    public List<string> ResponseModalities { get; } = [];

    /// <summary>Voices, a JSON object.</summary>
    public RawJson SpeechConfig { get; set; }

    /// <summary>Ratio and size of pictures, a JSON object.</summary>
    public RawJson ImageConfig { get; set; }

    /// <summary><c>MEDIA_RESOLUTION_LOW</c> and its like, for the whole request.</summary>
    public string? MediaResolution { get; set; }

    /// <summary>How much the model thinks.</summary>
    public ThinkingConfig? ThinkingConfig { get; set; }

    internal void WriteMember(Utf8JsonWriter writer)
    {
        if (IsEmpty)
            return;
        writer.WriteStartObject("generationConfig"u8);
        writer.WriteMember("temperature"u8, Temperature);
        writer.WriteMember("topP"u8, TopP);
        writer.WriteMember("topK"u8, TopK);
        writer.WriteMember("candidateCount"u8, CandidateCount);
        writer.WriteMember("maxOutputTokens"u8, MaxOutputTokens);
        if (StopSequences.Count > 0)
        {
            writer.WriteStartArray("stopSequences"u8);
            foreach (var stop in StopSequences)
                stop.WriteTo(writer);
            writer.WriteEndArray();
        }
        writer.WriteMember("seed"u8, Seed);
        writer.WriteMember("presencePenalty"u8, PresencePenalty);
        writer.WriteMember("frequencyPenalty"u8, FrequencyPenalty);
        writer.WriteMember("responseLogprobs"u8, ResponseLogprobs);
        writer.WriteMember("logprobs"u8, Logprobs);
        writer.WriteMember("responseMimeType"u8, ResponseMimeType);
        writer.WriteMember("responseJsonSchema"u8, ResponseJsonSchema);
        writer.WriteMember("responseSchema"u8, ResponseSchema);
        if (ResponseModalities.Count > 0)
        {
            writer.WriteStartArray("responseModalities"u8);
            foreach (var modality in ResponseModalities)
                writer.WriteStringValue(modality);
            writer.WriteEndArray();
        }
        writer.WriteMember("speechConfig"u8, SpeechConfig);
        writer.WriteMember("imageConfig"u8, ImageConfig);
        writer.WriteMember("mediaResolution"u8, MediaResolution);
        if (ThinkingConfig is not null)
        {
            writer.WritePropertyName("thinkingConfig"u8);
            ThinkingConfig.WriteTo(writer);
        }
        writer.WriteEndObject();
    }

    private bool IsEmpty =>
        Temperature is null && TopP is null && TopK is null && CandidateCount is null && MaxOutputTokens is null
        && StopSequences.Count == 0 && Seed is null && PresencePenalty is null && FrequencyPenalty is null
        && ResponseLogprobs is null && Logprobs is null && ResponseMimeType is null && ResponseJsonSchema.IsEmpty
        && ResponseSchema.IsEmpty && ResponseModalities.Count == 0 && SpeechConfig.IsEmpty && ImageConfig.IsEmpty
        && MediaResolution is null && ThinkingConfig is null;
}
