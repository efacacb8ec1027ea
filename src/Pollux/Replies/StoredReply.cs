using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Replies;

/// <summary>A whole good answer of the upstream, as it came: its events, or one body. Immutable.</summary>
/// <param name="Events">The JSON of each event, at least one; of a body without events the body itself.</param>
/// <param name="Headers">Headers of the upstream that are worth handing on.</param>
internal sealed record StoredReply(IReadOnlyList<byte[]> Events, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    /// <summary>What a reply and each of its events take beside their bytes, about.</summary>
    private const int Overhead = 256;

    /// <summary>The memory it takes, about.</summary>
    public long Bytes { get; } = Overhead + Events.Sum(static one => (long)one.Length + Overhead);

    /// <summary>
    /// Whether an answer, or an event of one, leaves open that the turn went well: only what ended by itself or at its length is
    /// worth being given again. A blocked one may be let through when it is asked for again.
    /// </summary>
    /// <param name="answer">The event.</param>
    /// <param name="ended">Grows by the candidates that ended, a bit for each.</param>
    public static bool IsGood(Answer answer, ref ulong ended)
    {
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            if (candidate.FinishReason is FinishReason.Stop or FinishReason.MaxTokens)
                ended |= 1UL << (candidate.Index & 63);
            else if (candidate.FinishReason != FinishReason.None)
                return false;
        }

        return !answer.BlockReason.Exists && !answer.Error.Exists;
    }
}
