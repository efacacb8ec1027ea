namespace Pollux.KeyPool;

/// <summary>Why an attempt failed. A closed set: statistics and messages are made per reason.</summary>
public enum FaultReason
{
    /// <summary>The key is unknown to Google.</summary>
    ApiKeyInvalid,

    /// <summary>The key was valid once.</summary>
    ApiKeyExpired,

    /// <summary>Google found the key in public.</summary>
    KeyLeaked,

    /// <summary>Google suspended the key's project.</summary>
    KeySuspended,

    /// <summary>The Generative Language API is not switched on in the key's project.</summary>
    ServiceDisabled,

    /// <summary>The key may not be used for this API, from this address or from this referrer.</summary>
    KeyRestricted,

    /// <summary>Google denies the project access.</summary>
    ProjectDenied,

    /// <summary>A new-style key was refused where it travelled.</summary>
    AuthKeyRefused,

    /// <summary>The service account lacks a permission.</summary>
    PermissionMissing,

    /// <summary>401 or 403 without a reason that says more.</summary>
    CredentialRefused,

    /// <summary>The project must be paid for: prepaid credit used up, spend cap reached, billing off.</summary>
    BillingStopped,

    /// <summary>A quota per minute is used up.</summary>
    QuotaMinute,

    /// <summary>A quota per day is used up.</summary>
    QuotaDay,

    /// <summary>The project's quota for this model is zero.</summary>
    NotEntitled,

    /// <summary>The prompt is larger than the project's whole token quota: it can never fit.</summary>
    QuotaTokensTooLarge,

    /// <summary>429 without a quota: shared capacity, or throttling.</summary>
    CapacityExhausted,

    /// <summary>The model is overloaded for everybody.</summary>
    ModelOverloaded,

    /// <summary>No such model, or it cannot do what was asked.</summary>
    ModelUnknown,

    /// <summary>The model exists, but not for this key's project.</summary>
    ModelNotForKey,

    /// <summary>The prompt is longer than the model takes.</summary>
    ContextTooLong,

    /// <summary>A thought signature is missing, foreign or damaged.</summary>
    SignatureRejected,

    /// <summary>A file, cache or batch belongs to another project.</summary>
    ResourceOfOtherProject,

    /// <summary>A file, cache, batch or operation does not exist.</summary>
    ResourceNotFound,

    /// <summary>Google does not serve the country of the address this gateway calls from.</summary>
    LocationUnsupported,

    /// <summary>The request is not what the API takes.</summary>
    RequestInvalid,

    /// <summary>A tool or answer schema is not what the API takes.</summary>
    SchemaRejected,

    /// <summary>The prompt was blocked as harmful.</summary>
    PromptBlocked,

    /// <summary>The body is larger than the API takes.</summary>
    PayloadTooLarge,

    /// <summary>5xx without more.</summary>
    UpstreamInternal,

    /// <summary>What came is not an answer of the API: an HTML page, a redirection, another server's words.</summary>
    NotTheApi,

    /// <summary>The upstream took too long by its own account (504).</summary>
    DeadlineExceeded,

    /// <summary>The upstream cancelled the operation (499) although nobody here did.</summary>
    Cancelled,

    /// <summary>No connection could be made.</summary>
    ConnectFailed,

    /// <summary>No connection within <c>CONNECT_TIMEOUT</c>.</summary>
    ConnectTimeout,

    /// <summary>No outbound proxy could be used (<c>PROXIES</c>).</summary>
    ProxyFailed,

    /// <summary>Pollux had no room for the answer.</summary>
    NoRoom,

    /// <summary>Nothing came for <c>TIME_OUT</c>.</summary>
    Silence,

    /// <summary>The whole answer took longer than <c>TOTAL_TIMEOUT</c>.</summary>
    TotalTimeout,

    /// <summary>The connection broke before the answer began.</summary>
    ConnectionReset,

    /// <summary>The stream ended, or broke, without a finish reason.</summary>
    StreamCut,

    /// <summary>The answer could not be read.</summary>
    MalformedAnswer,

    /// <summary>The answer held nothing for the client.</summary>
    EmptyAnswer,

    /// <summary>The model wrote a function call that cannot be read, or called what was not declared.</summary>
    MalformedFunctionCall,

    /// <summary>The key made as many calls today as the operator allows it (<c>API_KEY_DAILY_LIMIT</c>).</summary>
    DailyCallLimit,

    /// <summary>Google's token service could not be reached, or did not answer as it does.</summary>
    TokenUnavailable,

    /// <summary>The clock of this machine is wrong: signed assertions look too old or too new.</summary>
    ClockWrong,
}
