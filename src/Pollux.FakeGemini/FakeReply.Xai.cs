using System.Text;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Serving;

namespace Pollux.FakeGemini;

/// <summary>Refusals of others than Google.</summary>
public sealed partial record FakeReply
{
    /// <summary>An error in xAI's form: a code in words, and the error as a bare text.</summary>
    /// <param name="status">HTTP status.</param>
    /// <param name="code">The code.</param>
    /// <param name="error">Text for people.</param>
    /// <param name="retryAfter">Told in the header <c>Retry-After</c>.</param>
    public static FakeReply XaiError(int status, string code, string error, TimeSpan? retryAfter = null) =>
        Json(status, new JsonObject { ["code"] = code, ["error"] = error }, retryAfter);

    /// <summary>An error in OpenAI's form.</summary>
    /// <param name="status">HTTP status.</param>
    /// <param name="code">The code, or null.</param>
    /// <param name="message">Text for people.</param>
    /// <param name="retryAfter">Told in the header <c>Retry-After</c>.</param>
    public static FakeReply OpenAIError(int status, string? code, string message, TimeSpan? retryAfter = null) =>
        Json(status, new JsonObject { ["error"] = new JsonObject { ["message"] = message, ["type"] = "invalid_request_error", ["param"] = null, ["code"] = code } }, retryAfter);

    private static FakeReply Json(int status, JsonObject body, TimeSpan? retryAfter) =>
        new(new RawBody(status, "application/json", [Encoding.UTF8.GetBytes(body.ToJsonString())]) { RetryAfter = retryAfter });
}
