namespace Pollux.FakeGemini.Messages;

/// <summary>Contents and their parts: what a turn is made of.</summary>
internal static class ContentMessages
{
    public static readonly EnumType MediaResolution = EnumType.Of(
        "MediaResolution", "MEDIA_RESOLUTION_UNSPECIFIED", "MEDIA_RESOLUTION_LOW", "MEDIA_RESOLUTION_MEDIUM",
        "MEDIA_RESOLUTION_HIGH", "MEDIA_RESOLUTION_ULTRA_HIGH");

    public static readonly EnumType Language = EnumType.Of("Language", "LANGUAGE_UNSPECIFIED", "PYTHON");

    public static readonly EnumType Outcome = EnumType.Of(
        "Outcome", "OUTCOME_UNSPECIFIED", "OUTCOME_OK", "OUTCOME_FAILED", "OUTCOME_DEADLINE_EXCEEDED");

    private static readonly EnumType Scheduling = EnumType.Of(
        "Scheduling", "SCHEDULING_UNSPECIFIED", "SILENT", "WHEN_IDLE", "INTERRUPT");

    public static readonly MessageType Blob = MessageType.Define("Blob", m => m.Text("mimeType").Bytes("data"));

    private static readonly MessageType FileData = MessageType.Define("FileData", m => m.Text("mimeType", "fileUri"));

    private static readonly MessageType FunctionCall = MessageType.Define(
        "FunctionCall", m => m.Text("id", "name").Struct("args"));

    // displayName exists only here: `response` may point at it by {"$ref": name}.
    private static readonly MessageType FunctionResponseBlob = MessageType.Define(
        "FunctionResponseBlob", m => m.Text("mimeType", "displayName").Bytes("data"));

    private static readonly MessageType FunctionResponsePart = MessageType.Define(
        "FunctionResponsePart",
        m => m.Oneof("data", o => o.One("inlineData", FunctionResponseBlob).One("fileData", FileData)));

    public static readonly MessageType FunctionResponse = MessageType.Define(
        "FunctionResponse",
        m => m.Text("id", "name").Struct("response").Many("parts", FunctionResponsePart).Flag("willContinue").Enum("scheduling", Scheduling));

    private static readonly MessageType ExecutableCode = MessageType.Define(
        "ExecutableCode", m => m.Text("id", "code").Enum("language", Language));

    private static readonly MessageType CodeExecutionResult = MessageType.Define(
        "CodeExecutionResult", m => m.Text("id", "output").Enum("outcome", Outcome));

    // The kinds of server-side tools grow faster than any list of them, so the type is not checked.
    private static readonly MessageType ToolCall = MessageType.Define(
        "ToolCall", m => m.Text("id", "toolType").Struct("args"));

    private static readonly MessageType ToolResponse = MessageType.Define(
        "ToolResponse", m => m.Text("id", "toolType").Struct("response"));

    private static readonly MessageType VideoMetadata = MessageType.Define(
        "VideoMetadata", m => m.Duration("startOffset", "endOffset").Number("fps"));

    private static readonly MessageType PartMediaResolution = MessageType.Define(
        "PartMediaResolution", m => m.Enum("level", MediaResolution).Int32("numTokens"));

    public static readonly MessageType Part = MessageType.Define("Part", m => m
        .Oneof("data", o => o
            .Text("text")
            .One("inlineData", Blob)
            .One("fileData", FileData)
            .One("functionCall", FunctionCall)
            .One("functionResponse", FunctionResponse)
            .One("executableCode", ExecutableCode)
            .One("codeExecutionResult", CodeExecutionResult)
            .One("toolCall", ToolCall)
            .One("toolResponse", ToolResponse))
        .Flag("thought")
        .Bytes("thoughtSignature")
        .One("videoMetadata", VideoMetadata)
        .One("mediaResolution", PartMediaResolution)
        .Struct("partMetadata")
        .Value("audioTranscription"));

    /// <summary>The fields of a part of which exactly one must be set.</summary>
    public static readonly string[] PartData =
    [
        "text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult", "toolCall", "toolResponse",
    ];

    public static readonly MessageType Content = MessageType.Define("Content", m => m.Text("role").Many("parts", Part));
}
