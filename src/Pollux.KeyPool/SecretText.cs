using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pollux.KeyPool;

/// <summary>
/// A secret that does not leak by accident: text conversion and the debugger show a stand-in, serializers are refused,
/// and two secrets are compared by their SHA-256 in constant time. Immutable, therefore safe to share between threads.
/// </summary>
[DebuggerDisplay("[secret]")]
[JsonConverter(typeof(RefusingConverter))]
public sealed class SecretText : IEquatable<SecretText>
{
    private readonly string _text;
    private readonly byte[] _utf8;
    private readonly byte[] _hash;

    /// <exception cref="ArgumentException">The text is empty: an empty secret would equal a missing one.</exception>
    public SecretText(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        _text = text;
        _utf8 = Encoding.UTF8.GetBytes(text);
        _hash = SHA256.HashData(_utf8);
    }

    /// <summary>The secret as UTF-8, ready to be written into a request.</summary>
    public ReadOnlyMemory<byte> Utf8 => _utf8;

    /// <summary>SHA-256 of the UTF-8 form, 32 bytes: for look-up and storage, where the secret itself must not be.</summary>
    public ReadOnlySpan<byte> Hash => _hash;

    /// <summary>The secret itself. Only the code that sends it upstream, or an administrator's reveal, has a reason to call this.</summary>
    public string Reveal() => _text;

    /// <inheritdoc/>
    public override string ToString() => "[secret]";

    /// <inheritdoc/>
    public bool Equals(SecretText? other) => other is not null && CryptographicOperations.FixedTimeEquals(_hash, other._hash);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SecretText);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_hash);

    private sealed class RefusingConverter : JsonConverter<SecretText>
    {
        public override SecretText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("A secret is not read by a serializer.");

        public override void Write(Utf8JsonWriter writer, SecretText value, JsonSerializerOptions options) =>
            throw new NotSupportedException("A secret is not written by a serializer.");
    }
}
