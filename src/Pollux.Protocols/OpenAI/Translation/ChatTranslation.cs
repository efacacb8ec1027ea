using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>A chat completions request as Gemini understands it, and what the answer must know of it.</summary>
public sealed record ChatTranslation : RequestTranslation
{
    /// <summary>Whether a streamed answer ends with a chunk of usage.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>How many choices the answer will have.</summary>
    public int CandidateCount { get; init; } = 1;

    /// <summary>Whether log probabilities were asked for and will come.</summary>
    public bool Logprobs { get; init; }

    /// <summary>Whether calls must be told as <c>function_call</c>, not as <c>tool_calls</c>.</summary>
    public bool LegacyFunctions { get; init; }

    /// <summary>The tag in which thoughts are to stand inside the text (<c>thought_tag_marker</c>).</summary>
    public string? ThoughtTag { get; init; }

    /// <summary>The sound format of an answer that speaks, such as <c>mp3</c>.</summary>
    public string? AudioFormat { get; init; }
}
