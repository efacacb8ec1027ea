namespace Pollux.FakeGemini.Messages;

/// <summary>
/// The bodies of Vertex AI where they differ from the Developer API's. Source: the conversions of Google's client libraries
/// (<c>_to_vertex</c> beside <c>_to_mldev</c>), which leave out or refuse what the other side does not know.
/// </summary>
internal static class VertexMessages
{
    private static readonly MessageType FunctionResponse = MessageType.Derive(
        ContentMessages.Part.Find("functionResponse")!.Message!, static _ => { }, "willContinue", "scheduling");

    private static readonly MessageType Part = MessageType.Derive(
        ContentMessages.Part,
        m => m.Oneof("data", o => o.One("functionResponse", FunctionResponse)),
        "toolCall", "toolResponse", "partMetadata", "functionResponse");

    private static readonly MessageType Content = MessageType.Derive(ContentMessages.Content, m => m.Many("parts", Part), "parts");

    private static readonly MessageType FunctionDeclaration = MessageType.Derive(
        ToolMessages.Tool.Find("functionDeclarations")!.Message!, static _ => { }, "behavior");

    private static readonly MessageType Tool = MessageType.Derive(
        ToolMessages.Tool,
        m => m
            .Many("functionDeclarations", FunctionDeclaration)
            .One("googleSearch", MessageType.Define("GoogleSearch", s => s.Texts("excludeDomains")))
            .One("enterpriseWebSearch", MessageType.Define("EnterpriseWebSearch", s => s.Texts("excludeDomains")))
            .Struct("retrieval"),
        "functionDeclarations", "googleSearch", "fileSearch", "mcpServers");

    private static readonly MessageType ToolConfig = MessageType.Derive(ToolMessages.ToolConfig, static _ => { }, "includeServerSideToolInvocations");

    private static readonly MessageType GenerationConfig = MessageType.Derive(
        ConfigMessages.GenerationConfig, m => m
            .Flag("audioTimestamp")
            .Struct("routingConfig")
            .One("imageConfig", MessageType.Define("ImageConfig", i => i.Text("aspectRatio", "imageSize").Struct("imageOutputOptions"))),
        "enableEnhancedCivicAnswers", "imageConfig");

    private static readonly MessageType SafetySetting = MessageType.Derive(ConfigMessages.SafetySetting, m => m.Text("method"));

    /// <summary><c>generateContent</c> and its stream.</summary>
    public static readonly MessageType GenerateContent = MessageType.Define("GenerateContentRequest", m => m
        .Text("cachedContent")
        .One("systemInstruction", Content)
        .Many("contents", Content)
        .Many("tools", Tool)
        .One("toolConfig", ToolConfig)
        .Many("safetySettings", SafetySetting)
        .One("generationConfig", GenerationConfig)
        .TextMap("labels")
        .Struct("modelArmorConfig"));

    /// <summary><c>countTokens</c>: all stands at the top.</summary>
    public static readonly MessageType CountTokens = MessageType.Define("CountTokensRequest", m => m
        .Values("instances")
        .Many("contents", Content)
        .One("systemInstruction", Content)
        .Many("tools", Tool)
        .One("generationConfig", GenerationConfig));

    private static readonly MessageType EmbedContentConfig = MessageType.Define("EmbedContentConfig", m => m
        .Text("title")
        .Enum("taskType", RequestMessages.TaskType)
        .Int32("outputDimensionality")
        .Flag("autoTruncate")
        .Flag("documentOcr")
        .Flag("audioTrackExtraction"));

    /// <summary><c>embedContent</c>; what belongs to the vector stands at the top, or in a message of its own, as newer client libraries send it.</summary>
    public static readonly MessageType EmbedContent = MessageType.Derive(
        RequestMessages.EmbedContent, m => m.One("content", Content).Flag("autoTruncate").One("embedContentConfig", EmbedContentConfig), "model", "content");

    /// <summary><c>predict</c>.</summary>
    public static readonly MessageType Predict = MessageType.Define("PredictRequest", m => m
        .Values("instances")
        .Value("parameters")
        .TextMap("labels"));
}
