namespace Pollux.KeyPool;

/// <summary>An error answer of the upstream, with what must be known about the attempt to judge it.</summary>
public readonly record struct UpstreamFailure
{
    /// <summary>The HTTP status. Below 400 when the error came as an object inside a stream that had begun well.</summary>
    public required int HttpStatus { get; init; }

    /// <summary>The body as it came: an object, an array, HTML, nothing, or no text at all. Only the first MiB is looked at.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The header <c>Content-Type</c>, if any.</summary>
    public string? ContentType { get; init; }

    /// <summary>What the header <c>Retry-After</c> told, where the upstream is one that means it; <see langword="null"/>: nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The model asked for.</summary>
    public string? Model { get; init; }

    /// <summary>The kind of the credential that was used.</summary>
    public CredentialKind Kind { get; init; }

    /// <summary>The credential's secret: removed from every text, also when it has an unusual shape.</summary>
    public SecretText? Secret { get; init; }

    /// <summary>The key was already sent in the other place in this request.</summary>
    public bool OtherTransportTried { get; init; }

    /// <summary>The service account's token was already renewed in this request.</summary>
    public bool TokenRenewed { get; init; }

    /// <summary>The thought signatures were already replaced in this request.</summary>
    public bool SignaturesReplaced { get; init; }

    /// <summary>The estimated size of the prompt; 0 = not estimated.</summary>
    public int EstimatedPromptTokens { get; init; }
}

/// <summary>How the way to the upstream failed. None of these tells anything about a key.</summary>
public enum TransportFault
{
    /// <summary>No connection: refused, no route, no such host, no TLS, or the proxy that the environment names said no.</summary>
    ConnectFailed,

    /// <summary>No connection within <c>CONNECT_TIMEOUT</c>.</summary>
    ConnectTimeout,

    /// <summary>No outbound proxy (<c>PROXIES</c>) led anywhere: it could not be reached, or said no. Nothing was sent to the upstream.</summary>
    ProxyFailed,

    /// <summary>The answer is large, and Pollux holds as many of those as it may (<c>LARGE_BODY_BUDGET_MB</c>).</summary>
    NoRoom,

    /// <summary>Nothing came for <c>TIME_OUT</c>.</summary>
    Silence,

    /// <summary>The whole answer took longer than <c>TOTAL_TIMEOUT</c>.</summary>
    TotalTimeout,

    /// <summary>The connection broke before the answer began.</summary>
    Reset,

    /// <summary>The stream ended or broke without a finish reason.</summary>
    StreamCut,

    /// <summary>The answer could not be read as the API's.</summary>
    MalformedAnswer,
}

/// <summary>How an access token for a service account could not be had.</summary>
public enum TokenFault
{
    /// <summary>The credential cannot be used as it is: its private key cannot be read, or its token address is not to be asked.</summary>
    Unusable,

    /// <summary><c>invalid_grant</c> and its like: the account or its key is gone, disabled, or another one's.</summary>
    Refused,

    /// <summary><c>invalid_grant</c> about the times in the assertion.</summary>
    ClockWrong,

    /// <summary>The token service was not reached, was busy, failed, or was silent.</summary>
    Unavailable,
}

/// <summary>How an answer that came with 200 is none.</summary>
public enum AnswerFault
{
    /// <summary>Nothing in it reaches the client: no text, no call, no picture.</summary>
    Empty,

    /// <summary>Finish reason <c>MALFORMED_FUNCTION_CALL</c>, <c>UNEXPECTED_TOOL_CALL</c>, <c>MALFORMED_RESPONSE</c> or their like, with nothing else.</summary>
    MalformedFunctionCall,

    /// <summary>Finish reason <c>MISSING_THOUGHT_SIGNATURE</c>.</summary>
    MissingThoughtSignature,

    /// <summary>Finish reason <c>MISSING_THOUGHT_SIGNATURE</c> although the signatures were replaced already.</summary>
    MissingThoughtSignatureAgain,

    /// <summary>The prompt was blocked (<c>promptFeedback</c>).</summary>
    PromptBlocked,
}
