namespace Pollux.IntegrationTests.Clients;

/// <summary>The package <c>ai</c> with its provider for OpenAI's dialect.</summary>
public sealed class AiSdkOpenAITests : AiSdkContract
{
    private protected override IClient Client { get; } = new NodeClient("ai", "openai-compatible");
}

/// <summary>The package <c>ai</c> with its provider for Gemini's own API.</summary>
public sealed class AiSdkGoogleTests : AiSdkContract
{
    private protected override IClient Client { get; } = new NodeClient("ai", "google");

    private protected override bool IsNative => true;
}

/// <summary>What both providers share.</summary>
public abstract class AiSdkContract : ClientContract
{
    private protected override string ToolCalls => "tool-calls";

    private protected override string ErrorType(int status) => "AI_APICallError";

    private protected override IReadOnlyList<string> CutErrors => ["StreamError", "AI_APICallError"];
}
