using Pollux.Access;
using Pollux.KeyPool;
using Pollux.Upstream;

namespace Pollux.Dispatch;

/// <summary>
/// Says a failure to a client, in no dialect yet. A pool's dead key is never told as 400, 401 or 403: clients give up on
/// those for good.
/// </summary>
internal static class FailureTranslation
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Later = TimeSpan.FromMinutes(1); // a person must act first

    /// <summary>Translates <paramref name="failure"/>.</summary>
    public static GatewayError ToError(DispatchFailure failure, string model, string service = UpstreamCall.Google) =>
        OfOwner(failure, model)
        ?? (failure.PoolState is null && failure.Fault is { } fault ? FromFault(fault, failure, model, service) : FromRefusal(failure.PoolState ?? LeaseRefusalReason.AllOut, failure.RetryAfter, model, service));

    /// <summary>Translates the failure of a call with a key that the caller brought along: that key's faults are the caller's to know.</summary>
    public static GatewayError ToCallersError(DispatchFailure failure, string model, string service) => failure.Fault switch
    {
        { Reason: FaultReason.ApiKeyInvalid or FaultReason.ApiKeyExpired or FaultReason.KeyLeaked } fault =>
            new(401, GatewayErrorKind.Unauthenticated, $"{service} refuses this key: {fault.PublicMessage}"),
        { Reason: FaultReason.BillingStopped, HttpStatus: 429 } fault =>
            new(429, GatewayErrorKind.QuotaExhausted, $"{service} says: {fault.PublicMessage}", Code: "insufficient_quota"),
        { Owner: FaultOwner.ProjectModel, Reason: FaultReason.CapacityExhausted or FaultReason.QuotaMinute or FaultReason.QuotaDay } fault =>
            new(429, GatewayErrorKind.QuotaExhausted, $"{service} says: {fault.PublicMessage}", failure.RetryAfter ?? Soon, Code: "rate_limit_exceeded"),
        { Owner: FaultOwner.Key or FaultOwner.ProjectModel } fault =>
            new(403, GatewayErrorKind.Forbidden, $"{service} refuses this key: {fault.PublicMessage}", Code: "permission_denied"),
        _ => ToError(failure, model, service),
    };

    /// <summary>Translates a fault that ended a stream after it had begun.</summary>
    public static GatewayError ToError(Fault fault, string model, string service = UpstreamCall.Google) => FromFault(fault, new DispatchFailure(fault, null, default, fault.RetryAfter), model, service);

    /// <summary>What only one key could have served is told of that key, and not of all.</summary>
    private static GatewayError? OfOwner(DispatchFailure failure, string model)
    {
        if (failure is not { OwnedResource: { } resource })
            return null;
        LeaseRefusalReason? state = failure.PoolState;
        if (state is LeaseRefusalReason.CoolingDown or LeaseRefusalReason.QueueFull || (state is null && failure.Fault is { Owner: FaultOwner.ProjectModel, Reason: not (FaultReason.NotEntitled or FaultReason.ModelNotForKey) }))
            return new(429, GatewayErrorKind.QuotaExhausted, $"The key that owns {resource} has used up its quota{(model.Length > 0 ? " for " + model : "")}, and no other key can reach it. Try again later.", failure.RetryAfter ?? Soon, Code: "rate_limit_exceeded");
        if (state is LeaseRefusalReason.NotEntitled || (state is null && failure.Fault is { Owner: FaultOwner.ProjectModel }))
            return new(503, GatewayErrorKind.NoUsableKey, $"The key that owns {resource} is not entitled to {model}, and no other key can reach it. Use another model.", failure.RetryAfter ?? Soon, Code: "no_usable_key");
        return state is not null || failure.Fault is { Owner: FaultOwner.Key }
            ? new(503, GatewayErrorKind.NoUsableKey, $"The key that owns {resource} is out of service, and no other key can reach it. Make it anew, or try again later.", failure.RetryAfter ?? Later, Code: "resource_owner_unavailable")
            : null;
    }

    private static GatewayError FromRefusal(LeaseRefusalReason reason, TimeSpan? retryAfter, string model, string service) => reason switch
    {
        LeaseRefusalReason.NoKeys when service != UpstreamCall.Google => new(503, GatewayErrorKind.NoUsableKey,
            $"No key of {service} is configured on this gateway. Its operator must set {(service == UpstreamCall.Xai ? "XAI_API_KEYS" : "UPSTREAMS")}.", retryAfter ?? Later, Code: "no_usable_key"),
        LeaseRefusalReason.NoKeys => new(503, GatewayErrorKind.NoUsableKey,
            "No Gemini API key is configured on this gateway. Its operator must set GEMINI_API_KEYS, or for Vertex AI GOOGLE_CREDENTIALS_JSON or VERTEX_API_KEYS.", retryAfter ?? Later, Code: "no_usable_key"),
        LeaseRefusalReason.CoolingDown => new(429, GatewayErrorKind.QuotaExhausted,
            $"All keys of this gateway have used up their quota for {model}. Try again later, or ask its operator for more projects.", retryAfter ?? Soon, Code: "rate_limit_exceeded"),
        LeaseRefusalReason.QueueFull => new(429, GatewayErrorKind.QuotaExhausted,
            $"All keys of this gateway have used up their quota for {model}, and too many requests wait for one already (MAX_QUEUE_LENGTH).", retryAfter ?? Soon, Code: "rate_limit_exceeded"),
        LeaseRefusalReason.NotEntitled => new(503, GatewayErrorKind.NoUsableKey,
            $"None of this gateway's keys is entitled to {model}. Use another model, or ask its operator for a key that is.", retryAfter ?? Soon, Code: "no_usable_key"),
        _ => new(503, GatewayErrorKind.NoUsableKey,
            $"{service} refuses all keys of this gateway at present. Its operator finds the reasons in the console and the log.", retryAfter ?? Soon, Code: "no_usable_key"),
    };

    private static GatewayError FromFault(Fault fault, DispatchFailure failure, string model, string service) => fault.Owner switch
    {
        FaultOwner.Client => FromClientFault(fault, model),
        FaultOwner.Key => FromRefusal(LeaseRefusalReason.AllOut, failure.RetryAfter, model, service),
        FaultOwner.ProjectModel => FromRefusal(fault.Reason is FaultReason.NotEntitled or FaultReason.ModelNotForKey ? LeaseRefusalReason.NotEntitled : LeaseRefusalReason.CoolingDown, failure.RetryAfter, model, service),
        _ => FromUpstreamFault(fault, failure.RetryAfter, model, service),
    };

    private static GatewayError FromClientFault(Fault fault, string model) => fault.Reason switch
    {
        FaultReason.ModelUnknown => new(404, GatewayErrorKind.NotFound, $"The model '{model}' does not exist or cannot do this: {fault.PublicMessage}", Param: "model", Code: "model_not_found"),
        FaultReason.ResourceNotFound or FaultReason.ResourceOfOtherProject => new(404, GatewayErrorKind.NotFound, fault.PublicMessage),
        FaultReason.ContextTooLong or FaultReason.QuotaTokensTooLarge => new(400, GatewayErrorKind.InvalidRequest, fault.PublicMessage, Param: "messages", Code: "context_length_exceeded"),
        FaultReason.PayloadTooLarge => new(413, GatewayErrorKind.TooLarge, fault.PublicMessage),
        FaultReason.PromptBlocked => new(400, GatewayErrorKind.ContentBlocked, fault.PublicMessage, Code: "content_policy"),
        _ => new(400, GatewayErrorKind.InvalidRequest, fault.PublicMessage),
    };

    private static GatewayError FromUpstreamFault(Fault fault, TimeSpan? retryAfter, string model, string service) => fault.Reason switch
    {
        FaultReason.ResourceOfOtherProject => new(404, GatewayErrorKind.NotFound, fault.PublicMessage),
        FaultReason.EmptyAnswer or FaultReason.MalformedFunctionCall => new(502, GatewayErrorKind.UpstreamEmpty,
            $"{model} gave no usable answer in any attempt: {fault.PublicMessage}", Code: "upstream_empty_response"),
        FaultReason.ConnectTimeout => Timeout($"{service} could not be reached within CONNECT_TIMEOUT."),
        FaultReason.ProxyFailed => new(503, GatewayErrorKind.UpstreamFailed, fault.PublicMessage, retryAfter ?? Soon, Code: "proxy_unavailable"),
        FaultReason.NoRoom => new(503, GatewayErrorKind.Busy, "Too many large answers are under way in this gateway (LARGE_BODY_BUDGET_MB). Come back in a moment.", retryAfter ?? Soon, Code: "gateway_busy"),
        FaultReason.Silence => Timeout($"{service} sent nothing for as long as TIME_OUT allows."),
        FaultReason.TotalTimeout => Timeout("The request took longer than TOTAL_TIMEOUT allows."),
        FaultReason.DeadlineExceeded => Timeout($"{service} took too long: {fault.PublicMessage}"),
        FaultReason.CapacityExhausted => new(429, GatewayErrorKind.QuotaExhausted, $"{service} has no capacity for {model} at present: {fault.PublicMessage}", retryAfter ?? Soon, Code: "rate_limit_exceeded"),
        FaultReason.ModelOverloaded => new(503, GatewayErrorKind.UpstreamFailed, $"{model} is overloaded at {service}: {fault.PublicMessage}", retryAfter ?? Soon, Code: "upstream_overloaded"),
        FaultReason.StreamCut => new(503, GatewayErrorKind.UpstreamFailed, "The answer broke off before its end; what came so far is incomplete. Ask again.", retryAfter ?? Soon, Code: "upstream_stream_cut"),
        FaultReason.TokenUnavailable or FaultReason.ClockWrong => new(503, GatewayErrorKind.UpstreamFailed, fault.PublicMessage, retryAfter ?? Soon, Code: "upstream_token"),
        FaultReason.LocationUnsupported => new(503, GatewayErrorKind.UpstreamFailed, $"{service} does not serve the place this gateway runs in: {fault.PublicMessage}", retryAfter ?? Later, Code: "upstream_location"),
        _ => new(502, GatewayErrorKind.UpstreamFailed, $"{service} failed: {fault.PublicMessage}", retryAfter, Code: "upstream_error"),
    };

    private static GatewayError Timeout(string message) => new(504, GatewayErrorKind.UpstreamTimeout, message, Code: "upstream_timeout");
}
