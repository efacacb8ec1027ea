using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Protocols.Anthropic.Answers;

/// <summary>Tells an Anthropic client how a candidate ended.</summary>
/// <remarks>Gemini does not tell a stop sequence from a natural end, nor which one it was: both are <c>end_turn</c>.</remarks>
public static class StopReasons
{
    /// <param name="reason">Gemini's reason. Google adds values; an unknown one is no reason to fail.</param>
    /// <param name="calledTool">A function call was passed on; Gemini ends such a turn with plain <c>STOP</c>.</param>
    public static string ToAnthropic(FinishReason reason, bool calledTool) =>
        reason.IsBlock() ? "refusal"
        : reason == FinishReason.MaxTokens ? "max_tokens" // also for a cut call: its arguments are incomplete, the client must not run it
        : calledTool ? "tool_use" : "end_turn";

    /// <summary>The sentence that explains a refusal; <see langword="null"/> for other ends.</summary>
    internal static string? Explain(Answer answer, in AnswerCandidate candidate)
    {
        if (!candidate.FinishReason.IsBlock())
            return null;
        string name = candidate.FinishReason == FinishReason.Unknown ? "unknown" : answer.Text(candidate.FinishReasonToken) ?? candidate.FinishReason.ToString();
        return answer.Text(candidate.FinishMessage) is { Length: > 0 } message ? $"Gemini withheld the answer ({name}): {message}" : $"Gemini withheld the answer ({name}).";
    }
}
