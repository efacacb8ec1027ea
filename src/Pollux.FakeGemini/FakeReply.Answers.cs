using System.Text.Json.Nodes;
using Pollux.FakeGemini.Answers;
using Pollux.FakeGemini.Serving;

namespace Pollux.FakeGemini;

/// <summary>Good answers, and empty ones, which are normal too.</summary>
public sealed partial record FakeReply
{
    /// <summary>A text; when streamed, in so many events.</summary>
    public static FakeReply Text(string text, int chunks = 3) => Of(AnswerPart.Text(TextPieces.Split(text, chunks)));

    /// <summary>A text whose pieces are given; when streamed, each is one event.</summary>
    public static FakeReply TextInPieces(params string[] pieces) => Of(AnswerPart.Text(pieces));

    /// <summary>A summary of thoughts before a text, with thought tokens in the usage.</summary>
    public static FakeReply Thinking(string thought, string text, int chunks = 3) =>
        Of(AnswerPart.Thought(thought), AnswerPart.Text(TextPieces.Split(text, chunks))).WithThoughtTokens(TokenEstimate.OfText(thought));

    /// <summary>Function calls, with ids and the signature on the first where the model family has them.</summary>
    public static FakeReply ToolCalls(params FakeToolCall[] calls) => Of([.. calls.Select(AnswerPart.Call)]);

    /// <summary>A text, then function calls.</summary>
    public static FakeReply TextAndToolCalls(string text, params FakeToolCall[] calls) =>
        Of([AnswerPart.Text(text), .. calls.Select(AnswerPart.Call)]);

    /// <summary>A summary of thoughts before function calls, with thought tokens in the usage.</summary>
    public static FakeReply ThinkingAndToolCalls(string thought, params FakeToolCall[] calls) =>
        Of([AnswerPart.Thought(thought), .. calls.Select(AnswerPart.Call)]).WithThoughtTokens(TokenEstimate.OfText(thought));

    /// <summary>A JSON document as the text.</summary>
    public static FakeReply Json(JsonNode json, int chunks = 3) => Text(json.ToJsonString(), chunks);

    /// <summary>A picture (or any other data), after a text when there is one.</summary>
    public static FakeReply Picture(string mimeType, ReadOnlySpan<byte> data, string? text = null)
    {
        AnswerPart picture = AnswerPart.InlineData(mimeType, Convert.ToBase64String(data));
        return text is null ? Of(picture) : Of(AnswerPart.Text(text), picture);
    }

    /// <summary>An answer of Imagen in which all pictures were withheld: HTTP 200 with nothing but the reasons.</summary>
    public static FakeReply PicturesFiltered(string reason = "Unable to show generated images. All images were filtered out because they violated our usage guidelines.") =>
        Raw(200, "application/json; charset=UTF-8", System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["predictions"] = new JsonArray(new JsonObject { ["raiFilteredReason"] = reason }) }.ToJsonString()));

    /// <summary>Parts exactly as given, without ids or signatures of the fake; when streamed, one event each.</summary>
    public static FakeReply Parts(params JsonObject[] parts) =>
        new(new AnswerBody(new Answer([.. parts.Select(static part => new AnswerPart(part))]) { Decorated = false }));

    /// <summary>A recorded answer, byte for byte, from a folder with <c>meta.json</c> and <c>response.*</c>.</summary>
    /// <exception cref="FileNotFoundException">The folder holds no recorded answer.</exception>
    public static FakeReply Recorded(string folder) => new(RecordedAnswer.Read(folder));

    /// <summary>Exact bytes; several pieces are sent one by one, like events.</summary>
    public static FakeReply Raw(int status, string contentType, params ReadOnlyMemory<byte>[] pieces) =>
        new(new RawBody(status, contentType, pieces));

    /// <summary>A candidate without content.</summary>
    public static FakeReply NoContent(string finishReason = "STOP") => Empty(AnswerGap.NoContent, finishReason);

    /// <summary>A content without parts.</summary>
    public static FakeReply NoParts(string finishReason = "STOP") => Empty(AnswerGap.NoParts, finishReason);

    /// <summary>A content whose parts are an empty list.</summary>
    public static FakeReply EmptyParts(string finishReason = "STOP") => Empty(AnswerGap.EmptyParts, finishReason);

    /// <summary>No candidates at all, and no reason for it.</summary>
    public static FakeReply NoCandidates() => Empty(AnswerGap.NoCandidates, "STOP");

    /// <summary>The prompt was blocked: HTTP 200 with <c>promptFeedback</c>.</summary>
    public static FakeReply PromptBlocked(string reason = "PROHIBITED_CONTENT") =>
        Empty(AnswerGap.NoCandidates, "STOP").WithAnswer(answer => answer with { BlockReason = reason });

    /// <summary>Thoughts and nothing else.</summary>
    public static FakeReply ThoughtsOnly(string thought, string finishReason = "STOP") =>
        new(new AnswerBody(new Answer([AnswerPart.Thought(thought)]) { FinishReason = finishReason, ThoughtTokens = TokenEstimate.OfText(thought) }));

    /// <summary>No content, because the model called a function in a way that could not be read.</summary>
    public static FakeReply MalformedFunctionCall(string message = "Malformed function call: print(default_api.get_weather(city='Rome'))") =>
        NoContent("MALFORMED_FUNCTION_CALL").Finish("MALFORMED_FUNCTION_CALL", message);

    private static FakeReply Of(params AnswerPart[] parts) => new(new AnswerBody(new Answer(parts)));

    private static FakeReply Empty(AnswerGap gap, string finishReason) =>
        new(new AnswerBody(new Answer([]) { Gap = gap, FinishReason = finishReason }));
}
