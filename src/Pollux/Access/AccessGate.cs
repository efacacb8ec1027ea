using Microsoft.Net.Http.Headers;

namespace Pollux.Access;

/// <summary>
/// Decides who may call a route, in this order: banned addresses, the route's rule, the program's name, the credential, the
/// request limits. Only admitted requests count against limits, so nobody's limit can be used up by somebody without a credential.
/// </summary>
/// <remarks>Thread-safe: the rules are one immutable object behind a volatile reference.</remarks>
internal sealed class AccessGate(AccessModel model, RequestRateLimits limits, ILogger<AccessGate> logger, IAdminAccess? admin = null, IEphemeralTokens? tokens = null)
{
    private static readonly AccessDecision Banned = AccessDecision.Refuse(
        new GatewayError(StatusCodes.Status403Forbidden, GatewayErrorKind.Forbidden, "This address may not use this gateway."));

    private static readonly AccessDecision Closed = AccessDecision.Refuse(
        new GatewayError(StatusCodes.Status403Forbidden, GatewayErrorKind.Forbidden, "This route is closed."));

    private static readonly AccessDecision UnknownProgram = AccessDecision.Refuse(
        new GatewayError(StatusCodes.Status403Forbidden, GatewayErrorKind.Forbidden, "This program may not use this gateway: its User-Agent is not in WHITELIST_USER_AGENT."));

    private static readonly AccessDecision ForeignPage = AccessDecision.Refuse(
        new GatewayError(StatusCodes.Status403Forbidden, GatewayErrorKind.Forbidden, "Pages of this origin may not use this gateway: it is not in ALLOWED_ORIGINS."));

    private static readonly AccessDecision Missing = AccessDecision.Refuse(
        new GatewayError(StatusCodes.Status401Unauthorized, GatewayErrorKind.Unauthenticated,
            "No credential. Send one as 'Authorization: Bearer …', 'x-goog-api-key', 'x-api-key' or '?key='."));

    private static readonly AccessDecision Wrong = AccessDecision.Refuse(
        new GatewayError(StatusCodes.Status401Unauthorized, GatewayErrorKind.Unauthenticated, "The credential is not known to this gateway."));

    private static readonly AccessDecision Contradictory = AccessDecision.Refuse(
        new GatewayError(StatusCodes.Status401Unauthorized, GatewayErrorKind.Unauthenticated, "The request carries credentials of different callers. Send one."));

    private volatile AccessModel _model = model;
    private bool _warnedOfForwarding;

    /// <summary>The rules; may be replaced while requests run, which keep those they began with.</summary>
    public AccessModel Model
    {
        get => _model;
        set => _model = value;
    }

    /// <summary>Says once at start what about the rules deserves attention.</summary>
    public void TellWeaknesses()
    {
        foreach (var setting in _model.WeakCredentials)
            AccessLog.WeakCredential(logger, setting);
        if (AccessModel.NeedsGeneratedPassword(_model.Options))
            AccessLog.NoCredential(logger);
    }

    /// <summary>The rule a route declares; <see langword="null"/>: none, so it is closed.</summary>
    public static AccessRule? RuleOf(Endpoint? endpoint) =>
        // Without a route nothing is reached but "not found"; what routing puts in place of one (405, 415) holds no handler of ours.
        endpoint is RouteEndpoint ? endpoint.Metadata.GetMetadata<AccessMetadata>()?.Rule : AccessRule.Public;

    /// <summary>Decides by the rule that the request's endpoint declares.</summary>
    public AccessDecision Admit(HttpContext http) => Admit(http, RuleOf(http.GetEndpoint()), _model);

    /// <summary>Decides by a rule and a set of rules read earlier.</summary>
    public AccessDecision Admit(HttpContext http, AccessRule? rule, AccessModel rules)
    {
        var client = ClientAddress.Of(http, rules.Options.TrustedProxies);
        if (client.IsForwardedByStranger && !_warnedOfForwarding)
        {
            _warnedOfForwarding = true;
            AccessLog.ForwardedByStranger(logger, client.Address?.ToString());
        }
        if (client.IsIn(rules.Options.BlacklistIps))
            return Banned;
        return rule switch
        {
            AccessRule.Public or AccessRule.KnownAddress => AccessDecision.Open,
            AccessRule.ModelRoute => AdmitToModels(http, client, rules, isCounted: true),
            AccessRule.ModelList => AdmitToModels(http, client, rules, isCounted: false),
            AccessRule.XaiRoute => AdmitToModels(http, client, rules, isCounted: true, takesXaiKeys: true),
            AccessRule.XaiList => AdmitToModels(http, client, rules, isCounted: false, takesXaiKeys: true),
            AccessRule.LiveRoute => rules.Cors.Allows(http.Request) ? AdmitToModels(http, client, rules, isCounted: true, ephemeral: tokens) : ForeignPage,
            AccessRule.Admin when admin is not null => admin.Admit(http),
            _ => Closed,
        };
    }

    private AccessDecision AdmitToModels(HttpContext http, in ClientAddress client, AccessModel rules, bool isCounted, bool takesXaiKeys = false, IEphemeralTokens? ephemeral = null)
    {
        if (!rules.UserAgents.Allows(http.Request.Headers[HeaderNames.UserAgent].ToString()))
            return UnknownProgram;

        // The password everybody knows must not be usable by a web page that the user of this machine happens to visit.
        var isLocal = client.IsDirectLoopback && !CorsRules.IsFromForeignPage(http.Request);
        var presented = new PresentedCredentials(rules.Credentials, isLocal);
        presented.LookAt(http.Request);
        if (presented.AreContradictory)
            return Contradictory;
        var caller = presented.Caller;
        if (caller is null && takesXaiKeys && rules.Options.XaiCallerKeys && CallersXaiKey.Of(http.Request) is not null)
        {
            // Before the address: who sends a key of its own means it.
            caller = new Caller($"x-{client.Address}", $"xai-key {client.Address}") { BringsXaiKey = true };
            isCounted = true;
        }

        var hasToken = caller is null && ephemeral is not null && IEphemeralTokens.PresentedBy(http.Request) is not null;
        if (hasToken)
            caller = ephemeral!.CallerOf(http.Request);
        if (caller is null && !hasToken && client is { MayAuthorise: true, Address: { } address } && rules.Options.WhitelistIps.Contains(address))
            caller = new Caller($"a-{address}", $"address {address}");
        if (caller is null)
            return presented.AreAny || hasToken ? Wrong : Missing;
        if (!isCounted)
            return AccessDecision.Admit(caller);

        var rate = limits.Count(client.Address, rules.Options.MaxRequestsPerMinute, rules.Options.MaxRequestsPerDayPerIp);
        return rate.IsAdmitted ? AccessDecision.Admit(caller, rate) : AccessDecision.Refuse(TooMany(rate), rate);
    }

    private static GatewayError TooMany(in RateDecision rate) => new(
        StatusCodes.Status429TooManyRequests,
        GatewayErrorKind.RateLimited,
        rate.IsDay
            ? $"This address has made its {rate.Limit} requests of the day (MAX_REQUESTS_PER_DAY_PER_IP). Next in {RateDecision.WholeSeconds(rate.ResetAfter)} s."
            : $"This address has made its {rate.Limit} requests of the minute (MAX_REQUESTS_PER_MINUTE). Next in {RateDecision.WholeSeconds(rate.ResetAfter)} s.",
        rate.ResetAfter);
}
