using System.Collections.Immutable;
using System.IO.Enumeration;

namespace Pollux.Access;

/// <summary><c>WHITELIST_USER_AGENT</c>: which programs may call. Courtesy, not protection: anybody can send any name.</summary>
/// <param name="patterns">The beginning of a name, or with <c>*</c> the form of a whole one; in any case.</param>
internal sealed class UserAgentRules(IEnumerable<string> patterns)
{
    private readonly ImmutableArray<string> _patterns = [.. patterns.Select(static pattern => pattern.Trim()).Where(static pattern => pattern.Length > 0)];

    /// <summary>The program may call. Without rules all may, also those that tell no name.</summary>
    public bool Allows(ReadOnlySpan<char> userAgent)
    {
        if (_patterns.IsEmpty)
            return true;
        foreach (var pattern in _patterns)
        {
            var matches = pattern.Contains('*', StringComparison.Ordinal)
                ? (userAgent.IsEmpty && pattern.AsSpan().Trim('*').IsEmpty) || FileSystemName.MatchesSimpleExpression(pattern, userAgent, ignoreCase: true)
                : userAgent.StartsWith(pattern, StringComparison.OrdinalIgnoreCase);
            if (matches)
                return true;
        }
        return false;
    }
}
