using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Upstream;

namespace Pollux.Dispatch;

/// <summary>Judges what a 200 of the upstream is worth. Pure.</summary>
internal static class AnswerJudgement
{
    /// <summary>Whether the event holds something that a client should see, so that the request is committed with it.</summary>
    public static bool IsMeaningful(Answer answer, bool thoughtsReachClient)
    {
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            if (candidate.FinishReason == FinishReason.MaxTokens || candidate.FinishReason.IsBlock())
                return true;

            foreach (ref readonly AnswerPart part in answer.PartsOf(candidate))
            {
                if (part.IsThought ? thoughtsReachClient && !part.IsEmptyText : IsContent(part))
                    return true;
            }
        }

        return false;
    }

    /// <summary>Judges a whole answer of generation.</summary>
    /// <returns>What is wrong with it, or <see langword="null"/>.</returns>
    public static AnswerFault? Judge(Answer answer, UpstreamCall call)
    {
        if (call.NeedsWholeCalls && HasCallWithoutName(answer))
            return AnswerFault.MalformedFunctionCall;

        if (answer.BlockReason.Exists && answer.Candidates.Length == 0)
            return AnswerFault.PromptBlocked;

        bool meaningful = false;
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            if (FailureOf(candidate.FinishReason) is { } failure)
                return failure;
            meaningful |= call.ToldOfNoPicture && candidate.FinishReason is (FinishReason.NoImage or FinishReason.ImageOther);
            meaningful |= HasVisibleContent(answer, candidate) || candidate.FinishReason == FinishReason.MaxTokens || candidate.FinishReason.IsBlock();
        }

        // Thoughts alone are no answer as long as nothing was sent: another try may bring one.
        return meaningful ? null : AnswerFault.Empty;
    }

    /// <summary>What a finish reason says about the turn, if it failed.</summary>
    public static AnswerFault? FailureOf(FinishReason reason) => reason switch
    {
        FinishReason.MissingThoughtSignature => AnswerFault.MissingThoughtSignature,
        _ when reason.IsFailure() => AnswerFault.MalformedFunctionCall,
        _ => null,
    };

    /// <summary>Whether a function call has no name: a piece of a call, or one that the model wrote wrongly. No client can run it.</summary>
    public static bool HasCallWithoutName(Answer answer)
    {
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            foreach (ref readonly AnswerPart part in answer.PartsOf(candidate))
            {
                if (part.Kind == PartKind.FunctionCall && part.Name.Length <= "\"\"".Length)
                    return true;
            }
        }

        return false;
    }

    private static bool HasVisibleContent(Answer answer, in AnswerCandidate candidate)
    {
        foreach (ref readonly AnswerPart part in answer.PartsOf(candidate))
        {
            if (!part.IsThought && IsContent(part))
                return true;
        }

        return false;
    }

    /// <summary>A part of a kind that is not known here is content, unless all it brings is a signature.</summary>
    private static bool IsContent(in AnswerPart part) =>
        part.Kind == PartKind.Unknown ? !part.Signature.Exists : !part.IsEmptyText;
}
