namespace Pollux.Protocols.Gemini.Answers;

/// <summary>Google pretty-prints unary answers; where JSON must stand on one line the white space between tokens goes.</summary>
internal static class CompactJson
{
    /// <summary>Removes the white space between tokens and leaves everything else as it is.</summary>
    /// <param name="json">Well-formed JSON.</param>
    /// <param name="target">At least as long.</param>
    /// <returns>How many bytes were written.</returns>
    public static int Write(ReadOnlySpan<byte> json, Span<byte> target)
    {
        int length = 0;
        bool inString = false;
        for (int i = 0; i < json.Length; i++)
        {
            byte b = json[i];
            if (!inString && b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
                continue;

            target[length++] = b;
            if (b == (byte)'"')
                inString = !inString;
            else if (inString && b == (byte)'\\')
                target[length++] = json[++i];
        }

        return length;
    }
}
