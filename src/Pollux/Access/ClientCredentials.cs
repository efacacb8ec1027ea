using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace Pollux.Access;

/// <summary>
/// The secrets that make a caller, as SHA-256 hashes. A presented text is hashed and its hash looked up and compared in constant
/// time, so that neither content nor length of a secret shows in the time an answer takes. Immutable.
/// </summary>
internal sealed class ClientCredentials
{
    // Nobody's credential is longer; a megabyte in a header is not worth hashing.
    private const int LongestCredential = 4096;

    private readonly FrozenDictionary<ulong, Entry[]> _byPrefix;

    /// <param name="secrets">Each secret once; an empty one is passed over, whatever it came from.</param>
    public ClientCredentials(IEnumerable<ClientSecret> secrets) =>
        _byPrefix = secrets
            .Where(static secret => !string.IsNullOrWhiteSpace(secret.Secret))
            .DistinctBy(static secret => secret.Secret, StringComparer.Ordinal)
            .Select(static secret => new Entry(SHA256.HashData(Encoding.UTF8.GetBytes(secret.Secret)), CallerFor(secret), secret.LoopbackOnly))
            .GroupBy(static entry => BinaryPrimitives.ReadUInt64LittleEndian(entry.Hash))
            .ToFrozenDictionary(static group => group.Key, static group => group.ToArray());

    /// <summary>The caller whose secret this is, or <see langword="null"/>.</summary>
    /// <param name="presented">What the client sent.</param>
    /// <param name="fromLoopback">The request may use a secret that is good for this machine only.</param>
    public Caller? Find(ReadOnlySpan<char> presented, bool fromLoopback)
    {
        if (presented.IsEmpty || presented.Length > LongestCredential)
            return null;

        var size = Encoding.UTF8.GetMaxByteCount(presented.Length);
        byte[]? rented = null;
        Span<byte> utf8 = size <= 512 ? stackalloc byte[512] : rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(presented, utf8)], hash);
            return Find(hash, fromLoopback);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(utf8);
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private Caller? Find(ReadOnlySpan<byte> hash, bool fromLoopback)
    {
        if (!_byPrefix.TryGetValue(BinaryPrimitives.ReadUInt64LittleEndian(hash), out var entries))
            return null;
        foreach (var entry in entries)
        {
            if (CryptographicOperations.FixedTimeEquals(entry.Hash, hash) && (fromLoopback || !entry.LoopbackOnly))
                return entry.Caller;
        }
        return null;
    }

    // Bound to the secret, not to its place in a list: a new token in front must not hand one caller's things to another.
    private static Caller CallerFor(ClientSecret secret)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes("pollux-caller\n" + secret.Secret));
        return new Caller("c-" + Convert.ToHexStringLower(hash.AsSpan(0, 8)), secret.Label);
    }

    private sealed record Entry(byte[] Hash, Caller Caller, bool LoopbackOnly);
}

/// <summary>One secret and where it came from.</summary>
/// <param name="Secret">The secret.</param>
/// <param name="Label">Where it came from, for example <c>ALLOWED_TOKENS#2</c>.</param>
/// <param name="LoopbackOnly">It is good for direct connections from this machine only.</param>
internal readonly record struct ClientSecret(string Secret, string Label, bool LoopbackOnly = false)
{
    /// <inheritdoc/>
    public override string ToString() => Label;
}
