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

    /// <summary>Whether a suffix asked for something, so that a native request must be touched.</summary>
    public bool HasWishes => Search || Pictures || !Thinking.IsEmpty;
}
