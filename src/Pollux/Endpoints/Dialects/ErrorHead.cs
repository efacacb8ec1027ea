using System.Globalization;
using Pollux.Access;

namespace Pollux.Endpoints.Dialects;

/// <summary>Status and headers of an error, which all dialects share.</summary>
internal static class ErrorHead
{
    /// <summary>Sets them.</summary>
    public static void Write(HttpResponse response, GatewayError error)
    {
        response.StatusCode = error.Status;
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        if (error.RetryAfter is { } wait)
            response.Headers.RetryAfter = Seconds(wait).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Whole seconds, rounded up: a client that comes back early only hears the same again.</summary>
    public static long Seconds(TimeSpan wait) => Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
}
