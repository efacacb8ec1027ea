using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.Translation;

namespace Pollux.Generation;

/// <summary>A model name as the client wrote it, taken apart.</summary>
/// <param name="Name">The upstream's name, without <c>models/</c>.</param>
/// <param name="Capabilities">What that model can do.</param>
/// <param name="Thinking">What a suffix asked for.</param>
internal sealed record ResolvedModel(string Name, ModelCapabilities Capabilities, ThinkingWish Thinking)
{
    /// <summary>Whether a suffix asked for Google's search.</summary>
    public bool Search { get; init; }

    /// <summary>Whether a suffix asked for a stream out of a whole answer.</summary>
    public bool PretendsStream { get; init; }

    /// <summary>Whether a suffix asked for pictures.</summary>
    public bool Pictures { get; init; }

    /// <summary>The kinds of credentials that may serve it, by the route, the name's beginning or the settings.</summary>
    public CredentialKinds Kinds { get; init; }

    /// <summary>Whether the name asked for what is paid for, and a reserved key (<c>PAID_KEY</c>) is what there is.</summary>
    public bool MustPay { get; init; }

    /// <summary>Whether the client wrote an alias; the answer names the model as it was asked for.</summary>
    public bool IsAliased { get; init; }

    /// <summary>Whether a suffix asked for something, so that a native request must be touched.</summary>
    public bool HasWishes => Search || Pictures || !Thinking.IsEmpty;
}
