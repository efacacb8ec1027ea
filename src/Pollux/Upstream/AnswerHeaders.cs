using System.Net.Http.Headers;

namespace Pollux.Upstream;

/// <summary>The headers of Google's answers that mean something to a client.</summary>
internal static class AnswerHeaders
{
    private static readonly string[] Names = ["x-gemini-service-tier", "server-timing"];

    /// <summary>Picks a header that means something to the gateway alone; <see langword="null"/>: there is none.</summary>
    public static string? One(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out HeaderStringValues values) && values.Count > 0 ? values.ToString() : null;

    /// <summary>Picks them.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Pick(HttpResponseHeaders headers)
    {
        List<KeyValuePair<string, string>>? picked = null;
        foreach (string name in Names)
        {
            if (headers.NonValidated.TryGetValues(name, out HeaderStringValues values))
                (picked ??= []).Add(new(name, values.ToString()));
        }

        return picked ?? (IReadOnlyList<KeyValuePair<string, string>>)[];
    }

    /// <summary>The content type as Google wrote it; reading it apart and putting it together again would say the same.</summary>
    public static string? ContentType(HttpContentHeaders headers) =>
        headers.NonValidated.TryGetValues("Content-Type", out HeaderStringValues values) && values.Count > 0 ? values.ToString() : null;
}
