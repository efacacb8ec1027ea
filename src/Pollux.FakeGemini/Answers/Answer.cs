using System.Text.Json.Nodes;

namespace Pollux.FakeGemini.Answers;

/// <summary>A part of an answer.</summary>
/// <param name="Json">The whole part, as a unary answer holds it.</param>
internal sealed record AnswerPart(JsonObject Json)
{
    /// <summary>The pieces of a text or a sound when it is streamed, one event each; empty for parts that are sent whole.</summary>
    public IReadOnlyList<string> Pieces { get; init; } = [];

    /// <summary>A text in pieces.</summary>
    public static AnswerPart Text(params IReadOnlyList<string> pieces) =>
        new(new JsonObject { ["text"] = string.Concat(pieces) }) { Pieces = pieces };

    /// <summary>A summary of a thought.</summary>
    public static AnswerPart Thought(string text) => new(new JsonObject { ["text"] = text, ["thought"] = true });

    /// <summary>A sound, in so many pieces when it is streamed, each of whole samples.</summary>
    public static AnswerPart Sound(string mimeType, byte[] sound, int pieces)
    {
        int size = Math.Max(2, (sound.Length / pieces) & ~1);
        return InlineData(mimeType, Convert.ToBase64String(sound)) with { Pieces = [.. sound.Chunk(size).Select(Convert.ToBase64String)] };
    }

    /// <summary>A function call.</summary>
    public static AnswerPart Call(FakeToolCall call)
    {
        JsonObject json = new() { ["name"] = call.Name };
        if (call.Arguments is not null) json["args"] = call.Arguments.DeepClone();
        if (call.Id is not null) json["id"] = call.Id;
        return new AnswerPart(new JsonObject { ["functionCall"] = json });
    }

    /// <summary>Data of a type.</summary>
    public static AnswerPart InlineData(string mimeType, string base64) =>
        new(new JsonObject { ["inlineData"] = new JsonObject { ["mimeType"] = mimeType, ["data"] = base64 } });
}

/// <summary>Where an answer stops being whole. All of these were recorded with HTTP status 200.</summary>
internal enum AnswerGap
{
    /// <summary>Nothing is missing.</summary>
    None,

    /// <summary>The candidate has no content.</summary>
    NoContent,

    /// <summary>The content has no parts.</summary>
    NoParts,

    /// <summary>The parts are an empty list.</summary>
    EmptyParts,

    /// <summary>There are no candidates.</summary>
    NoCandidates,
}

/// <summary>What the model answers, before it gets the form of a unary answer or of events.</summary>
internal sealed record Answer(IReadOnlyList<AnswerPart> Parts)
{
    /// <summary>Why it ended; null sends no finish reason at all.</summary>
    public string? FinishReason { get; init; } = "STOP";

    /// <summary>The text beside the finish reason.</summary>
    public string? FinishMessage { get; init; }

    /// <summary>Why the prompt got no answer; goes with <see cref="AnswerGap.NoCandidates"/>.</summary>
    public string? BlockReason { get; init; }

    /// <summary>What is missing.</summary>
    public AnswerGap Gap { get; init; }

    /// <summary>Thought tokens; 0 leaves the count out.</summary>
    public int ThoughtTokens { get; init; }

    /// <summary>How many equal candidates, 1 to 8.</summary>
    public int CandidateCount { get; init; } = 1;

    /// <summary>Whether ids and signatures are added as the model family does; off for parts that are given as they are.</summary>
    public bool Decorated { get; init; } = true;

    /// <summary>Whether a stream with function calls ends with an empty text, as a third of the recorded ones do.</summary>
    public bool TrailingEmptyText { get; init; }
}
