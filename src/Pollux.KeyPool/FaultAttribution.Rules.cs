using System.Collections.Frozen;
using System.Collections.Immutable;
using static Pollux.KeyPool.FaultEffect;
using static Pollux.KeyPool.FaultOwner;
using static Pollux.KeyPool.RetryScope;

namespace Pollux.KeyPool;

public static partial class FaultAttribution
{
    // A request that is too large, a page that is no answer, and a broken key can come with any of several statuses:
    // these rows stand first. Then the statuses in order; within 429 the longest wall first.
    private static readonly ImmutableArray<ErrorRule> ErrorRules =
    [
        When("413, or a message that the payload exceeds the limit",
            Client, FaultReason.PayloadTooLarge, RetryScope.None, FaultEffect.None,
            static e => e.Status == 413 || (e.Status == 400 && e.Says("payload size exceeds the limit"))),
        When("an HTML page, whatever the status: a front end spoke, not the API",
            Upstream, FaultReason.NotTheApi, AfterBackOff, FaultEffect.None,
            static e => e.IsHtml, retryLimit: 2),

        // Keys. An invalid one answers 400.
        When("reason API_KEY_INVALID (without any reason: the same words), and the message says expired",
            Key, FaultReason.ApiKeyExpired, AnotherKey, PutOut,
            static e => IsInvalidKey(e) && e.Says("expired")),
        When("reason API_KEY_INVALID, also as 400; without any reason: \"API key not valid\"; xAI: \"Incorrect API key\"",
            Key, FaultReason.ApiKeyInvalid, AnotherKey, PutOut,
            IsInvalidKey),
        When("400, 401 or 403: \"reported as leaked\" (no reason is given)",
            Key, FaultReason.KeyLeaked, AnotherKey, PutOut,
            static e => e.Status is 400 or 401 or 403 && e.Says("reported as leaked")),
        When("reason CONSUMER_SUSPENDED (the message repeats the key)",
            Key, FaultReason.KeySuspended, AnotherKey, PutOut,
            static e => e.Has("CONSUMER_SUSPENDED")),
        When("reason SERVICE_DISABLED",
            Key, FaultReason.ServiceDisabled, AnotherKey, PutOut,
            static e => e.Has("SERVICE_DISABLED")),
        When("reason API_KEY_…_BLOCKED (service, referrer, address, application)",
            Key, FaultReason.KeyRestricted, AnotherKey, PutOut,
            static e => e.HasReason(static reason => reason.StartsWith("API_KEY_", StringComparison.Ordinal) && reason.EndsWith("_BLOCKED", StringComparison.Ordinal))),
        When("403: \"Your project has been denied access\" (no reason is given)",
            Key, FaultReason.ProjectDenied, AnotherKey, PutOut,
            static e => e.Status == 403 && e.Says("project has been denied access")),
        When("reason BILLING_DISABLED",
            Key, FaultReason.BillingStopped, AnotherKey, StopUntilRecheck,
            static e => e.Has("BILLING_DISABLED")),
        When("reason ACCESS_TOKEN_TYPE_UNSUPPORTED on an API key, first time",
            Key, FaultReason.AuthKeyRefused, SameKeyOtherTransport, FaultEffect.None,
            static e => e.Has("ACCESS_TOKEN_TYPE_UNSUPPORTED") && TravelsTwoWays(e) && !e.Failure.OtherTransportTried, retryLimit: 1),
        When("reason ACCESS_TOKEN_TYPE_UNSUPPORTED on an API key, after the other transport was tried",
            Key, FaultReason.AuthKeyRefused, AnotherKey, PutOut,
            static e => e.Has("ACCESS_TOKEN_TYPE_UNSUPPORTED") && TravelsTwoWays(e)),
        When("401 on a service account whose token was not renewed yet",
            Key, FaultReason.CredentialRefused, SameKeyAgain, FaultEffect.None,
            static e => e.Status == 401 && e.Failure.Kind == CredentialKind.VertexServiceAccount && !e.Failure.TokenRenewed, retryLimit: 1),

        // xAI, and further upstreams with OpenAI's API. They tell by words what Google tells by reasons.
        When("not Google, 401: the key is not known",
            Key, FaultReason.ApiKeyInvalid, AnotherKey, PutOut,
            static e => IsNotGoogle(e) && e.Status == 401),
        When("not Google, 402, or 403 or 429 about credit, billing or a spending limit",
            Key, FaultReason.BillingStopped, AnotherKey, StopUntilRecheck,
            static e => IsNotGoogle(e) && (e.Status == 402 || (e.Status is 403 or 429 && IsOutOfCredit(e)))),
        When("not Google, 400 or 403 about usage guidelines or content moderation",
            Client, FaultReason.PromptBlocked, RetryScope.None, FaultEffect.None,
            static e => IsNotGoogle(e) && e.Status is 400 or 403 && (e.Says("usage guidelines") || e.Says("content moderation") || e.Code is "content_policy_violation" or "content_filter")),
        When("not Google, 400 about the length of the context",
            Client, FaultReason.ContextTooLong, RetryScope.None, FaultEffect.None,
            static e => IsNotGoogle(e) && e.Status == 400 && (e.Code == "context_length_exceeded" || e.Says("maximum prompt length"))),
        When("not Google, 404 about a model",
            Client, FaultReason.ModelUnknown, RetryScope.None, FaultEffect.None,
            static e => IsNotGoogle(e) && e.Status == 404 && (e.Code == "model_not_found" || e.Says("model"))),
        When("not Google, any other 404: also a path that it has not",
            Client, FaultReason.ResourceNotFound, RetryScope.None, FaultEffect.None,
            static e => IsNotGoogle(e) && e.Status == 404),
        When("not Google, any other 400, 405, 409, 415 or 422, in whatever form",
            Client, FaultReason.RequestInvalid, RetryScope.None, FaultEffect.None,
            static e => IsNotGoogle(e) && e.Status is 400 or 405 or 409 or 415 or 422),

        // 400
        When("400: \"User location is not supported\": the gateway's own address, not the key",
            Gateway, FaultReason.LocationUnsupported, RetryScope.None, FaultEffect.None,
            static e => e.Status == 400 && e.Says("User location is not supported")),
        When("400 FAILED_PRECONDITION about the free tier or billing",
            Key, FaultReason.BillingStopped, AnotherKey, StopUntilRecheck,
            static e => e.Status == 400 && e.GoogleStatus == "FAILED_PRECONDITION" && (e.Says("billing") || e.Says("free tier"))),
        When("400 about a thought signature, first time",
            Gateway, FaultReason.SignatureRejected, SameKeyWithoutSignatures, FaultEffect.None,
            static e => IsAboutSignature(e) && !e.Failure.SignaturesReplaced, retryLimit: 1),
        When("400 about a thought signature, after they were replaced",
            Client, FaultReason.SignatureRejected, RetryScope.None, FaultEffect.None,
            IsAboutSignature),
        When("400: \"exceeds the maximum number of tokens allowed\"",
            Client, FaultReason.ContextTooLong, RetryScope.None, FaultEffect.None,
            static e => e.Status == 400 && e.Says("token count") && e.Says("exceeds the maximum number of tokens")),
        When("400 with a field violation, or words, about a schema or a function declaration",
            Client, FaultReason.SchemaRejected, RetryScope.None, FaultEffect.None,
            static e => e.Status == 400 && IsAboutSchema(e)),
        When("400 about Google's Responsible AI practices (image prompts)",
            Client, FaultReason.PromptBlocked, RetryScope.None, FaultEffect.None,
            static e => e.Status == 400 && e.Says("Responsible AI")),
        When("any other 400 of the API",
            Client, FaultReason.RequestInvalid, RetryScope.None, FaultEffect.None,
            static e => e.Status == 400 && e.IsEnvelope),

        // 401, 403
        When("403 on a file, cache or batch: it belongs to another project, or is gone",
            Gateway, FaultReason.ResourceOfOtherProject, AnotherKey, FaultEffect.None,
            static e => e.Status == 403 && IsAboutResource(e)),
        When("reason IAM_PERMISSION_DENIED",
            Key, FaultReason.PermissionMissing, AnotherKey, CountFailure,
            static e => e.Has("IAM_PERMISSION_DENIED")),
        When("401 or 403 without a reason known here",
            Key, FaultReason.CredentialRefused, AnotherKey, CountFailure,
            static e => e.Status is 401 or 403),

        // 404
        When("404: \"no longer available to new users\", \"your project does not have access to it\"",
            ProjectModel, FaultReason.ModelNotForKey, AnotherKey, ParkForDay,
            static e => e.Status == 404 && (e.Says("no longer available to new users") || e.Says("your project does not have access to it"))),
        When("404: \"is not found for API version\"",
            Client, FaultReason.ModelUnknown, RetryScope.None, FaultEffect.None,
            static e => e.Status == 404 && e.Says("is not found for API version")),
        When("any other 404 of the API",
            Client, FaultReason.ResourceNotFound, RetryScope.None, FaultEffect.None,
            static e => e.Status == 404 && e.IsEnvelope),

        // 429
        When("429 with a limit of 0 (quotaValue 0, or \"limit: 0\" in the message where the value is absent)",
            ProjectModel, FaultReason.NotEntitled, AnotherKey, ParkForDay,
            static e => e.Status == 429 && HasZeroLimit(e)),
        When("429 on input tokens, and the prompt is estimated larger than the whole quota",
            Client, FaultReason.QuotaTokensTooLarge, RetryScope.None, FaultEffect.None,
            static e => e.Status == 429 && NeverFits(e)),
        When("429 with a quotaId that contains PerDay (its delay is meaningless)",
            ProjectModel, FaultReason.QuotaDay, AnotherKey, CoolDownUntilDayEnd,
            static e => e.Status == 429 && AnyPerDay(e)),
        When("429 without a quota: prepaid credit depleted, spend cap reached",
            Key, FaultReason.BillingStopped, AnotherKey, StopUntilRecheck,
            static e => e.Status == 429 && e.Violations.Count == 0 && IsUnpaid(e)),
        When("429 with any other quota: RetryInfo's delay, else \"Please retry in\", else 60 s",
            ProjectModel, FaultReason.QuotaMinute, AnotherKey, CoolDown,
            static e => e.Status == 429 && (e.Violations.Count > 0 || e.Has("RATE_LIMIT_EXCEEDED") || e.Says("exceeded your current quota"))),
        When("any other 429: shared capacity or throttling; 5 s unless a delay is told",
            ProjectModel, FaultReason.CapacityExhausted, AnotherKey, CoolDown,
            static e => e.Status == 429),

        // The rest
        When("408, 504",
            Upstream, FaultReason.DeadlineExceeded, AfterBackOff, FaultEffect.None,
            static e => e.Status is 408 or 504, retryLimit: 2),
        When("499",
            Upstream, FaultReason.Cancelled, AfterBackOff, FaultEffect.None,
            static e => e.Status == 499, retryLimit: 2),
        When("503: the model is overloaded for everybody",
            Model, FaultReason.ModelOverloaded, AfterBackOff, OverloadHint,
            static e => e.Status == 503),
        When("500 and any other 5xx; often an odd schema or too large a context, so not for long",
            Upstream, FaultReason.UpstreamInternal, AfterBackOff, FaultEffect.None,
            static e => e.Status >= 500, retryLimit: 2),
        When("any other 4xx of the API",
            Client, FaultReason.RequestInvalid, RetryScope.None, FaultEffect.None,
            static e => e.Status >= 400 && e.IsEnvelope),
        When("anything else: not the API's answer",
            Upstream, FaultReason.NotTheApi, AfterBackOff, FaultEffect.None,
            static _ => true, retryLimit: 2),
    ];

