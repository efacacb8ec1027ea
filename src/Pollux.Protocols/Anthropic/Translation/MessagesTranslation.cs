using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Translation;

/// <summary>A request for messages as Gemini understands it, and what the answer must know of it.</summary>
public sealed record MessagesTranslation : RequestTranslation
{
    /// <summary>Whether the client asked for thinking, and so takes blocks of it, shown or not: they carry signatures.</summary>
    public bool TakesThinking { get; init; }
}
