using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.OpenAI.Answers;

/// <summary>How thoughts reach an OpenAI client.</summary>
public enum ReasoningFormat
{
    /// <summary>As <c>reasoning_content</c> and <c>reasoning</c> beside the content; the two names clients look for.</summary>
    Fields,

    /// <summary>Inside the content, between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c>.</summary>
    Tags,

    /// <summary>Not at all.</summary>
    Hidden,
}

/// <summary>What all chunks of one chat answer have in common.</summary>
public sealed record ChatAnswerContext
{
    /// <summary>The answer's id, <c>chatcmpl-</c> and something random.</summary>
    public required string Id { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required long Created { get; init; }

    /// <summary>The model as the client asked for it.</summary>
    public required string Model { get; init; }

    /// <summary>Names the tool calls and keeps their signatures.</summary>
    public required ICallRegister Calls { get; init; }

    /// <summary>Gives a function the name the client knows it by; <see langword="null"/> when no name was changed.</summary>
    public Func<string, string>? RestoreName { get; init; }

    /// <summary>Whether the client asked for a usage chunk at the end of the stream.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>How thoughts are shown.</summary>
    public ReasoningFormat Reasoning { get; init; }

    /// <summary>
    /// Whether the client takes one call at a time (<c>parallel_tool_calls: false</c>). Gemini has no such switch: further
    /// calls of the turn are left out, and the model asks again once it has the first result.
    /// </summary>
    public bool SingleCall { get; init; }

    /// <summary>Whether the answer may have sources, so that places in its text must be known; whole answers know them anyway.</summary>
    public bool MayHaveSources { get; init; }

    /// <summary>What stands over a list of sources behind the text; <see langword="null"/>: there is no such list.</summary>
    public string? SourcesHeading { get; init; }

    /// <summary>Whether the client spoke of <c>functions</c>, the form before <c>tools</c>; it takes one call at a time too.</summary>
    public bool LegacyFunctions { get; init; }

    /// <summary>Where pictures of the event at hand can be seen; one that stands nowhere is told as a data URI.</summary>
    public PictureAddresses Pictures { get; } = new();

    /// <summary>Whether pictures stand in <c>images</c> of the message too, as some clients read them: where nothing stores them.</summary>
    public bool ListsPictures { get; init; }
}
