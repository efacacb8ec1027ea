using System.Text;

namespace Pollux.Settings;

/// <summary>
/// Reads <c>.env</c> files as people really write them: comments, <c>export</c>, quotes, values over several lines, key
/// lists that go on in the next line. A line that makes no sense is reported by its number, never by its content, and
/// never stops the gateway.
/// </summary>
internal static class DotEnvFile
{
    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <param name="text">The file's content.</param>
    /// <param name="notices">Gets a sentence for each line that was passed over.</param>
    /// <returns>The values by name, still raw: <see cref="SettingValue.Clean"/> removes quotes and comments.</returns>
    public static Dictionary<string, string> Read(string text, List<string> notices)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        string? listName = null;
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;

            if (line.StartsWith("export ", StringComparison.Ordinal))
                line = line["export ".Length..].TrimStart();

            int equals = line.IndexOf('=');
            if (equals > 0 && IsName(line.AsSpan(0, equals).TrimEnd()))
            {
                string name = line[..equals].TrimEnd();
                string value = line[(equals + 1)..].TrimStart();
                if (IsOpen(value))
                {
                    if (TryClose(lines, i, value) is { } closed)
                        (i, value) = closed;
                    else
                        notices.Add($".env line {i + 1} opens a quote or a bracket that nothing closes; it was read by itself.");
                }

                values[name] = value;
                listName = name.Contains("KEYS", StringComparison.Ordinal) ? name : null;
            }
            else if (listName is not null && SettingValue.LooksLikeKeys(SettingValue.Clean(line)))
            {
                // made anew: behind a closing quote, a bracket or a comment it would be dropped
                values[listName] = string.Join(',', [.. SettingValue.Words(SettingValue.Clean(values[listName])), .. SettingValue.Words(SettingValue.Clean(line))]);
            }
            else
            {
                listName = null;
                notices.Add($".env line {i + 1} is neither NAME=value nor a comment; it was passed over.");
            }
        }

        return values;
    }

    private static bool IsName(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || char.IsAsciiDigit(text[0]))
            return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
                return false;
        }

        return true;
    }

    /// <summary>Whether a quote or a bracket that opens the value is not closed in its line.</summary>
    private static bool IsOpen(string value) => value.Length > 0 && value[0] switch
    {
        '"' or '\'' => value.IndexOf(value[0], 1) < 0,
        '[' or '{' => SettingValue.BracketEnd(value) < 0,
        _ => false,
    };

    /// <summary>Adds the following lines up to the one that closes the value; a forgotten quote must not swallow the whole file.</summary>
    private static (int Line, string Value)? TryClose(string[] lines, int first, string value)
    {
        var whole = new StringBuilder(value);
        for (int i = first + 1; i < lines.Length; i++)
        {
            whole.Append('\n').Append(lines[i]);
            string text = whole.ToString();
            if ((value[0] is '[' or '{' ? SettingValue.BracketEnd(text) : SettingValue.ClosingQuote(text)) > 0)
                return (i, text);
        }

        return null;
    }
}
