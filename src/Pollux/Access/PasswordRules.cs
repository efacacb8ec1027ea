using System.Text.RegularExpressions;

namespace Pollux.Access;

/// <summary>Which configured secrets count, and which deserve a warning.</summary>
internal static partial class PasswordRules
{
    /// <summary>The password everybody knows: accepted from this machine only.</summary>
    public const string Default = "123";

    private const int ShortestStrong = 8;

    /// <summary>
    /// The credentials a <c>PASSWORD</c> stands for: each comma-separated value, and the whole, since a password may hold a comma.
    /// Samples count as unset.
    /// </summary>
    public static IReadOnlyList<string> Values(string? setting)
    {
        var whole = setting?.Trim() ?? "";
        List<string> values = [.. whole.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(static value => !IsSample(value)).Distinct(StringComparer.Ordinal)];
        if (values.Count > 0 && !values.Contains(whole, StringComparer.Ordinal))
            values.Add(whole);
        return values;
    }

    /// <summary>The value is a sample from a predecessor's document: public, so it counts as unset, for every password, token and secret.</summary>
    public static bool IsSample(string value) => Sample().IsMatch(value.Trim());

    /// <summary>The value is easily guessed: accepted as the user's choice, with a warning.</summary>
    public static bool IsWeak(string value) => value.Length < ShortestStrong || value == "sk-123456";

    [GeneratedRegex("""
        ^(?:
        (?:sk[-_])?your[-_ ].*?(?:pass(?:word|wd)?|tokens?|keys?|secrets?|here|value|string)[-_]?[0-9]{0,3}  # your-access-token-1, your_admin_api_key_here
        |your(?:password|token|key|secret)[0-9]{0,3}
        |a_(?:very_)?(?:strong|long|random)[-_a-z]*(?:key|string|secret|password)   # a_very_strong_and_random_secret_key
        |(?:web_ui|webui|admin|api|client|user)_password[0-9]{0,3}                  # web_ui_password1
        |change[-_ ]?(?:me|this)(?:[-_ ].*)?|replace[-_ ](?:me|this|with)(?:[-_ ].*)?|placeholder
        |<[^>]*>|\$\{[^}]*\}|\{\{[^}]*\}\}
        |(?:sk-)?x{3,}|\*{3,}|\.{3}
        )$
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sample();
}
