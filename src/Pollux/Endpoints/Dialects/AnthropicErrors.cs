using System.Buffers;
using System.Globalization;
using Pollux.Access;
using Pollux.Protocols.Anthropic.Answers;
using Pollux.Protocols.Anthropic.Translation;
using Pollux.Telemetry;

namespace Pollux.Endpoints.Dialects;

/// <summary>
/// Tells failures to Anthropic's clients. A model that is overloaded is 529, their own status for it; a prompt that is too long is
/// told in the words on which their agents make it shorter.
/// </summary>
internal sealed class AnthropicErrors : IDialectErrors
{
    private const string TooLongWords = "prompt is too long";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    public static AnthropicErrors Instance { get; } = new();

    /// <summary>Whether a request says that it speaks this dialect.</summary>
    public static bool HasVersion(HttpRequest request) => request.Headers.ContainsKey("anthropic-version");

    /// <summary>Whether a request for which there is no route looks like one of this dialect.</summary>
    public static bool IsAskedBy(HttpRequest request) =>
        HasVersion(request)
        || request.Path.StartsWithSegments("/anthropic", StringComparison.OrdinalIgnoreCase)
        || (request.Path.Value is { } path && path.Contains("/v1/messages", StringComparison.OrdinalIgnoreCase));

    /// <summary>Names the request to the client, as Anthropic does.</summary>
    public static string? NameRequest(HttpContext http)
    {
        string? id = http.Features.Get<RequestRecord>()?.Id;
        if (id is not null && !http.Response.HasStarted)
            http.Response.Headers["request-id"] = id;
        return id;
    }

    /// <inheritdoc/>
    public GatewayError Told(GatewayError error)
    {
        if (error.Code == "context_length_exceeded" || error.Kind == GatewayErrorKind.ContextTooLong)
            error = error with { Message = TooLong(error.Message) };
        if (error.Code == "upstream_overloaded" || error.Kind is GatewayErrorKind.UpstreamOverloaded or GatewayErrorKind.Busy)
            error = error with { Status = 529, Kind = error.Kind == GatewayErrorKind.Busy ? GatewayErrorKind.Busy : GatewayErrorKind.UpstreamOverloaded };
        return error.Status is 429 or 503 or 529 && error.RetryAfter is null ? error with { RetryAfter = Soon } : error;
    }

    /// <summary>The error for a stream that has begun: agents ask again by themselves after an overload, and after a limit; other words end them.</summary>
    public static MessagesError InStream(GatewayError error, string? requestId) => new(
        error.Status is >= 400 and < 500 ? TypeOf(error) : "overloaded_error", error.Message, requestId);

    /// <inheritdoc/>
    public async ValueTask WriteAsync(HttpContext http, GatewayError error, CancellationToken cancellation)
    {
        error = Told(error);
        NameRequest(http);
        ErrorHead.Write(http.Response, error);
        WriteBody(http, error, http.Response.BodyWriter);
        await http.Response.BodyWriter.FlushAsync(cancellation);
    }

    /// <inheritdoc/>
    public void WriteBody(HttpContext http, GatewayError error, IBufferWriter<byte> output)
    {
        error = Told(error);
        bool toldByCode = error.Code == MessagesTranslator.ThreadUnsupportedCode;
        new MessagesError(TypeOf(error), error.Message, NameRequest(http)) { Code = toldByCode ? error.Code : null, Unsupported = error.Param }.WriteBody(output);
    }

    private static string TypeOf(GatewayError error) => error.Kind switch
    {
        GatewayErrorKind.Unauthenticated => "authentication_error",
        GatewayErrorKind.Forbidden => "permission_error",
        GatewayErrorKind.RateLimited or GatewayErrorKind.QuotaExhausted => "rate_limit_error",
        GatewayErrorKind.NotFound => "not_found_error",
        GatewayErrorKind.TooLarge => "request_too_large",
        GatewayErrorKind.InvalidRequest or GatewayErrorKind.ContextTooLong or GatewayErrorKind.ContentBlocked
            or GatewayErrorKind.MethodNotAllowed or GatewayErrorKind.UnsupportedMediaType => "invalid_request_error",
        GatewayErrorKind.UpstreamOverloaded or GatewayErrorKind.Busy => "overloaded_error",
        _ => "api_error",
    };

    /// <summary>Google tells two numbers, what came and what it takes; so does Anthropic.</summary>
    private static string TooLong(string message)
    {
        if (message.StartsWith(TooLongWords, StringComparison.Ordinal))
            return message;
        Span<long> numbers = stackalloc long[2];
        int found = 0;
        for (int i = 0; i < message.Length && found < 2; i++)
        {
            int start = i;
            while (i < message.Length && char.IsAsciiDigit(message[i]))
                i++;
            if (i > start && long.TryParse(message.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                numbers[found++] = number;
        }

        return found == 2 && numbers[0] > numbers[1]
            ? string.Create(CultureInfo.InvariantCulture, $"{TooLongWords}: {numbers[0]} tokens > {numbers[1]} maximum")
            : $"{TooLongWords}: {message}";
    }
}

/// <summary>Tells failures at an address that OpenAI's and Anthropic's clients share, each in its own form.</summary>
internal sealed class SharedErrors : IDialectErrors
{
    public static SharedErrors Instance { get; } = new();

    /// <inheritdoc/>
    public ValueTask WriteAsync(HttpContext http, GatewayError error, CancellationToken cancellation) => Of(http).WriteAsync(http, error, cancellation);

    /// <inheritdoc/>
    public void WriteBody(HttpContext http, GatewayError error, IBufferWriter<byte> output) => Of(http).WriteBody(http, error, output);

    private static IDialectErrors Of(HttpContext http) => AnthropicErrors.HasVersion(http.Request) ? AnthropicErrors.Instance : OpenAIErrors.Instance;
}
