using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.Translation;

/// <summary>Remembers what came with a function call and what clients do not send back.</summary>
public interface ISignatureSource
{
    /// <summary>Looks up a call by the id under which the client knows it.</summary>
    /// <returns>Whether the call is known; then its signature can still be empty, as for the second of parallel calls.</returns>
    bool TryGet(string callId, out SignedCall call);
}

/// <summary>What Gemini sent with a function call.</summary>
/// <param name="Signature">The thought signature, as a JSON string; empty when the call had none.</param>
/// <param name="GeminiCallId">The id that Gemini gave; <see langword="null"/> when it gave none and the client's id is ours.</param>
public readonly record struct SignedCall(RawJson Signature, string? GeminiCallId);

/// <summary>Remembers nothing.</summary>
public sealed class NoSignatures : ISignatureSource
{
    private NoSignatures() { }

    /// <summary>The one instance.</summary>
    public static NoSignatures Instance { get; } = new();

    /// <inheritdoc/>
    public bool TryGet(string callId, out SignedCall call)
    {
        call = default;
        return false;
    }
}
