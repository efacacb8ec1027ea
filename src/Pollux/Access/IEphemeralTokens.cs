namespace Pollux.Access;

/// <summary>Knows the ephemeral tokens that were made through this gateway: on Live routes they are a credential of their own.</summary>
internal interface IEphemeralTokens
{
    /// <summary>How Google's tokens begin.</summary>
    const string Prefix = "auth_tokens/";

    private const string Scheme = "Token ";

    /// <summary>The caller who had the presented token made; <see langword="null"/>: there is none, it is not known, or it has expired.</summary>
    Caller? CallerOf(HttpRequest request);

    /// <summary>
    /// The token that a request carries, known or not: <c>?access_token=</c>, <c>?key=</c>, <c>x-goog-api-key</c> or
    /// <c>Authorization: Token</c>, the places that Google and its clients name.
    /// </summary>
    static string? PresentedBy(HttpRequest request)
    {
        if ((First(request.Query["access_token"]) ?? First(request.Query["key"]) ?? First(request.Headers["x-goog-api-key"])) is { } token)
            return token;
        foreach (string? value in request.Headers.Authorization)
        {
            if (value?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true && value.AsSpan(Scheme.Length).Trim().StartsWith(Prefix, StringComparison.Ordinal))
                return value[Scheme.Length..].Trim();
        }

        return null;
    }

    private static string? First(Microsoft.Extensions.Primitives.StringValues values)
    {
        foreach (string? value in values)
        {
            if (value?.StartsWith(Prefix, StringComparison.Ordinal) == true)
                return value;
        }

        return null;
    }
}
