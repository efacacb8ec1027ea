using System.Text;
using System.Text.RegularExpressions;

namespace Pollux.KeyPool;

/// <summary>
/// Removes secrets from text where the text is made: Google repeats keys in its error messages (a suspended key whole,
/// an invalid one in <c>DebugInfo</c>), and connection errors repeat the address with its <c>key=</c>.
/// Known secrets go whatever their shape; unknown ones go by shape. Stateless.
/// </summary>
public static partial class SecretScrubber
{
    private const string Redacted = "[redacted]";

    /// <summary>The text without secrets; the same instance when there was none.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="known">A secret that may occur, plain or percent-encoded.</param>
    public static string Scrub(string text, SecretText? known = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (known is not null)
            text = Without(text, known.Reveal());
        return KeyShaped().Replace(text, static match => match.Groups["lead"].Value + Redacted);
    }

    /// <summary>The text without any of several known secrets, and without what looks like one.</summary>
    public static string Scrub(string text, IEnumerable<SecretText> known)
    {
        foreach (var secret in known)
            text = Without(text, secret.Reveal());
        return Scrub(text);
    }

    /// <summary>As <see cref="Scrub(string, SecretText?)"/> for bytes that are passed through; bytes that are not UTF-8 stay as they are.</summary>
    /// <returns>The given bytes when they held no secret.</returns>
    public static ReadOnlyMemory<byte> ScrubUtf8(ReadOnlyMemory<byte> text, SecretText? known = null)
    {
        // Latin-1 maps each byte to one character and back, so nothing but the secret changes; secrets are ASCII.
        var characters = Encoding.Latin1.GetString(text.Span);
        var scrubbed = Scrub(characters, known);
        return ReferenceEquals(characters, scrubbed) ? text : Encoding.Latin1.GetBytes(scrubbed);
    }

    /// <summary>The text without project numbers and ids: which project serves a client is not the client's business.</summary>
    public static string ScrubProjects(string text) =>
        Project().Replace(text, static match => match.Groups["lead"].Value + Redacted);

    private static string Without(string text, string secret)
    {
        text = text.Replace(secret, Redacted, StringComparison.Ordinal);
        var encoded = Uri.EscapeDataString(secret);
        return encoded == secret ? text : text.Replace(encoded, Redacted, StringComparison.Ordinal);
    }

    // One alternative a line, each with the place it was seen. All are linear: no nested repetition.
    [GeneratedRegex("""
        (?<![0-9A-Za-z])AIza[0-9A-Za-z_-]{12,}          # API keys until 2026, also cut ones
        |(?<![0-9A-Za-z])AQ\.[0-9A-Za-z_-]{8,}          # API keys since 2026
        |(?<![0-9A-Za-z])(?:xai|sk)-[0-9A-Za-z_-]{12,}  # xAI keys, client tokens
        |(?<![0-9A-Za-z])ya29\.[0-9A-Za-z_.-]{8,}       # Google's access tokens
        |(?<![0-9A-Za-z])eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*)?  # signed assertions
        |-----BEGIN\ [A-Z ]*PRIVATE\ KEY-----[^-]*(?:-----END\ [A-Z ]*PRIVATE\ KEY-----)?  # service accounts
        |(?<lead>\bBearer\s+)[0-9A-Za-z_.~+/=-]{8,}     # an Authorization header in an exception
        |(?<lead>[?&](?:key|access_token)=)[^&\s"'<>\\]+  # an address with its key
        |(?<lead>\bapi_key:)[^\s"'<>\\]+                # "Consumer 'api_key:…' has been suspended"
        |(?<lead>\bAPI\ key:\s*)[^\s"'<>\\]+            # DebugInfo: "Invalid API key: …"
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KeyShaped();

    [GeneratedRegex("""(?<lead>\bprojects/|[?&]project=|\bproject_number:|\bproject\s+(?=[^\s"'<>.,]*[0-9]))[^\s"'<>/&.,;)\\]+""",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Project();
}
