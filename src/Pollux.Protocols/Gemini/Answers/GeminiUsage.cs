namespace Pollux.Protocols.Gemini.Answers;

/// <summary>Token counts of an answer, as Google counts them. In a stream they are cumulative: the last ones hold.</summary>
/// <param name="Prompt">Tokens of the prompt, those served from a cache included.</param>
/// <param name="Cached">Tokens of the prompt that a cache served.</param>
/// <param name="Candidates">Tokens of the answer, without thoughts.</param>
/// <param name="Thoughts">Tokens of the reasoning.</param>
/// <param name="ToolUsePrompt">Tokens that built-in tools fed to the model; not part of <paramref name="Prompt"/>.</param>
/// <param name="Total">Google's own sum.</param>
/// <param name="PromptAudio">Audio's share of <paramref name="Prompt"/>.</param>
/// <param name="CandidatesAudio">Audio's share of <paramref name="Candidates"/>.</param>
public readonly record struct GeminiUsage(
    int Prompt, int Cached, int Candidates, int Thoughts, int ToolUsePrompt, int Total, int PromptAudio, int CandidatesAudio)
{
    /// <summary>Pictures' share of <see cref="Prompt"/>.</summary>
    public int PromptImage { get; init; }

    /// <summary>
    /// Takes over what a later event of the stream says. Google repeats the counts, but a late event may hold only some.
    /// </summary>
    public GeminiUsage Update(in GeminiUsage later) => new(
        later.Prompt > 0 ? later.Prompt : Prompt,
        later.Cached > 0 ? later.Cached : Cached,
        later.Candidates > 0 ? later.Candidates : Candidates,
        later.Thoughts > 0 ? later.Thoughts : Thoughts,
        later.ToolUsePrompt > 0 ? later.ToolUsePrompt : ToolUsePrompt,
        later.Total > 0 ? later.Total : Total,
        later.PromptAudio > 0 ? later.PromptAudio : PromptAudio,
        later.CandidatesAudio > 0 ? later.CandidatesAudio : CandidatesAudio)
    { PromptImage = later.PromptImage > 0 ? later.PromptImage : PromptImage };
}
