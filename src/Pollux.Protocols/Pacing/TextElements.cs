using System.Globalization;

namespace Pollux.Protocols.Pacing;

/// <summary>
/// Characters as a reader counts them: a surrogate pair, a letter with its accents, a flag and a family of emoji are one each
/// (Unicode's extended grapheme clusters). Pure.
/// </summary>
public static class TextElements
{
    /// <summary>Counts the characters of <paramref name="text"/>.</summary>
    public static int Count(ReadOnlySpan<char> text)
    {
        int count = 0;
        while (!text.IsEmpty)
        {
            text = text[LengthOfFirst(text)..];
            count++;
        }

        return count;
    }

    /// <summary>Measures the first characters of <paramref name="text"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="characters">How many, at most.</param>
    /// <param name="taken">How many there are.</param>
    /// <returns>Their length in UTF-16 units.</returns>
    public static int LengthOf(ReadOnlySpan<char> text, int characters, out int taken)
    {
        int length = 0;
        taken = 0;
        while (taken < characters && length < text.Length)
        {
            length += LengthOfFirst(text[length..]);
            taken++;
        }

        return length;
    }

    /// <summary>Two plain letters never belong together; all else is looked up.</summary>
    private static int LengthOfFirst(ReadOnlySpan<char> text) =>
        text[0] is >= ' ' and < '\x7F' && (text.Length == 1 || text[1] is >= ' ' and < '\x7F') ? 1 : StringInfo.GetNextTextElementLength(text);
}
