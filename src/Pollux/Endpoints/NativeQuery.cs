using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Pollux.Endpoints;

/// <summary>The query of a native request on its way to the upstream: everything but credentials, and what would put another request in its place.</summary>
internal static class NativeQuery
{
    /// <summary>Removes credentials from <paramref name="query"/>.</summary>
    /// <param name="query">As it came, with its question mark.</param>
    /// <param name="serverSentEvents">Whether <c>alt=sse</c> is among it.</param>
    public static string Forward(string? query, out bool serverSentEvents)
    {
        serverSentEvents = false;
        if (string.IsNullOrEmpty(query) || query.Length <= 1)
            return "";
        if (query is "?alt=sse")
        {
            serverSentEvents = true;
            return "alt=sse";
        }

        var kept = new StringBuilder();
        foreach (QueryStringEnumerable.EncodedNameValuePair pair in new QueryStringEnumerable(query))
        {
            ReadOnlySpan<char> name = pair.DecodeName().Span;
            if (name is "key" or "access_token" or "oauth_token" or "$httpMethod" or "$httpHeaders" or "$req") // the last three make another request of it than was looked at
                continue;

            serverSentEvents |= name is "alt" or "$alt" && pair.DecodeValue().Span.StartsWith("sse", StringComparison.OrdinalIgnoreCase);
            if (kept.Length > 0)
                kept.Append('&');
            kept.Append(pair.EncodedName.Span);
            if (pair.EncodedValue.Length > 0)
                kept.Append('=').Append(pair.EncodedValue.Span);
        }

        return kept.ToString();
    }

    /// <summary>Removes the wish for a form of stream, for an upstream that is asked for a whole answer.</summary>
    /// <param name="query">As <see cref="Forward"/> gave it.</param>
    public static string WithoutForm(string query) =>
        query == "alt=sse" ? "" : string.Join('&', query.Split('&').Where(static pair => !IsForm(pair)));

    private static bool IsForm(string pair) => pair.StartsWith("alt=", StringComparison.OrdinalIgnoreCase) || pair.StartsWith("$alt=", StringComparison.OrdinalIgnoreCase) || pair.StartsWith("%24alt=", StringComparison.OrdinalIgnoreCase);
}
