using Pollux.Protocols.OpenAI.Responses.Translation;
using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.OpenAI.Responses.Answers;

/// <summary>What an answer must know besides what Gemini says.</summary>
public sealed record ResponsesAnswerContext
{
    /// <summary>The answer's id: <c>resp_</c> and something random, which the ids of its items hold too.</summary>
    public required string Id { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required long Created { get; init; }

    /// <summary>The model as the client asked for it.</summary>
    public required string Model { get; init; }

    /// <summary>Names the tool calls and keeps their signatures.</summary>
    public required ICallRegister Calls { get; init; }

    /// <summary>What the answer repeats of the request.</summary>
    public required ResponseEcho Echo { get; init; }

    /// <summary>The tools that the client runs.</summary>
    public ClientTools Tools { get; init; } = new();

    /// <summary>Gives a function the name the client knows it by; <see langword="null"/> when no name was changed.</summary>
    public Func<string, string>? RestoreName { get; init; }

    /// <summary>Keeps the signature (base64 text) that came with a text, by the id of the message.</summary>
    public Action<string, string>? RememberText { get; init; }

    /// <summary>The present time in seconds since 1970, for the end of the answer.</summary>
    public Func<long>? Now { get; init; }

    /// <summary>Whether summaries of thoughts are told.</summary>
    public bool ShowsThoughts { get; init; }

    /// <summary>Whether reasoning items carry signatures (<c>encrypted_content</c>).</summary>
    public bool CarriesSignatures { get; init; }

    /// <summary>Whether what code printed is told.</summary>
    public bool ShowsCodeOutputs { get; init; }

    /// <summary>Whether pictures are items of their own; else they stand in the text as Markdown.</summary>
    public bool ReturnsPictures { get; init; }

    /// <summary>Whether the client takes one call at a time; further ones are left out, and the model asks again.</summary>
    public bool SingleCall { get; init; }

    /// <summary>Whether the answer may have sources, so that places in its text must be known.</summary>
    public bool MayHaveSources { get; init; }

    /// <summary>What stands over a list of sources behind the text; <see langword="null"/>: there is no such list.</summary>
    public string? SourcesHeading { get; init; }

    /// <summary>Where pictures of the event at hand can be seen; one that stands nowhere is told as a data URI.</summary>
    public PictureAddresses Pictures { get; } = new();
}
