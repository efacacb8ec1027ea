namespace Pollux.IntegrationTests.Recordings;

/// <summary>The recordings that are no good answers, and why: each must reach the client as an error. All others must arrive whole.</summary>
internal static class BadRecordings
{
    /// <summary>What the words mean.</summary>
    public static IReadOnlyDictionary<string, string> Reasons { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["status"] = "the upstream refused; what one key of the pool suffered is told as 503 or 429, never as 400, 401 or 403",
        ["cut"] = "no event has a finish reason; as a whole answer it is good",
        ["empty"] = "nothing that a client could show",
        ["error"] = "an error object after two good events",
        ["failed turn"] = "UNEXPECTED_TOOL_CALL",
        ["malformed"] = "an HTML page with status 200",
        ["nameless call"] = "calls in pieces, which only a native client can have asked for; native clients get them as they are",
        ["prompt blocked"] = "promptFeedback with a block reason and no candidate; native clients get it as it is",
    };

    /// <summary>Why, by name.</summary>
    public static IReadOnlyDictionary<string, string> ByName { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["adk-go/TestModel_TrackingHeaders_verifies_headers_are_set_vertex_enabled.0"] = "status 401",
        ["adk-go/TestPluginCallbackIntegration_agent_tool_default_schema.1"] = "failed turn",
        ["adk-go/TestPluginCallbackIntegration_agent_tool_default_schema.3"] = "failed turn",
        ["adk-go/TestPluginCallbackIntegration_agent_tool_default_schema.5"] = "failed turn",
        ["ai/gemini-google-429-retry-info"] = "status 429",
        ["ai/gemini-google-stream-no-args-tool-call.chunks"] = "nameless call",
        ["ai/gemini-google-stream-tool-call-arguments.chunks"] = "nameless call",
        ["ai/gemini-google-stream-tool-call-array-arguments-missing-terminal-function-call.chunks"] = "nameless call",
        ["ai/gemini-google-vertex-stream-tool-call-arguments-nested.1.chunks"] = "nameless call",
        ["langchaingo/TestGoogleAIErrorHandling.0"] = "status 403",
        ["pydantic-ai/test_google_model_armor_prompt_template_text_gets_blocked.1"] = "prompt blocked",
        ["pydantic-ai/test_model_name_suggestion_google"] = "status 404",
        ["vertexai-sdk-test-data/googleai-streaming-failure-image-rejected"] = "status 400",
        ["vertexai-sdk-test-data/googleai-streaming-failure-prompt-blocked-safety"] = "prompt blocked",
        ["vertexai-sdk-test-data/googleai-unary-failure-api-key"] = "status 400",
        ["vertexai-sdk-test-data/googleai-unary-failure-generativelanguage-api-not-enabled"] = "status 403",
        ["vertexai-sdk-test-data/googleai-unary-failure-only-prompt-feedback"] = "empty",
        ["vertexai-sdk-test-data/googleai-unary-failure-unknown-model"] = "status 404",
        ["vertexai-sdk-test-data/googleai-unary-failure-with-message-no-content"] = "empty",
        ["vertexai-sdk-test-data/vertexai-streaming-failure-api-key"] = "status 400",
        ["vertexai-sdk-test-data/vertexai-streaming-failure-empty-content"] = "empty",
        ["vertexai-sdk-test-data/vertexai-streaming-failure-error-mid-stream"] = "error",
        ["vertexai-sdk-test-data/vertexai-streaming-failure-http-error"] = "status 400",
        ["vertexai-sdk-test-data/vertexai-streaming-failure-image-rejected"] = "status 400",
        ["vertexai-sdk-test-data/vertexai-streaming-failure-invalid-json"] = "empty",
        ["vertexai-sdk-test-data/vertexai-streaming-failure-malformed-content"] = "empty",
        ["vertexai-sdk-test-data/vertexai-streaming-failure-prompt-blocked-safety"] = "prompt blocked",
        ["vertexai-sdk-test-data/vertexai-streaming-failure-prompt-blocked-safety-with-message"] = "prompt blocked",
        ["vertexai-sdk-test-data/vertexai-streaming-failure-unknown-model"] = "status 404",
        ["vertexai-sdk-test-data/vertexai-streaming-success-quotes-escaped"] = "cut",
        ["vertexai-sdk-test-data/vertexai-unary-failure-api-key"] = "status 400",
        ["vertexai-sdk-test-data/vertexai-unary-failure-context-cache-model-doesnt-match"] = "status 400",
        ["vertexai-sdk-test-data/vertexai-unary-failure-context-cache-not-found"] = "status 404",
        ["vertexai-sdk-test-data/vertexai-unary-failure-empty-content"] = "empty",
        ["vertexai-sdk-test-data/vertexai-unary-failure-firebaseml-api-not-enabled"] = "status 403",
        ["vertexai-sdk-test-data/vertexai-unary-failure-firebasevertexai-api-not-enabled"] = "status 403",
        ["vertexai-sdk-test-data/vertexai-unary-failure-generate-images-prompt-blocked"] = "status 400",
        ["vertexai-sdk-test-data/vertexai-unary-failure-http-error"] = "status 400",
        ["vertexai-sdk-test-data/vertexai-unary-failure-iam-permission-denied"] = "status 403",
        ["vertexai-sdk-test-data/vertexai-unary-failure-image-rejected"] = "status 400",
        ["vertexai-sdk-test-data/vertexai-unary-failure-invalid-context-cache-id"] = "status 400",
        ["vertexai-sdk-test-data/vertexai-unary-failure-invalid-location-url-not-found"] = "malformed",
        ["vertexai-sdk-test-data/vertexai-unary-failure-invalid-response"] = "empty",
        ["vertexai-sdk-test-data/vertexai-unary-failure-malformed-content"] = "empty",
        ["vertexai-sdk-test-data/vertexai-unary-failure-model-not-found"] = "status 404",
        ["vertexai-sdk-test-data/vertexai-unary-failure-prompt-blocked-safety"] = "prompt blocked",
        ["vertexai-sdk-test-data/vertexai-unary-failure-prompt-blocked-safety-with-message"] = "prompt blocked",
        ["vertexai-sdk-test-data/vertexai-unary-failure-quota-exceeded"] = "status 429",
        ["vertexai-sdk-test-data/vertexai-unary-failure-unknown-enum-prompt-blocked"] = "prompt blocked",
        ["vertexai-sdk-test-data/vertexai-unary-failure-unsupported-user-location"] = "status 400",
        ["vertexai-sdk-test-data/vertexai-unary-success-empty-text-part"] = "empty",
        ["vertexai-sdk-test-data/vertexai-unary-success-missing-safety-ratings"] = "cut",
    };
}
