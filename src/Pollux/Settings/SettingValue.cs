using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Pollux.Settings;

/// <summary>Turns the text of a setting into a value, by the rules that all settings share.</summary>
internal static class SettingValue
{
    private static readonly SearchValues<char> ListSeparators = SearchValues.Create(",\n\r");
    private static readonly SearchValues<char> WordSeparators = SearchValues.Create(",;\n\r\t ");

    /// <summary>
    /// Removes quotes around the value, what follows the closing quote or bracket, and a comment after an unquoted value.
    /// <c>docker run --env-file</c> hands all of these over.
    /// </summary>
    public static string Clean(string raw)
    {
        string value = raw.Trim();
        if (value.Length == 0)
            return value;

        if (value[0] is '"' or '\'')
        {
            int close = ClosingQuote(value);
            if (close < 0)
                close = value.IndexOf(value[0], 1); // none but escaped ones: a path such as "C:\logs\"
            string inner = close > 0 ? value[1..close] : value[1..];
            return value[0] == '"' ? inner.Replace("\\\"", "\"", StringComparison.Ordinal) : inner;
        }

        if (value[0] is '[' or '{')
        {
            int end = BracketEnd(value);
            return end > 0 ? value[..end] : value;
        }

        if (value[0] == '#')
            return "";

        for (int i = 1; i < value.Length; i++)
        {
            if (value[i] == '#' && value[i - 1] is ' ' or '\t')
                return value[..i].TrimEnd();
        }

        return value;
    }

    /// <summary>Where the quote that opens <paramref name="value"/> is closed; a double quote behind a backslash closes nothing.</summary>
    /// <returns>-1 when it is not closed.</returns>
    public static int ClosingQuote(string value)
    {
        for (int i = 1; i < value.Length; i++)
        {
            if (value[i] == value[0] && !(value[0] == '"' && value[i - 1] == '\\'))
                return i;
        }

        return -1;
    }

    /// <summary>Behind the bracket that closes the one that opens <paramref name="value"/>. What stands in strings does not count.</summary>
    /// <returns>-1 when it is not closed.</returns>
    public static int BracketEnd(string value)
    {
        int depth = 0;
        bool inString = false;
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            if (c == '"' && value[i - 1] != '\\') // never the first: that is the bracket
                inString = !inString;
            else if (!inString && c is '[' or '{')
                depth++;
            else if (!inString && c is ']' or '}' && --depth == 0)
                return i + 1;
        }

        return -1;
    }

    /// <summary>Reads true/false/1/0/yes/no/on/off in any case.</summary>
    public static bool TryBoolean(string text, out bool value)
    {
        value = text.ToUpperInvariant() is "TRUE" or "1" or "YES" or "ON";
        return value || text.ToUpperInvariant() is "FALSE" or "0" or "NO" or "OFF";
    }

    /// <summary>Reads a number with a point as decimal mark.</summary>
    public static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    /// <summary>Reads a list: a JSON array, or values separated by commas or line ends.</summary>
    public static IReadOnlyList<string> List(string text) => List(text, ListSeparators);

    /// <summary>Reads a list whose values hold no blanks: blanks and semicolons separate too.</summary>
    public static IReadOnlyList<string> Words(string text) => List(text, WordSeparators);

    private static IReadOnlyList<string> List(string text, SearchValues<char> separators)
    {
        string trimmed = text.Trim();
        if (trimmed.StartsWith('['))
        {
            try
            {
                using JsonDocument json = JsonDocument.Parse(trimmed, new JsonDocumentOptions { AllowTrailingCommas = true });
                return [.. json.RootElement.EnumerateArray()
                    .Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()!.Trim() : item.GetRawText())
                    .Where(item => item.Length > 0)];
            }
            catch (JsonException)
            {
                trimmed = trimmed.Trim('[', ']'); // as people write it: [a, b] or ['a', 'b']
            }
        }

        return [.. Split(trimmed, separators).Select(item => item.Trim().Trim('"', '\'')).Where(item => item.Length > 0)];
    }

    /// <summary>Whether a line continues a list of keys: long words of key characters, separated by commas.</summary>
    public static bool LooksLikeKeys(string line)
    {
        bool any = false;
        foreach (string word in Split(line, WordSeparators))
        {
            string key = word.Trim('"', '\'', '[', ']');
            if (key.Length == 0)
                continue;
            if (key.Length < 20 || !key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
                return false;
            any = true;
        }

        return any;
    }

    private static IEnumerable<string> Split(string text, SearchValues<char> separators)
    {
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && !separators.Contains(text[i]))
                continue;
            if (i > start)
                yield return text[start..i];
            start = i + 1;
        }
    }
}
