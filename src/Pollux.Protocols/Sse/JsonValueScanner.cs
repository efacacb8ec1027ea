using System.Buffers;

namespace Pollux.Protocols.Sse;

/// <summary>
/// Finds where a JSON object or array ends, over bytes that arrive in pieces. It counts brackets outside of strings and
/// leaves it to the parser to judge what is between them.
/// </summary>
internal struct JsonValueScanner
{
    private static readonly SearchValues<byte> Structural = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> StringEnds = SearchValues.Create("\"\\"u8);

    private int _depth;
    private bool _inString;
    private bool _escaped;

    /// <summary>Goes on over <paramref name="bytes"/>, which follow the ones seen before.</summary>
    /// <param name="bytes">The next bytes of the value.</param>
    /// <param name="consumed">How many bytes were looked at: up to and including the closing bracket, else all.</param>
    /// <returns>Whether the value ended.</returns>
    public bool Scan(ReadOnlySpan<byte> bytes, out int consumed)
    {
        int i = 0;
        while (i < bytes.Length)
        {
            if (_escaped)
            {
                _escaped = false;
                i++;
                continue;
            }

            int found = bytes[i..].IndexOfAny(_inString ? StringEnds : Structural);
            if (found < 0)
                break;

            i += found;
            byte b = bytes[i++];
            if (_inString)
            {
                _escaped = b == (byte)'\\';
                _inString = b != (byte)'"';
            }
            else if (b == (byte)'"')
            {
                _inString = true;
            }
            else if (b is (byte)'{' or (byte)'[')
            {
                _depth++;
            }
            else if (--_depth <= 0)
            {
                consumed = i;
                return true;
            }
        }

        consumed = bytes.Length;
        return false;
    }
}
