using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Pollux.Replies;

/// <summary>What a stored reply is found by: SHA-256 over everything that shapes it, who asked included.</summary>
/// <param name="High">The first half.</param>
/// <param name="Low">The second half.</param>
internal readonly record struct ReplyKey(UInt128 High, UInt128 Low)
{
    /// <summary>Makes the key.</summary>
    /// <param name="caller">Whose replies; <see langword="null"/> where they are shared on purpose.</param>
    /// <param name="dialect">The dialect of the route: what one may be given another may not.</param>
    /// <param name="fingerprint">The call without its caller.</param>
    public static ReplyKey Of(string? caller, string dialect, ReadOnlySpan<byte> fingerprint)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> sum = stackalloc byte[SHA256.HashSizeInBytes];
        hash.AppendData([caller is null ? (byte)1 : (byte)0]);
        Append(hash, caller ?? "");
        Append(hash, dialect);
        hash.AppendData(fingerprint);
        hash.GetHashAndReset(sum);
        return new ReplyKey(BinaryPrimitives.ReadUInt128BigEndian(sum), BinaryPrimitives.ReadUInt128BigEndian(sum[16..]));
    }

    /// <summary>With the length before it, so that two texts side by side cannot be taken for two others.</summary>
    private static void Append(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes(bytes.Length));
        hash.AppendData(bytes);
    }
}
