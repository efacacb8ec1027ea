namespace Pollux.FakeGemini.Messages;

/// <summary>The bodies of the methods.</summary>
internal static class RequestMessages
{
    public static readonly EnumType TaskType = EnumType.Of(
        "TaskType", "TASK_TYPE_UNSPECIFIED", "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY",
        "CLASSIFICATION", "CLUSTERING", "QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY");

    public static readonly MessageType GenerateContent = MessageType.Define("GenerateContentRequest", m => m
        .Text("model", "cachedContent")
        .One("systemInstruction", ContentMessages.Content)
        .Many("contents", ContentMessages.Content)
        .Many("tools", ToolMessages.Tool)
        .One("toolConfig", ToolMessages.ToolConfig)
        .Many("safetySettings", ConfigMessages.SafetySetting)
        .One("generationConfig", ConfigMessages.GenerationConfig)
        .Enum("serviceTier", ConfigMessages.ServiceTier)
        .Flag("store"));

    public static readonly MessageType CountTokens = MessageType.Define("CountTokensRequest", m => m
        .Text("model")
        .Many("contents", ContentMessages.Content)
        .One("generateContentRequest", GenerateContent));

    public static readonly MessageType EmbedContent = MessageType.Define("EmbedContentRequest", m => m
        .Text("model", "title")
        .One("content", ContentMessages.Content)
        .Enum("taskType", TaskType)
        .Int32("outputDimensionality"));

    public static readonly MessageType BatchEmbedContents = MessageType.Define("BatchEmbedContentsRequest", m => m
        .Text("model")
        .Many("requests", EmbedContent));

    public static readonly MessageType Predict = MessageType.Define("PredictRequest", m => m
        .Text("model")
        .Values("instances")
        .Value("parameters"));
}
