using System.Security.Cryptography;

namespace Pollux.Protocols.Translation;

/// <summary>Under which ids the thought signatures of made pictures are remembered: clients send back the picture or its address, and nothing else.</summary>
public static class PictureSignatures
{
    private const string Prefix = "picture:";

    /// <summary>The id of a picture that the client knows by its address.</summary>
    public static string IdOfAddress(string address) => Prefix + address;

    /// <summary>The id of a picture that the client knows by its bytes.</summary>
    /// <param name="base64">The text; how it ends does not count, since JSON may write that in several ways.</param>
    public static string IdOfData(ReadOnlySpan<byte> base64)
    {
        int end = base64.IndexOfAny((byte)'=', (byte)'\\');
        return Prefix + Convert.ToHexStringLower(SHA256.HashData(end < 0 ? base64 : base64[..end]));
    }
}
