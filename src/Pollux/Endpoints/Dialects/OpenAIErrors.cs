using System.Buffers;
using Pollux.Access;
using Pollux.Protocols.OpenAI.Answers;

namespace Pollux.Endpoints.Dialects;

/// <summary>Tells failures to OpenAI clients.</summary>
internal sealed class OpenAIErrors : IDialectErrors
{
    public static OpenAIErrors Instance { get; } = new();

    /// <summary>The error in OpenAI's words.</summary>
    public static ChatError Translate(GatewayError error) => error.Kind switch
    {
        GatewayErrorKind.Unauthenticated => new(error.Message, "invalid_request_error", error.Param, error.Code ?? "invalid_api_key"),
        GatewayErrorKind.Forbidden => new(error.Message, "permission_error", error.Param, error.Code ?? "forbidden"),
        GatewayErrorKind.RateLimited => new(error.Message, "requests", error.Param, error.Code ?? "rate_limit_exceeded"),
        GatewayErrorKind.QuotaExhausted => new(error.Message, "tokens", error.Param, error.Code ?? "rate_limit_exceeded"),
        GatewayErrorKind.ContentBlocked => new(error.Message, "invalid_request_error", error.Param, error.Code ?? "content_policy"),
        GatewayErrorKind.NotFound => new(error.Message, "invalid_request_error", error.Param, error.Code ?? "not_found"),
        GatewayErrorKind.TooLarge => new(error.Message, "invalid_request_error", error.Param, error.Code ?? "request_too_large"),
        GatewayErrorKind.UnsupportedMediaType => new(error.Message, "invalid_request_error", error.Param, error.Code ?? "unsupported_media_type"),
        GatewayErrorKind.MethodNotAllowed => new(error.Message, "invalid_request_error", error.Param, error.Code ?? "method_not_allowed"),
        GatewayErrorKind.InvalidRequest => new(error.Message, "invalid_request_error", error.Param, error.Code ?? "invalid_value"),
        _ => new(error.Message, "server_error", error.Param, error.Code ?? "server_error"),
    };

    /// <inheritdoc/>
    public async ValueTask WriteAsync(HttpContext http, GatewayError error, CancellationToken cancellation)
    {
        ErrorHead.Write(http.Response, error);
        WriteBody(http, error, http.Response.BodyWriter);
        await http.Response.BodyWriter.FlushAsync(cancellation);
    }

    /// <inheritdoc/>
    public void WriteBody(HttpContext http, GatewayError error, IBufferWriter<byte> output) => Translate(error).WriteBody(output);
}
