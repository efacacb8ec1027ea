namespace Pollux.FakeGemini.Messages;

/// <summary>How to generate: <c>generationConfig</c> and <c>safetySettings</c>, without the fields that only Vertex knows.</summary>
internal static class ConfigMessages
{
    public static readonly EnumType HarmCategory = EnumType.Of(
        "HarmCategory", "HARM_CATEGORY_UNSPECIFIED", "HARM_CATEGORY_DEROGATORY", "HARM_CATEGORY_TOXICITY",
        "HARM_CATEGORY_VIOLENCE", "HARM_CATEGORY_SEXUAL", "HARM_CATEGORY_MEDICAL", "HARM_CATEGORY_DANGEROUS",
        "HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_HATE_SPEECH", "HARM_CATEGORY_SEXUALLY_EXPLICIT",
        "HARM_CATEGORY_DANGEROUS_CONTENT", "HARM_CATEGORY_CIVIC_INTEGRITY");

    private static readonly EnumType HarmBlockThreshold = EnumType.Of(
        "HarmBlockThreshold", "HARM_BLOCK_THRESHOLD_UNSPECIFIED", "BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE",
        "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF");

    public static readonly EnumType Modality = EnumType.Of(
        "Modality", "MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO", "VIDEO");

    private static readonly EnumType ThinkingLevel = EnumType.Of(
        "ThinkingLevel", "THINKING_LEVEL_UNSPECIFIED", "LOW", "MEDIUM", "HIGH", "MINIMAL");

    public static readonly EnumType ServiceTier = EnumType.Of(
        "ServiceTier", "unspecified", "standard", "flex", "priority");

    private static readonly MessageType VoiceConfig = MessageType.Define("VoiceConfig", m => m
        .Oneof("voice_config", o => o
            .One("prebuiltVoiceConfig", MessageType.Define("PrebuiltVoiceConfig", p => p.Text("voiceName")))
            .One("replicatedVoiceConfig", MessageType.Define("ReplicatedVoiceConfig", r => r
                .Text("mimeType")
                .Bytes("voiceSampleAudio")))));

    private static readonly MessageType SpeechConfig = MessageType.Define("SpeechConfig", m => m
        .One("voiceConfig", VoiceConfig)
        .One("multiSpeakerVoiceConfig", MessageType.Define("MultiSpeakerVoiceConfig", s => s
            .Many("speakerVoiceConfigs", MessageType.Define("SpeakerVoiceConfig", c => c
                .Text("speaker")
                .One("voiceConfig", VoiceConfig)))))
        .Text("languageCode"));

    public static readonly MessageType GenerationConfig = MessageType.Define("GenerationConfig", m => m
        .Int32("candidateCount", "maxOutputTokens", "topK", "seed", "logprobs")
        .Number("temperature", "topP", "presencePenalty", "frequencyPenalty")
        .Texts("stopSequences")
        .Text("responseMimeType")
        .One("responseSchema", SchemaMessages.Schema)
        .Value("responseJsonSchema", "_responseJsonSchema", "responseFormat")
        .Enums("responseModalities", Modality)
        .Flag("responseLogprobs", "enableEnhancedCivicAnswers")
        .One("speechConfig", SpeechConfig)
        .One("thinkingConfig", MessageType.Define("ThinkingConfig", t => t
            .Flag("includeThoughts")
            .Int32("thinkingBudget")
            .Enum("thinkingLevel", ThinkingLevel)))
        .One("imageConfig", MessageType.Define("ImageConfig", i => i.Text("aspectRatio", "imageSize")))
        .Enum("mediaResolution", ContentMessages.MediaResolution)
        .Struct("translationConfig", "audioTranscriptionConfig"));

    public static readonly MessageType SafetySetting = MessageType.Define("SafetySetting", m => m
        .Enum("category", HarmCategory)
        .Enum("threshold", HarmBlockThreshold));
}
