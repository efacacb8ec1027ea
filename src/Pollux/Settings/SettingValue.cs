using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Pollux.Settings;

/// <summary>Turns the text of a setting into a value, by the rules that all settings share.</summary>
internal static class SettingValue
{
    private static readonly SearchValues<char> ListSeparators = SearchValues.Create(",;\n\r\t ");

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
            int close = value.IndexOf(value[0], 1);
            return close > 0 ? value[1..close] : value[1..];
        }

        if (value[0] is '[' or '{')
        {
            int close = value.LastIndexOf(value[0] == '[' ? ']' : '}');
            return close > 0 ? value[..(close + 1)] : value;
        }

        if (value[0] == '#')
            return "";

        int comment = value.IndexOf(" #", StringComparison.Ordinal);
        return comment >= 0 ? value[..comment].TrimEnd() : value;
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

    /// <summary>Reads a list: a JSON array, or values separated by commas, semicolons, blanks or line ends.</summary>
    public static IReadOnlyList<string> List(string text)
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

        return [.. Split(trimmed).Select(item => item.Trim('"', '\'')).Where(item => item.Length > 0)];
    }

    /// <summary>Whether a line continues a list of keys: long words of key characters, separated by commas.</summary>
    public static bool LooksLikeKeys(string line)
    {
        bool any = false;
        foreach (string word in Split(line))
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

    private static IEnumerable<string> Split(string text)
    {
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && !ListSeparators.Contains(text[i]))
                continue;
            if (i > start)
                yield return text[start..i];
            start = i + 1;
        }
    }
}
