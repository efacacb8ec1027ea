using System.Buffers.Text;
using System.Security.Cryptography;

namespace Pollux.Files;

/// <summary>Tokens of pages: a place in a caller's list, masked, so that it tells nobody how many things there are. They hold until the gateway ends.</summary>
internal sealed class PageTokens
{
    private readonly long _mask = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    /// <summary>Writes a place.</summary>
    public string Write(long place) => Base64Url.EncodeToString(BitConverter.GetBytes(place ^ _mask));

    /// <summary>Reads a place back.</summary>
    /// <param name="token">As the client wrote it; none at all is the first page.</param>
    /// <param name="before">The place.</param>
    /// <returns>Whether it can be a token.</returns>
    public bool TryRead(string? token, out long before)
    {
        before = long.MaxValue;
        if (string.IsNullOrEmpty(token))
            return true;
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        if (token.Length != 11 || !Base64Url.TryDecodeFromChars(token, bytes, out int read) || read != sizeof(long))
            return false;
        before = BitConverter.ToInt64(bytes) ^ _mask;
        return true;
    }
}
