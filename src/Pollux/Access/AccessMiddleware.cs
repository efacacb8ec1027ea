using System.Collections.Concurrent;

namespace Pollux.Access;

/// <summary>
/// Lets nothing pass that the gate refuses. Stands behind routing and before everything that reads a body. Denies by default:
/// a route that declares no <see cref="AccessRule"/> is closed.
/// </summary>
internal sealed class AccessMiddleware(RequestDelegate next, AccessGate gate, ILogger<AccessMiddleware> logger)
{
    private readonly ConcurrentDictionary<Endpoint, bool> _reported = new(); // as many as there are routes

    public Task InvokeAsync(HttpContext http)
    {
        var rules = gate.Model;
        var endpoint = http.GetEndpoint();
        var rule = AccessGate.RuleOf(endpoint);
        if (rule is null && _reported.TryAdd(endpoint!, true))
            AccessLog.RouteWithoutRule(logger, endpoint!.DisplayName);
        if (rule is { } declared && declared.IsForClients())
        {
            if (CorsRules.IsPreflight(http.Request))
                return AnswerPreflightAsync(http, rules);
            rules.Cors.Apply(http); // before any refusal: a page must be able to read that too
        }

        var decision = gate.Admit(http, rule, rules);
        decision.WriteHeaders(http.Response.Headers);
        if (decision.Refusal is { } refusal)
            return RefuseAsync(http, endpoint, refusal);
        if (decision.Caller is not null)
            http.Features.Set(decision.Caller);
        return next(http);
    }

    private Task AnswerPreflightAsync(HttpContext http, AccessModel rules)
    {
        // Only banned addresses are refused here: a preflight cannot carry a credential.
        var decision = gate.Admit(http, AccessRule.Public, rules);
        if (decision.Refusal is { } refusal)
            return RefuseAsync(http, http.GetEndpoint(), refusal);
        rules.Cors.AnswerPreflight(http);
        return Task.CompletedTask;
    }

    private Task RefuseAsync(HttpContext http, Endpoint? endpoint, GatewayError refusal)
    {
        AccessLog.Refused(logger, http.Request.Method, endpoint?.DisplayName, refusal.Status, refusal.Kind);
        var errors = endpoint?.Metadata.GetMetadata<IDialectErrors>() ?? PlainErrors.Instance;
        return errors.WriteAsync(http, refusal, http.RequestAborted).AsTask();
    }
}

/// <summary>Puts access into the request path.</summary>
internal static class AccessApplication
{
    /// <summary>Guards all routes. Call after <c>UseRouting</c>; needs an <see cref="AccessGate"/> among the services.</summary>
    public static IApplicationBuilder UseAccess(this IApplicationBuilder app) => app.UseMiddleware<AccessMiddleware>();
}
