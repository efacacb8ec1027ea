using System.Buffers;

namespace Pollux.Access;

/// <summary>What kind of failure a caller is told of. Each dialect has its own word and form for each kind.</summary>
internal enum GatewayErrorKind
{
    /// <summary>No valid credential, or two of different callers.</summary>
    Unauthenticated,

    /// <summary>A rule forbids it to this caller, address or program.</summary>
    Forbidden,

    /// <summary>The caller's own request limit is reached.</summary>
    RateLimited,

    /// <summary>The request is not what the route takes.</summary>
    InvalidRequest,

    /// <summary>The prompt is longer than the model takes.</summary>
    ContextTooLong,

    /// <summary>No such route, model or resource.</summary>
    NotFound,

    /// <summary>The route exists for other methods.</summary>
    MethodNotAllowed,

    /// <summary>The body is too large.</summary>
    TooLarge,

    /// <summary>The body is of a type the route does not read.</summary>
    UnsupportedMediaType,

    /// <summary>The key pool is empty, or every key is out.</summary>
    NoUsableKey,

    /// <summary>Google's quota is used up for every key, for longer than the caller's patience.</summary>
    QuotaExhausted,

    /// <summary>The upstream failed, after all attempts.</summary>
    UpstreamFailed,

    /// <summary>The model is overloaded for everybody.</summary>
    UpstreamOverloaded,

    /// <summary>The upstream took too long.</summary>
    UpstreamTimeout,

    /// <summary>The upstream answered with nothing, after all attempts.</summary>
    UpstreamEmpty,

    /// <summary>The prompt or the answer was blocked.</summary>
    ContentBlocked,

    /// <summary>The gateway has as much to carry as it may.</summary>
    Busy,

    /// <summary>The caller went away.</summary>
    ClientClosed,

    /// <summary>A defect of the gateway.</summary>
    Internal,
}

/// <summary>A failure as a caller may see it: free of secrets, of projects and of exception texts.</summary>
/// <param name="Status">The HTTP status, 400 to 599.</param>
/// <param name="Kind">What kind of failure it is.</param>
/// <param name="Message">What happened and what to do, in English.</param>
/// <param name="RetryAfter">When to come back, if that is known; told as whole seconds.</param>
/// <param name="Param">The part of the request to blame.</param>
/// <param name="Code">A word for programs, for example <c>no_usable_key</c>; <see langword="null"/>: the dialect's own for the kind.</param>
internal sealed record GatewayError(int Status, GatewayErrorKind Kind, string Message, TimeSpan? RetryAfter = null, string? Param = null, string? Code = null);

/// <summary>Writes failures in the form the clients of one dialect act on. Chosen by endpoint metadata, so that refusals made before the handler runs have it too.</summary>
internal interface IDialectErrors
{
    /// <summary>The failure as the dialect tells it: with its own status and words where it has some.</summary>
    GatewayError Told(GatewayError error) => error;

    /// <summary>Writes status, headers that belong to the error, and body. The answer has not begun.</summary>
    ValueTask WriteAsync(HttpContext http, GatewayError error, CancellationToken cancellation);

    /// <summary>Writes the body alone, for an answer whose header went out.</summary>
    void WriteBody(HttpContext http, GatewayError error, IBufferWriter<byte> output);
}
