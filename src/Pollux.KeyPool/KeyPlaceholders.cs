using System.Text.RegularExpressions;

namespace Pollux.KeyPool;

/// <summary>
/// Tells samples from keys. Sample files of the predecessors carry <c>key1,key2,key3</c>, <c>your_api_key</c> and <c>AIzaSyxxxxxxxx</c>;
/// sent to Google they would only produce noise. Careful the other way round: any shape can be a key, so only the unmistakable is refused.
/// </summary>
public static partial class KeyPlaceholders
{
    private const int LongestKey = 512;
    private const int LongestServiceAccount = 64 * 1024;

    /// <summary>The text is a sample, not a key.</summary>
    public static bool IsPlaceholder(string text) => Sample().IsMatch(text);

    /// <summary>The text cannot be a secret of this kind.</summary>
    /// <param name="text">Without blanks around it.</param>
    /// <param name="kind">A service account is JSON text; all others travel in a header.</param>
    public static bool IsMalformed(string text, CredentialKind kind)
    {
        if (text.Length == 0)
            return true;
        if (kind == CredentialKind.VertexServiceAccount)
            return text.Length > LongestServiceAccount || text[0] != '{';
        return text.Length > LongestKey || text.AsSpan().ContainsAnyExceptInRange('!', '~');
    }

    [GeneratedRegex("""
        ^(?:
        (?:gemini|google)?[-_]?(?:api[-_]?)?key[0-9]{0,3}   # key1, api_key, gemini_api_key
        |(?:your[-_]?|(?:my|put|insert|enter|paste|replace)[-_])[-_a-z0-9]{0,40}?(?:key|token|secret|here)s?[-_]?[0-9]{0,3}
        |sk-your[-_a-z0-9]*
        |change[-_]?me|placeholder|example|dummy|none|null|undefined|todo|n/a
        |<.*>|\[.*\]|\{\{.*\}\}|\$\{.*\}                     # <your key>, {{KEY}}, ${KEY}
        |.*(?:x{6}|\*{3}|\.{3}|…).*                          # AIzaSyxxxxxxxx, AIza***, AIza...
        |AIza(?:Sy)?|AQ\.
        )$
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sample();
}
