using System.Buffers;
using Pollux.Access;

namespace Pollux.Endpoints.Dialects;

/// <summary>Tells failures to clients of OpenAI's Responses API: as to those of chats, but for the names of things.</summary>
internal sealed class ResponsesErrors : IDialectErrors
{
    private const string TooLong = "context_length_exceeded";

    public static ResponsesErrors Instance { get; } = new();

    /// <summary>The error as this dialect says it. Agents shorten a conversation by the code, programs know the sentence.</summary>
    public static GatewayError InOwnWords(GatewayError error)
    {
        if (error.Kind == GatewayErrorKind.ContextTooLong || error.Code == TooLong)
            return error with { Message = $"Your input exceeds the context window of this model. Please adjust your input and try again. ({error.Message})", Param = "input", Code = TooLong };
        return error.Of("input");
    }

    /// <summary>The code of a failure inside a stream: the few words that clients act on.</summary>
    public static string StreamCodeOf(GatewayError error) => error.Kind switch
    {
        GatewayErrorKind.ContextTooLong => TooLong,
        GatewayErrorKind.InvalidRequest when error.Code == TooLong => TooLong,
        GatewayErrorKind.QuotaExhausted or GatewayErrorKind.RateLimited => "rate_limit_exceeded",
        GatewayErrorKind.ContentBlocked or GatewayErrorKind.InvalidRequest or GatewayErrorKind.NotFound or GatewayErrorKind.TooLarge => "invalid_prompt",
        _ => "server_error", // agents try again
    };

    /// <inheritdoc/>
    public ValueTask WriteAsync(HttpContext http, GatewayError error, CancellationToken cancellation) => OpenAIErrors.Instance.WriteAsync(http, InOwnWords(error), cancellation);

    /// <inheritdoc/>
    public void WriteBody(HttpContext http, GatewayError error, IBufferWriter<byte> output) => OpenAIErrors.Translate(InOwnWords(error)).WriteBody(output);
}