    private static readonly FrozenDictionary<TransportFault, ExchangeRule> TransportRules = new Dictionary<TransportFault, ExchangeRule>
    {
        [TransportFault.ConnectFailed] = new(new("no connection: refused, unreachable, no such host, no TLS",
            Upstream, FaultReason.ConnectFailed, AfterBackOff, FaultEffect.None), "The upstream could not be reached."),
        [TransportFault.ConnectTimeout] = new(new("no connection within CONNECT_TIMEOUT",
            Upstream, FaultReason.ConnectTimeout, AfterBackOff, FaultEffect.None), "The upstream could not be reached within CONNECT_TIMEOUT."),
        [TransportFault.ProxyFailed] = new(new("no outbound proxy of PROXIES could be used: not reached, or it said no",
            Gateway, FaultReason.ProxyFailed, AfterBackOff, FaultEffect.None, 2), "No outbound proxy of this gateway could be used."),
        [TransportFault.NoRoom] = new(new("a large answer for which LARGE_BODY_BUDGET_MB left no room in time",
            Gateway, FaultReason.NoRoom, RetryScope.None, FaultEffect.None), "This gateway had no room for the answer."),
        [TransportFault.Silence] = new(new("nothing came for TIME_OUT",
            Upstream, FaultReason.Silence, AfterBackOff, FaultEffect.None, 1), "The upstream was silent for TIME_OUT."),
        [TransportFault.TotalTimeout] = new(new("the answer took longer than TOTAL_TIMEOUT: no time is left for another attempt",
            Upstream, FaultReason.TotalTimeout, RetryScope.None, FaultEffect.None), "The answer took longer than TOTAL_TIMEOUT."),
        [TransportFault.Reset] = new(new("the connection broke before the answer began",
            Upstream, FaultReason.ConnectionReset, AfterBackOff, FaultEffect.None), "The upstream closed the connection before answering."),
        [TransportFault.StreamCut] = new(new("the stream ended or broke without a finish reason",
            Upstream, FaultReason.StreamCut, AfterBackOff, FaultEffect.None), "The upstream's stream ended without a finish reason."),
        [TransportFault.MalformedAnswer] = new(new("a 2xx answer that could not be read",
            Upstream, FaultReason.MalformedAnswer, AfterBackOff, FaultEffect.None, 2), "The upstream's answer could not be read."),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<AnswerFault, ExchangeRule> AnswerRules = new Dictionary<AnswerFault, ExchangeRule>
    {
        [AnswerFault.Empty] = new(new("an answer of which nothing reaches the client",
            Model, FaultReason.EmptyAnswer, AfterBackOff, FaultEffect.None), "The model's answer was empty."),
        [AnswerFault.MalformedFunctionCall] = new(new("finish reason MALFORMED_FUNCTION_CALL, UNEXPECTED_TOOL_CALL or their like, with nothing else",
            Model, FaultReason.MalformedFunctionCall, AfterBackOff, FaultEffect.None), "The model wrote a function call that could not be read."),
        [AnswerFault.MissingThoughtSignature] = new(new("finish reason MISSING_THOUGHT_SIGNATURE, first time",
            Gateway, FaultReason.SignatureRejected, SameKeyWithoutSignatures, FaultEffect.None, 1), "The model misses a thought signature."),
        [AnswerFault.MissingThoughtSignatureAgain] = new(new("finish reason MISSING_THOUGHT_SIGNATURE, after they were replaced",
            Client, FaultReason.SignatureRejected, RetryScope.None, FaultEffect.None), "The model misses a thought signature."),
        [AnswerFault.PromptBlocked] = new(new("promptFeedback with a block reason",
            Client, FaultReason.PromptBlocked, RetryScope.None, FaultEffect.None), "The prompt was blocked."),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<TokenFault, ExchangeRule> TokenRules = new Dictionary<TokenFault, ExchangeRule>
    {
        [TokenFault.Unusable] = new(new("a service account whose private key cannot be read, or whose token address may not be asked",
            Key, FaultReason.CredentialRefused, AnotherKey, PutOut), "The service account cannot be used."),
        [TokenFault.Refused] = new(new("the token service refuses the service account (invalid_grant and its like)",
            Key, FaultReason.CredentialRefused, AnotherKey, PutOut), "Google gives no access token for this service account."),
        [TokenFault.ClockWrong] = new(new("the token service refuses the times of the assertion: the clock of this machine is wrong",
            Gateway, FaultReason.ClockWrong, RetryScope.None, FaultEffect.None), "Google gives no access token, because the clock of this gateway is wrong."),
        [TokenFault.Unavailable] = new(new("the token service was not reached, was busy or failed",
            Upstream, FaultReason.TokenUnavailable, AfterBackOff, FaultEffect.None), "Google's token service could not be asked."),
    }.ToFrozenDictionary();

    /// <summary>Every row in the order of judgement: error answers, failed exchanges, answers that are none, closed Live connections.</summary>
    /// <remarks>Stands below the rows, because static members are initialised in the order of the text.</remarks>
    public static ImmutableArray<FaultRule> Table { get; } =
    [
        .. ErrorRules.Select(static rule => rule.Row),
        .. Enum.GetValues<TransportFault>().Select(static kind => TransportRules[kind].Row),
        .. Enum.GetValues<TokenFault>().Select(static kind => TokenRules[kind].Row),
        .. Enum.GetValues<AnswerFault>().Select(static kind => AnswerRules[kind].Row),
        .. CloseRules.All.Select(static rule => rule.Row),
    ];

    private static ErrorRule When(string condition, FaultOwner owner, FaultReason reason, RetryScope retry, FaultEffect effect, Func<UpstreamError, bool> holds, int? retryLimit = null) =>
        new(new FaultRule(condition, owner, reason, retry, effect, retryLimit), holds);

    private static bool IsInvalidKey(UpstreamError e) =>
        e.Has("API_KEY_INVALID")
        || (e.Status is 400 or 401 or 403 && e.HasNoReason && (e.Says("API key not valid") || e.Says("API key expired")))
        || (e.Status is 400 or 401 && e.Failure.Kind == CredentialKind.XaiKey && e.Says("Incorrect API key"));

    private static bool IsNotGoogle(UpstreamError e) => e.Failure.Kind is CredentialKind.XaiKey or CredentialKind.UpstreamKey;

    private static bool IsOutOfCredit(UpstreamError e) =>
        e.Code == "insufficient_quota" || e.Says("credit") || e.Says("billing") || e.Says("spending limit") || e.Says("insufficient balance") || e.Says("licenses");

    private static bool TravelsTwoWays(UpstreamError e) =>
        e.Failure.Kind is CredentialKind.GeminiApiKey or CredentialKind.VertexExpressKey;

    private static bool IsAboutSignature(UpstreamError e) =>
        e.Status == 400 && (e.Says("thought_signature") || e.Says("thoughtSignature") || e.Says("thought signature"));

    private static bool IsAboutSchema(UpstreamError e) =>
        e.PointsAt("schema") || e.PointsAt("function_declarations") || e.PointsAt("functionDeclarations")
        || e.Says("response_schema") || e.Says("responseSchema") || e.Says("response_json_schema") || e.Says("responseJsonSchema")
        || e.Says("function_declarations") || e.Says("functionDeclarations");

    private static bool IsAboutResource(UpstreamError e) =>
        e.Says("do not have permission to access") || e.Says("CachedContent not found")
        || e.Resource.Contains("cachedContents/", StringComparison.Ordinal) || e.Resource.Contains("files/", StringComparison.Ordinal);

    private static bool IsUnpaid(UpstreamError e) =>
        e.Says("prepayment") || e.Says("credits are depleted") || e.Says("spend cap") || e.Says("spending cap");

    private static bool HasZeroLimit(UpstreamError e)
    {
        foreach (var violation in e.Violations)
        {
            if (violation.Value == 0)
                return true;
        }

        const string zero = "limit: 0";
        for (var at = 0; (at = e.Message.IndexOf(zero, at, StringComparison.OrdinalIgnoreCase)) >= 0;)
        {
            at += zero.Length;
            if (at == e.Message.Length || !(char.IsAsciiDigit(e.Message[at]) || (e.Message[at] == '.' && at + 1 < e.Message.Length && char.IsAsciiDigit(e.Message[at + 1]))))
                return true; // "limit: 0," but neither "limit: 05" nor "limit: 0.5"
        }
        return false;
    }

    private static bool NeverFits(UpstreamError e)
    {
        foreach (var violation in e.Violations)
        {
            if (violation.CountsTokens && violation.Value is { } limit && limit < e.Failure.EstimatedPromptTokens)
                return true;
        }
        return false;
    }

    private static bool AnyPerDay(UpstreamError e)
    {
        foreach (var violation in e.Violations)
        {
            if (violation.IsPerDay)
                return true;
        }
        return false;
    }
}
