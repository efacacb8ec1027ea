using System.Collections.Frozen;
using Microsoft.Net.Http.Headers;

namespace Pollux.Access;

/// <summary>
/// <c>ALLOWED_ORIGINS</c>: which web pages may call model routes. Browser clients need this; it protects nobody who is not in a
/// browser. Listed pages may send cookies and the like; <c>*</c>, the default, lets all pages call without them.
/// </summary>
internal sealed class CorsRules
{
    private const string Any = "*";
    private const string Methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    private const string Exposed =
        "x-request-id, request-id, Retry-After, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, " +
        "x-pollux-attempts, x-pollux-cache, x-pollux-count, x-pollux-key, x-pollux-losses, x-pollux-model, x-pollux-shared, X-Goog-Upload-URL, X-Goog-Upload-Status, X-Goog-Upload-Size-Received, X-Goog-Upload-Chunk-Granularity";

    private readonly FrozenSet<string> _origins;
    private readonly bool _all;

    /// <param name="origins">Origins as browsers write them, a final slash forgiven; none = <c>*</c>.</param>
    public CorsRules(IEnumerable<string> origins)
    {
        _origins = origins.Select(static origin => origin.Trim().TrimEnd('/')).Where(static origin => origin.Length > 0).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _all = _origins.Count == 0 || _origins.Contains(Any);
    }

    /// <summary>The request is a browser's question whether it may ask.</summary>
    public static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.ContainsKey(HeaderNames.Origin) && request.Headers.ContainsKey(HeaderNames.AccessControlRequestMethod);

    /// <summary>Tells the browser what the page may see of the answer.</summary>
    public void Apply(HttpContext http)
    {
        var headers = http.Response.Headers;
        if (!_all)
            headers.Append(HeaderNames.Vary, HeaderNames.Origin); // a shared cache must not hand one page's permission to another
        if (!http.Request.Headers.TryGetValue(HeaderNames.Origin, out var given) || given is not [{ Length: > 0 } origin])
            return;
        if (_all)
        {
            headers.AccessControlAllowOrigin = Any;
        }
        else if (_origins.Contains(origin))
        {
            headers.AccessControlAllowOrigin = origin;
            headers.AccessControlAllowCredentials = "true";
        }
        else
        {
            return;
        }
        headers.AccessControlExposeHeaders = Exposed;
    }

    /// <summary>
    /// Whether a page may open a connection that browsers do not ask about before: no page, one of a listed origin, or one of this
    /// very host.
    /// </summary>
    public bool Allows(HttpRequest request) =>
        _all
        || !request.Headers.TryGetValue(HeaderNames.Origin, out var given)
        || (given is [{ } origin] && (_origins.Contains(origin) || (Uri.TryCreate(origin, UriKind.Absolute, out var page) && string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase))));

    /// <summary>Answers a preflight. It carries no credential, so none is asked for.</summary>
    public void AnswerPreflight(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        Apply(http);
        var headers = http.Response.Headers;
        if (headers.AccessControlAllowOrigin.Count == 0)
            return;
        headers.Remove(HeaderNames.AccessControlExposeHeaders);
        headers.AccessControlAllowMethods = Methods;
        headers.AccessControlMaxAge = "7200"; // the longest a browser keeps it
        // Echoed, because "*" does not cover Authorization, the one header that all need.
        if (http.Request.Headers.TryGetValue(HeaderNames.AccessControlRequestHeaders, out var asked))
            headers.AccessControlAllowHeaders = asked;
    }

    /// <summary>The request comes from a web page that is not served by this machine.</summary>
    public static bool IsFromForeignPage(HttpRequest request) =>
        request.Headers.TryGetValue(HeaderNames.Origin, out var origins)
        && (origins is not [{ } origin] || !Uri.TryCreate(origin, UriKind.Absolute, out var page) || !page.IsLoopback);
}
