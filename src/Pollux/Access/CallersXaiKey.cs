namespace Pollux.Access;

/// <summary>A key of xAI that a caller sends along as its Bearer token.</summary>
internal static class CallersXaiKey
{
    private const string Beginning = "Bearer ";
    private const string Mark = "xai-";
    private const int LongestKey = 512;

    /// <summary>Finds it: one header, one token, of the characters that a key has.</summary>
    /// <returns><see langword="null"/>: there is none.</returns>
    public static string? Of(HttpRequest request)
    {
        if (request.Headers.Authorization is not [{ } text] || !text.StartsWith(Beginning, StringComparison.OrdinalIgnoreCase))
            return null;
        ReadOnlySpan<char> key = text.AsSpan(Beginning.Length).Trim();
        return key.Length is > 8 and <= LongestKey && key.StartsWith(Mark, StringComparison.Ordinal) && !key.ContainsAnyExceptInRange('!', '~') ? key.ToString() : null;
    }
}
