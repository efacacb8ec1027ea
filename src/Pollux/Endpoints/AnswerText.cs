using System.Text;
using Pollux.Access;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Telemetry;

namespace Pollux.Endpoints;

/// <summary>What the audio routes take from an answer besides sound.</summary>
internal static class AnswerText
{
    /// <summary>The text of the first candidate, without thoughts.</summary>
    public static string Of(Answer answer)
    {
        if (answer.Candidates.Length == 0)
            return "";
        var text = new StringBuilder();
        foreach (ref readonly AnswerPart part in answer.PartsOf(answer.Candidates[0]))
        {
            if (part is { Kind: PartKind.Text, IsThought: false })
                text.Append(answer.Text(part.Value));
        }

        return text.ToString();
    }

    /// <summary>Why the first candidate ended, if it did with this event.</summary>
    public static FinishReason FinishOf(Answer answer, FinishReason before) =>
        answer.Candidates.Length > 0 && answer.Candidates[0].FinishReason is var finish and not FinishReason.None ? finish : before;

    /// <summary>A half of a recording or of a speech must not look like the whole.</summary>
    public static GatewayError? ErrorOf(FinishReason finish, string model, RequestRecord record)
    {
        if (finish.IsBlock())
        {
            (record.FaultOwner, record.FaultReason) = (nameof(FaultOwner.Client), finish.ToString());
            return new GatewayError(400, GatewayErrorKind.ContentBlocked, $"{model} refused this: {finish}.", Code: "content_policy");
        }

        if (finish == FinishReason.MaxTokens)
        {
            (record.FaultOwner, record.FaultReason) = (nameof(FaultOwner.Client), finish.ToString());
            return new GatewayError(400, GatewayErrorKind.InvalidRequest, $"The answer would be longer than {model} can give at once; send it in smaller pieces.", Code: "answer_too_long");
        }

        if (!finish.IsFailure())
            return null;
        (record.FaultOwner, record.FaultReason) = (nameof(FaultOwner.Model), finish.ToString());
        return new GatewayError(502, GatewayErrorKind.UpstreamEmpty, $"{model} gave no usable answer: {finish}.", Code: "upstream_empty_response");
    }
}
