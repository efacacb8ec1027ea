namespace Pollux.Protocols.Translation;

/// <summary>
/// Finds and replaces escapes of half a character, such as <c>\ud83d</c> without its second half. JavaScript programs
/// send them when they cut text in the middle of an emoji; strict JSON parsers, Google's among them, refuse the request.
/// </summary>
internal static class LoneSurrogates
{
    private const int EscapeLength = 6;

    /// <summary>
    /// Replaces each by <c>\ufffd</c>. That is as long as what it replaces, so slices into the JSON stay where they are.
    /// </summary>
    /// <param name="json">Valid JSON in UTF-8.</param>
    /// <param name="count">How many were replaced; when none, the result is the very argument.</param>
    public static ReadOnlyMemory<byte> Repair(ReadOnlyMemory<byte> json, out int count)
    {
        count = 0;
        var at = NextLone(json.Span, 0);
        if (at < 0)
            return json;
        var repaired = json.ToArray();
        count = RepairInPlace(repaired, at);
        return repaired;
    }

    /// <summary>Replaces each in the buffer itself.</summary>
    public static int RepairInPlace(Span<byte> json) => RepairInPlace(json, NextLone(json, 0));

    private static int RepairInPlace(Span<byte> json, int at)
    {
        var count = 0;
        for (; at >= 0; at = NextLone(json, at + EscapeLength))
        {
            "fffd"u8.CopyTo(json[(at + 2)..]);
            count++;
        }
        return count;
    }

    private static int NextLone(ReadOnlySpan<byte> json, int from)
    {
        while (from <= json.Length - EscapeLength)
        {
            var found = json[from..].IndexOf("\\u"u8);
            if (found < 0)
                return -1;
            var at = from + found;
            from = at + 2;
            if (IsEscapedBackslash(json, at) || Half(json, at) is not { } high)
                continue;
            if (high && Half(json, at + EscapeLength) is false)
                from = at + (2 * EscapeLength);
            else
                return at;
        }
        return -1;
    }

    // In \\ud800 the backslash before the u belongs to the one before it.
    private static bool IsEscapedBackslash(ReadOnlySpan<byte> json, int at)
    {
        var before = at;
        while (before > 0 && json[before - 1] == (byte)'\\')
            before--;
        return (at - before) % 2 != 0;
    }

    /// <summary>True for a high surrogate, false for a low one, null for anything else.</summary>
    private static bool? Half(ReadOnlySpan<byte> json, int at)
    {
        if (at + EscapeLength > json.Length || json[at] != (byte)'\\' || json[at + 1] != (byte)'u' || (json[at + 2] | 0x20) != 'd')
            return null;
        return (json[at + 3] | 0x20) switch
        {
            '8' or '9' or 'a' or 'b' => true,
            'c' or 'd' or 'e' or 'f' => false,
            _ => null,
        };
    }
}
