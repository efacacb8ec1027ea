using System.Collections.Concurrent;
using System.Security.Cryptography;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Shaping;
using Pollux.Protocols.Translation;

namespace Pollux.Affinity;

/// <summary>
/// Remembers the thought signatures and ids that came with function calls, for clients that drop what they do not know.
/// Kept per caller, so that no caller can use another's. Bounded: entries live in two generations, and when the young one
/// is full the old one is forgotten; what is used moves to the young one. Thread-safe: concurrent dictionaries behind one
/// reference each, the change of generations under a lock.
/// </summary>
internal sealed class SignatureVault
{
    /// <summary>Characters that one generation holds at most: some ten thousand calls with long signatures.</summary>
    private const long MaxGenerationChars = 32 * 1024 * 1024;

    private const string IdCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly Lock _turning = new();
    private volatile ConcurrentDictionary<(string Caller, string CallId), SignedCall> _young = new();
    private volatile ConcurrentDictionary<(string Caller, string CallId), SignedCall> _old = new();
    private long _youngChars;

    /// <summary>The vault as one caller sees it.</summary>
    public CallerSignatures For(string caller) => new(this, caller);

    private string Add(string caller, string? geminiId, string? signature)
    {
        string id = "call_" + RandomNumberGenerator.GetString(IdCharacters, 24);
        if (geminiId is null && signature is null)
            return id;

        Keep((caller, id), new SignedCall(signature is null ? default : RawJson.String(signature), geminiId));
        return id;
    }

    private bool TryGet(string caller, string callId, out SignedCall call)
    {
        if (_young.TryGetValue((caller, callId), out call))
            return true;
        if (!_old.TryRemove((caller, callId), out call))
            return false;
        Keep((caller, callId), call);
        return true;
    }

    private void Keep((string Caller, string CallId) key, SignedCall call)
    {
        _young[key] = call;
        if (Interlocked.Add(ref _youngChars, 200 + call.Signature.Utf8.Length) <= MaxGenerationChars)
            return;

        lock (_turning)
        {
            if (Interlocked.Read(ref _youngChars) <= MaxGenerationChars)
                return;
            _old = _young;
            _young = new();
            Interlocked.Exchange(ref _youngChars, 0);
        }
    }

    /// <summary>What one caller put into the vault.</summary>
    internal sealed class CallerSignatures(SignatureVault vault, string caller) : ISignatureSource, ICallRegister
    {
        /// <inheritdoc/>
        public bool TryGet(string callId, out SignedCall call) => vault.TryGet(caller, callId, out call);

        /// <summary>Remembers the signature of something that has an id already.</summary>
        public void Remember(string id, string signature) => vault.Keep((caller, id), new SignedCall(RawJson.String(signature), null));

        /// <summary>Remembers again what came with a call or a text, for who goes on from an answer that was kept.</summary>
        public void Remember(string id, SignedCall call) => vault.Keep((caller, id), call);

        /// <inheritdoc/>
        public string Register(string? geminiId, string? signature) => vault.Add(caller, geminiId, signature);
    }
}
