namespace Pollux.FakeGemini.Messages;

/// <summary>What clients of the Live API send: the messages of a session, and the request for an ephemeral token.</summary>
internal static class LiveMessages
{
    private static readonly EnumType Sensitivity = EnumType.Of(
        "Sensitivity", "START_SENSITIVITY_UNSPECIFIED", "START_SENSITIVITY_HIGH", "START_SENSITIVITY_LOW", "END_SENSITIVITY_UNSPECIFIED", "END_SENSITIVITY_HIGH", "END_SENSITIVITY_LOW");

    private static readonly MessageType Transcription = MessageType.Define("AudioTranscriptionConfig", m => m.Texts("languageCodes").Struct("languageHints", "adaptation"));

    private static readonly MessageType RealtimeInputConfig = MessageType.Define("RealtimeInputConfig", m => m
        .One("automaticActivityDetection", MessageType.Define("AutomaticActivityDetection", a => a
            .Flag("disabled")
            .Enum("startOfSpeechSensitivity", Sensitivity)
            .Enum("endOfSpeechSensitivity", Sensitivity)
            .Int32("prefixPaddingMs", "silenceDurationMs")))
        .Enum("activityHandling", EnumType.Of("ActivityHandling", "ACTIVITY_HANDLING_UNSPECIFIED", "START_OF_ACTIVITY_INTERRUPTS", "NO_INTERRUPTION"))
        .Enum("turnCoverage", EnumType.Of("TurnCoverage", "TURN_COVERAGE_UNSPECIFIED", "TURN_INCLUDES_ONLY_ACTIVITY", "TURN_INCLUDES_ALL_INPUT", "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO")));

    /// <summary>The setup of a session.</summary>
    public static readonly MessageType Setup = MessageType.Define("BidiGenerateContentSetup", m => m
        .Text("model")
        .One("generationConfig", ConfigMessages.GenerationConfig)
        .One("systemInstruction", ContentMessages.Content)
        .Many("tools", ToolMessages.Tool)
        .One("realtimeInputConfig", RealtimeInputConfig)
        .One("sessionResumption", MessageType.Define("SessionResumptionConfig", s => s.Text("handle").Flag("transparent")))
        .One("contextWindowCompression", MessageType.Define("ContextWindowCompressionConfig", c => c
            .Int64("triggerTokens")
            .One("slidingWindow", MessageType.Define("SlidingWindow", s => s.Int64("targetTokens")))))
        .One("inputAudioTranscription", Transcription)
        .One("outputAudioTranscription", Transcription)
        .One("proactivity", MessageType.Define("ProactivityConfig", p => p.Flag("proactiveAudio")))
        .Struct("historyConfig")
        .Flag("enableAffectiveDialog"));

    /// <summary>A message of a session: exactly one of its fields.</summary>
    public static readonly MessageType ClientMessage = MessageType.Define("BidiGenerateContentClientMessage", m => m.Oneof("message_type", o => o
        .One("setup", Setup)
        .One("clientContent", MessageType.Define("BidiGenerateContentClientContent", c => c.Many("turns", ContentMessages.Content).Flag("turnComplete")))
        .One("realtimeInput", MessageType.Define("BidiGenerateContentRealtimeInput", r => r
            .Many("mediaChunks", ContentMessages.Blob)
            .One("audio", ContentMessages.Blob)
            .One("video", ContentMessages.Blob)
            .Text("text")
            .One("activityStart", MessageType.Empty("ActivityStart"))
            .One("activityEnd", MessageType.Empty("ActivityEnd"))
            .Flag("audioStreamEnd")))
        .One("toolResponse", MessageType.Define("BidiGenerateContentToolResponse", t => t.Many("functionResponses", ContentMessages.FunctionResponse)))));

    /// <summary>The request for an ephemeral token.</summary>
    public static readonly MessageType AuthToken = MessageType.Define("AuthToken", m => m
        .Timestamp("expireTime", "newSessionExpireTime")
        .Int32("uses")
        .Text("fieldMask")
        .One("bidiGenerateContentSetup", Setup));
}
