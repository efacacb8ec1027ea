namespace Pollux.Protocols.Gemini.Answers;

/// <summary>One candidate of an answer, as slices of its JSON.</summary>
public record struct AnswerCandidate
{
    /// <summary>Its number; absent on the wire means 0.</summary>
    public int Index { get; set; }

    /// <summary>The array of its parts.</summary>
    public Slice Parts { get; set; }

    /// <summary>Its parts are <c>Parts[FirstPart .. FirstPart + PartCount]</c> of the answer.</summary>
    public int FirstPart { get; set; }

    /// <summary>How many parts it has.</summary>
    public int PartCount { get; set; }

    /// <summary>Why it ended; <see cref="FinishReason.None"/> while it goes on.</summary>
    public FinishReason FinishReason { get; set; }

    /// <summary>The finish reason's token as it came, a string or a number.</summary>
    public Slice FinishReasonToken { get; set; }

    /// <summary>A sentence about the end, as a string token. A normal end may have one.</summary>
    public Slice FinishMessage { get; set; }

    /// <summary>The object with search evidence.</summary>
    public Slice Grounding { get; set; }

    /// <summary>The object with log probabilities.</summary>
    public Slice Logprobs { get; set; }
}
