using System.Security.Cryptography;
using System.Text;
using Pollux.KeyPool;

namespace Pollux.Storage;

/// <summary>
/// Encrypts what must not lie readable on a disk: AES-256-GCM with a fresh nonce for each record, the purpose as associated
/// data, and keys derived from one master key. Thread-safe.
/// </summary>
/// <remarks>A record: version (1 byte), key id (4), nonce (12), ciphertext, tag (16).</remarks>
internal sealed class SecretBox : IDisposable
{
    private const byte Version = 1;
    private const int KeyIdBytes = 4;
    private const int NonceBytes = 12; // random: good for 2^32 records per key (NIST SP 800-38D, 8.3)
    private const int TagBytes = 16;
    private const int Head = 1 + KeyIdBytes + NonceBytes;

    private readonly Lock _gate = new(); // the cipher holds state
    private readonly AesGcm _cipher;
    private readonly byte[] _lookUpKey;
    private readonly byte[] _keyId;

    /// <param name="masterKey">32 bytes; not kept.</param>
    public SecretBox(ReadOnlySpan<byte> masterKey)
    {
        _cipher = new AesGcm(Derive(masterKey, "pollux encryption v1", 32), TagBytes);
        _lookUpKey = Derive(masterKey, "pollux look-up v1", 32);
        _keyId = Derive(masterKey, "pollux key id v1", KeyIdBytes);
    }

    /// <summary>Tells one master key from another, and nothing more about it.</summary>
    public ReadOnlySpan<byte> KeyId => _keyId;

    /// <summary>Encrypts.</summary>
    /// <param name="plain">The secret.</param>
    /// <param name="purpose">What it is for; opens only for the same purpose.</param>
    public byte[] Seal(ReadOnlySpan<byte> plain, string purpose)
    {
        var record = new byte[Head + plain.Length + TagBytes];
        record[0] = Version;
        _keyId.CopyTo(record, 1);
        Span<byte> nonce = record.AsSpan(1 + KeyIdBytes, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        byte[] associated = Encoding.UTF8.GetBytes(purpose);
        lock (_gate)
            _cipher.Encrypt(nonce, plain, record.AsSpan(Head, plain.Length), record.AsSpan(Head + plain.Length), associated);
        return record;
    }

    /// <summary>Decrypts.</summary>
    /// <exception cref="StorageException">It was changed, is for another purpose, or was sealed with another master key.</exception>
    public byte[] Open(ReadOnlySpan<byte> record, string purpose)
    {
        if (record.Length < Head + TagBytes || record[0] != Version)
            throw new StorageException("A stored secret has a form that this Pollux does not know.");
        if (!record.Slice(1, KeyIdBytes).SequenceEqual(_keyId))
            throw new StorageException("A stored secret is encrypted with another master key: see POLLUX_MASTER_KEY.");
        int length = record.Length - Head - TagBytes;
        var plain = new byte[length];
        byte[] associated = Encoding.UTF8.GetBytes(purpose);
        try
        {
            lock (_gate)
                _cipher.Decrypt(record.Slice(1 + KeyIdBytes, NonceBytes), record.Slice(Head, length), record[(Head + length)..], plain, associated);
            return plain;
        }
        catch (CryptographicException fault)
        {
            throw new StorageException("A stored secret was changed or is for another purpose; it cannot be decrypted.", fault);
        }
    }

    /// <summary>The keyed hash by which a secret is found: 32 bytes. Without the master key it cannot be tried against guesses.</summary>
    public byte[] LookUpHash(SecretText secret) => HMACSHA256.HashData(_lookUpKey, secret.Utf8.Span);

    /// <summary>The keyed hash by which a name is found that is stored only sealed: 32 bytes.</summary>
    /// <param name="purpose">What it is for: hashes for different purposes have nothing in common.</param>
    /// <param name="name">The name.</param>
    public byte[] LookUpHash(string purpose, string name) => HMACSHA256.HashData(_lookUpKey, Encoding.UTF8.GetBytes($"{purpose}\n{name}"));

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
            _cipher.Dispose();
    }

    private static byte[] Derive(ReadOnlySpan<byte> masterKey, string purpose, int length)
    {
        var key = new byte[length];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, masterKey, key, salt: [], info: Encoding.UTF8.GetBytes(purpose));
        return key;
    }
}
