using System.Text.Json;

namespace Pollux.Protocols.Gemini.Tokens;

/// <summary>Names of members, where their length says first which ones they can be.</summary>
public static class JsonNames
{
    private const int Longest = 512; // no name that is looked for has so many characters, however it is escaped

    /// <summary>
    /// The length of the name that the reader stands on, in characters as it is meant, not as it is written: <c>\u0063ached</c> is <c>cached</c>.
    /// Else a name could be hidden from whoever looks for it.
    /// </summary>
    /// <param name="reader">Stands on a name.</param>
    /// <returns>0: it cannot be one that is looked for.</returns>
    public static int LengthOf(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return reader.ValueSpan.Length;
        if (reader.ValueSpan.Length > Longest)
            return 0;
        Span<char> name = stackalloc char[Longest];
        try
        {
            return reader.CopyString(name);
        }
        catch (InvalidOperationException)
        {
            return 0; // half of a surrogate pair
        }
    }
}
