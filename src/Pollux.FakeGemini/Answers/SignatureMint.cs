using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Pollux.FakeGemini.Messages;

namespace Pollux.FakeGemini.Answers;

/// <summary>
/// Gives out thought signatures and knows them again. A signature names the model family and the project it was made for and
/// is sealed, so no list has to be kept. Thread-safe.
/// </summary>
internal sealed class SignatureMint(Random random, bool tiedToProject)
{
    /// <summary>The documented value for calls that did not come from the API; its base64 is accepted as well.</summary>
    public const string Placeholder = "skip_thought_signature_validator";

    private const int SealBytes = 16;
    private readonly byte[] _secret = NextBytes(random, 32);
    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);
    private long _given;

    /// <summary>Makes signatures of elsewhere valid, such as those of recorded answers.</summary>
    public void Register(string signature) => _known[signature] = true;

    /// <summary>A new signature, base64.</summary>
    public string Give(string family, string project)
    {
        byte[] text = Encoding.UTF8.GetBytes($"fake {family} {project} {Interlocked.Increment(ref _given)}");
        byte[] seal = HMACSHA256.HashData(_secret, text);
        return Convert.ToBase64String([.. seal.AsSpan(0, SealBytes), .. text]);
    }

    /// <summary>Whether a model of this family, asked with a key of this project, accepts the signature.</summary>
    public bool IsValid(string signature, string family, string? project)
    {
        if (signature == Placeholder || _known.ContainsKey(signature)) return true;
        if (!Base64Text.TryDecode(signature, out byte[] bytes) || bytes.Length <= SealBytes) return false;
        if (bytes.AsSpan().SequenceEqual("skip_thought_signature_validator"u8)) return true;
        ReadOnlySpan<byte> text = bytes.AsSpan(SealBytes);
        if (!HMACSHA256.HashData(_secret, text).AsSpan(0, SealBytes).SequenceEqual(bytes.AsSpan(0, SealBytes))) return false;
        string[] words = Encoding.UTF8.GetString(text).Split(' ');
        return words[1] == family && (!tiedToProject || words[2] == project);
    }

    private static byte[] NextBytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
