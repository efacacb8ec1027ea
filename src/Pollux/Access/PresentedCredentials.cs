using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Pollux.Access;

/// <summary>
/// Looks at every credential a request carries: <c>Authorization: Bearer</c>, <c>x-goog-api-key</c>, <c>x-api-key</c>, <c>?key=</c>,
/// each as often as it comes. Unknown ones are ignored (a platform may need <c>Authorization</c> for itself);
/// two valid ones of different callers are nobody's.
/// </summary>
internal ref struct PresentedCredentials(ClientCredentials credentials, bool fromLoopback)
{
    private const string Scheme = "Bearer";

    /// <summary>The one caller found.</summary>
    public Caller? Caller { get; private set; }

    /// <summary>Valid credentials of different callers were found.</summary>
    public bool AreContradictory { get; private set; }

    /// <summary>Some credential was there, valid or not.</summary>
    public bool AreAny { get; private set; }

    public void LookAt(HttpRequest request)
    {
        foreach (var value in request.Headers.Authorization)
        {
            var text = value.AsSpan().Trim();
            if (text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && text.Length > Scheme.Length && text[Scheme.Length] is ' ' or '\t')
                Consider(text[Scheme.Length..]);
        }
        Consider(request.Headers["x-goog-api-key"]);
        Consider(request.Headers["x-api-key"]);
        if (request.QueryString.HasValue)
            ConsiderQuery(request.QueryString.Value);
    }

    private void ConsiderQuery(string? query)
    {
        foreach (var pair in new QueryStringEnumerable(query))
        {
            if (pair.EncodedName.Span is "key" || pair.DecodeName().Span is "key")
                Consider(pair.DecodeValue().Span);
        }
    }

    private void Consider(StringValues values)
    {
        foreach (var value in values)
            Consider(value.AsSpan());
    }

    private void Consider(ReadOnlySpan<char> presented)
    {
        presented = presented.Trim();
        if (presented.IsEmpty)
            return;
        AreAny = true;
        if (credentials.Find(presented, fromLoopback) is not { } found)
            return;
        AreContradictory |= Caller is not null && Caller != found;
        Caller = found;
    }
}
