namespace Pollux.Bench.Load;

/// <summary>The requests, the same for all who can understand them.</summary>
internal static class Bodies
{
    public const string Model = "gemini-3.5-flash";
    public const string Password = "a-long-password-for-load-runs";
    public const string NativePath = $"/v1beta/models/{Model}:generateContent";
    public const string NativeStreamPath = $"/v1beta/models/{Model}:streamGenerateContent?alt=sse";
    public const string ChatPath = "/v1/chat/completions";

    public const string Native =
        """{"contents":[{"role":"user","parts":[{"text":"Tell me in one sentence who Castor and Pollux were."}]}],"generationConfig":{"temperature":0.7,"maxOutputTokens":256}}""";

    public const string Chat =
        $$"""{"model":"{{Model}}","messages":[{"role":"user","content":"Tell me in one sentence who Castor and Pollux were."}],"temperature":0.7,"max_tokens":256}""";

    public const string ChatStream =
        $$"""{"model":"{{Model}}","messages":[{"role":"user","content":"Tell me in one sentence who Castor and Pollux were."}],"temperature":0.7,"max_tokens":256,"stream":true}""";
}
