using System.Collections.Concurrent;
using System.Security.Cryptography;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Shaping;
using Pollux.Protocols.Translation;

namespace Pollux.Affinity;

/// <summary>What the vault may hold, and for how long.</summary>
internal sealed record SignatureVaultOptions
{
    /// <summary>Bytes of signatures that one generation holds at most, with 200 more for each: some ten thousand calls with long signatures. Default 32 MiB.</summary>
    public long MaxGenerationBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>How long an entry is kept that nobody uses. Default 7 days: a conversation that rested longer begins its turn anew, and Google asks for the signatures of the current turn only.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The age from which on a use makes an entry new again; below it a use writes nothing.</summary>
    public TimeSpan RenewalAge { get; init; } = TimeSpan.FromDays(1);
}

/// <summary>What is kept of one call.</summary>
/// <param name="Caller">Whose it is.</param>
/// <param name="CallId">The id that the caller knows.</param>
/// <param name="Call">The signature and Gemini's own id.</param>
/// <param name="At">When it was kept, or used last after a day.</param>
/// <param name="Generation">The number of its generation; only the highest two are kept.</param>
internal sealed record KeptSignature(string Caller, string CallId, SignedCall Call, DateTimeOffset At, long Generation);

/// <summary>
/// Remembers the thought signatures and ids that came with function calls, for clients that drop what they do not know.
/// Kept per caller, so that no caller can use another's. Bounded: entries live in two generations, and when the young one
/// is full the old one is forgotten; what is used moves to the young one. Thread-safe: concurrent dictionaries behind one
/// reference each, the change of generations under a lock.
/// </summary>
internal sealed class SignatureVault(TimeProvider clock, SignatureVaultOptions? options = null)
{
    private const int EntryBytes = 200; // what an entry costs beside its signature, roughly

    private const string IdCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly SignatureVaultOptions _options = options ?? new SignatureVaultOptions();
    private readonly Lock _turning = new();
    private volatile Generation _young = new(1);
    private volatile Generation _old = new(0);

    /// <summary>Is told of each entry that was kept or renewed, by the thread that did; who listens must only take note.</summary>
    public Action<KeptSignature>? Kept { get; set; }

    /// <summary>Is told the number of the oldest generation that is left when one was forgotten.</summary>
    public Action<long>? Turned { get; set; }

    /// <summary>How long an entry is kept that nobody uses.</summary>
    public TimeSpan Retention => _options.Retention;

    /// <summary>How many are kept; one that was used again may be counted twice.</summary>
    public int Count => _young.Entries.Count + _old.Entries.Count;

    /// <summary>The vault as one caller sees it.</summary>
    public CallerSignatures For(string caller) => new(this, caller);

    /// <summary>Goes on where another process ended. Before anybody is served.</summary>
    /// <param name="generation">The number of its youngest generation.</param>
    public void Resume(long generation) => (_old, _young) = (new Generation(generation - 1), new Generation(generation));

    /// <summary>Takes back what was stored; nobody is told. Before anybody is served, after <see cref="Resume"/>.</summary>
    /// <returns><see langword="false"/>: it belongs to neither generation, or is over.</returns>
    public bool Restore(KeptSignature kept)
    {
        Generation? generation = kept.Generation == _young.Number ? _young : kept.Generation == _old.Number ? _old : null;
        if (generation is null || kept.At + _options.Retention <= clock.GetUtcNow())
            return false;
        generation.Entries[(kept.Caller, kept.CallId)] = new Entry(kept.Call, kept.At);
        generation.Bytes += SizeOf(kept.Call);
        return true;
    }

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
        call = default;
        (string, string) key = (caller, callId);
        bool isYoung = _young.Entries.TryGetValue(key, out Entry? entry);
        if (!isYoung && !_old.Entries.TryGetValue(key, out entry))
            return false;
        TimeSpan age = clock.GetUtcNow() - entry!.At;
        if (age >= _options.Retention)
            return false;
        call = entry.Call;
        if (!isYoung || age >= _options.RenewalAge)
            Keep(key, call);
        return true;
    }

    private void Keep((string Caller, string CallId) key, SignedCall call)
    {
        Generation young = _young;
        var entry = new Entry(call, clock.GetUtcNow());
        young.Entries[key] = entry;
        Kept?.Invoke(new KeptSignature(key.Caller, key.CallId, call, entry.At, young.Number));
        if (Interlocked.Add(ref young.Bytes, SizeOf(call)) <= _options.MaxGenerationBytes)
            return;

        lock (_turning)
        {
            if (_young != young)
                return; // another one was faster
            _old = young;
            _young = new Generation(young.Number + 1);
            Turned?.Invoke(young.Number);
        }
    }

    private static long SizeOf(in SignedCall call) => EntryBytes + call.Signature.Utf8.Length;

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

    private sealed record Entry(SignedCall Call, DateTimeOffset At);

    private sealed class Generation(long number)
    {
        public readonly long Number = number;
        public readonly ConcurrentDictionary<(string Caller, string CallId), Entry> Entries = new();
        public long Bytes;
    }
}
