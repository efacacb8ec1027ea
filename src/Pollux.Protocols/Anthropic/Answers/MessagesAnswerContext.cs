using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.Anthropic.Answers;

/// <summary>How thoughts reach a client.</summary>
public enum ThinkingForm
{
    /// <summary>Not at all: it did not ask for thinking, and expects the text first.</summary>
    Hidden,

    /// <summary>As blocks without their text, which carry signatures.</summary>
    Omitted,

    /// <summary>As blocks with their text.</summary>
    Shown,
}

/// <summary>What all events of one answer have in common.</summary>
public sealed record MessagesAnswerContext
{
    /// <summary>The answer's id, <c>msg_</c> and something random.</summary>
    public required string Id { get; init; }

    /// <summary>The model as the client asked for it.</summary>
    public required string Model { get; init; }

    /// <summary>Names the calls and keeps their signatures.</summary>
    public required ICallRegister Calls { get; init; }

    /// <summary>Makes ids of what the server's tools did: a prefix is given.</summary>
    public required Func<string, string> NewId { get; init; }

    /// <summary>Gives a function the name the client knows it by; <see langword="null"/> when no name was changed.</summary>
    public Func<string, string>? RestoreName { get; init; }

    /// <summary>How thoughts are shown.</summary>
    public ThinkingForm Thinking { get; init; }

    /// <summary>Whether the client takes one call at a time: further calls of the turn are left out, and the model asks again.</summary>
    public bool SingleCall { get; init; }

    /// <summary>Tokens of the prompt, estimated: told while Google has not told them.</summary>
    public int EstimatedPromptTokens { get; init; }

    /// <summary>What stands over a list of sources behind the text; <see langword="null"/>: there is no such list.</summary>
    public string? SourcesHeading { get; init; }

    /// <summary>Where pictures of the event at hand can be seen; one that stands nowhere is told as a data URI.</summary>
    public PictureAddresses Pictures { get; } = new();
}
