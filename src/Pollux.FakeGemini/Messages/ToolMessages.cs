namespace Pollux.FakeGemini.Messages;

/// <summary>Tools and their configuration, as the Developer API knows them (Vertex has more).</summary>
internal static class ToolMessages
{
    private static readonly EnumType Behavior = EnumType.Of("Behavior", "UNSPECIFIED", "BLOCKING", "NON_BLOCKING");

    private static readonly EnumType CallingMode = EnumType.Of("Mode", "MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED");

    private static readonly EnumType RetrievalMode = EnumType.Of("Mode", "MODE_UNSPECIFIED", "MODE_DYNAMIC");

    private static readonly EnumType Environment = EnumType.Of(
        "Environment", "ENVIRONMENT_UNSPECIFIED", "ENVIRONMENT_BROWSER", "ENVIRONMENT_MOBILE", "ENVIRONMENT_DESKTOP");

    private static readonly MessageType FunctionDeclaration = MessageType.Define("FunctionDeclaration", m => m
        .Text("name", "description")
        .One("parameters", SchemaMessages.Schema)
        .Value("parametersJsonSchema")
        .One("response", SchemaMessages.Schema)
        .Value("responseJsonSchema")
        .Enum("behavior", Behavior));

    private static readonly MessageType GoogleSearch = MessageType.Define("GoogleSearch", m => m
        .One("timeRangeFilter", MessageType.Define("Interval", i => i.Timestamp("startTime", "endTime")))
        .One("searchTypes", MessageType.Define("SearchTypes", s => s
            .One("webSearch", MessageType.Empty("WebSearch"))
            .One("imageSearch", MessageType.Empty("ImageSearch")))));

    private static readonly MessageType GoogleSearchRetrieval = MessageType.Define("GoogleSearchRetrieval", m => m
        .One("dynamicRetrievalConfig", MessageType.Define("DynamicRetrievalConfig", d => d
            .Enum("mode", RetrievalMode)
            .Number("dynamicThreshold"))));

    private static readonly MessageType McpServer = MessageType.Define("McpServer", m => m
        .Text("name")
        .One("streamableHttpTransport", MessageType.Define("StreamableHttpTransport", t => t
            .Text("url")
            .TextMap("headers")
            .Duration("timeout", "sseReadTimeout")
            .Flag("terminateOnClose"))));

    public static readonly MessageType Tool = MessageType.Define("Tool", m => m
        .Many("functionDeclarations", FunctionDeclaration)
        .One("googleSearch", GoogleSearch)
        .One("googleSearchRetrieval", GoogleSearchRetrieval)
        .One("codeExecution", MessageType.Empty("CodeExecution"))
        .One("urlContext", MessageType.Empty("UrlContext"))
        .One("googleMaps", MessageType.Define("GoogleMaps", g => g.Flag("enableWidget")))
        .One("fileSearch", MessageType.Define("FileSearch", f => f
            .Texts("fileSearchStoreNames")
            .Int32("topK")
            .Text("metadataFilter")))
        .One("computerUse", MessageType.Define("ComputerUse", c => c
            .Enum("environment", Environment)
            .Texts("excludedPredefinedFunctions")))
        .Many("mcpServers", McpServer));

    public static readonly MessageType ToolConfig = MessageType.Define("ToolConfig", m => m
        .One("functionCallingConfig", MessageType.Define("FunctionCallingConfig", f => f
            .Enum("mode", CallingMode)
            .Texts("allowedFunctionNames")))
        .One("retrievalConfig", MessageType.Define("RetrievalConfig", r => r
            .One("latLng", MessageType.Define("LatLng", l => l.Number("latitude", "longitude")))
            .Text("languageCode")))
        .Flag("includeServerSideToolInvocations"));
}
