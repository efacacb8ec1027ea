using Pollux.FakeGemini.Answers;
using Pollux.FakeGemini.Serving;

namespace Pollux.FakeGemini;

/// <summary>
/// One answer of the fake, good or bad. Immutable: the methods return a changed copy, so a reply can be kept and reused.
/// Good answers take the form that was asked for (unary, events, array); faults look as Google's do in that form.
/// </summary>
public sealed partial record FakeReply
{
    private FakeReply(ReplyBody body) => Body = body;

    internal ReplyBody Body { get; init; }

    internal TimeSpan? FirstByteDelay { get; init; }

    internal TimeSpan EventInterval { get; init; }

    internal ReplyEnding? Ending { get; init; }

    /// <summary>Tasks to await, each before the event with its index.</summary>
    internal IReadOnlyList<(int Index, Task Gate)> Gates { get; init; } = [];

    /// <summary>True when the request is not served: such replies use up no quota.</summary>
    internal bool IsFault => Body is ErrorBody or ResetBody or RawBody { Status: >= 400 };

    /// <summary>What the fake says of itself, to be slowed down or broken off.</summary>
    public static FakeReply Default { get; } = new(new MindBody());

    /// <summary>Waits before the first byte.</summary>
    public FakeReply After(TimeSpan delay) => this with { FirstByteDelay = delay };

    /// <summary>Waits between the events of a stream.</summary>
    public FakeReply Between(TimeSpan interval) => this with { EventInterval = interval };

    /// <summary>
    /// Waits for a task before the event with this index; 0 waits before the first byte. Lets a test hold an answer open
    /// without any sleep. The wait ends when the client goes away.
    /// </summary>
    public FakeReply HeldUntil(Task gate, int eventIndex = 0) => this with { Gates = [.. Gates, (eventIndex, gate)] };

    /// <summary>Cuts the connection after so many events; of a unary answer half the bytes are sent when it is 1 or more.</summary>
    public FakeReply ResetAfter(int events) => this with { Ending = new ReplyEnding(events, EndingKind.Reset, null) };

    /// <summary>
    /// After so many events a bare, pretty-printed error without <c>data:</c> ends the stream, as recorded; 499 CANCELLED unless
    /// another error reply is given.
    /// </summary>
    public FakeReply BareErrorAfter(int events, FakeReply? error = null) =>
        this with { Ending = new ReplyEnding(events, EndingKind.BareError, error?.Body as ErrorBody) };

    /// <summary>After so many events an event <c>data: {"error":...}</c> ends the stream; 503 unless another error reply is given.</summary>
    public FakeReply DataErrorAfter(int events, FakeReply? error = null) =>
        this with { Ending = new ReplyEnding(events, EndingKind.DataError, error?.Body as ErrorBody) };

    /// <summary>The stream simply ends after so many events, in good order but without a finish reason.</summary>
    public FakeReply EndedAfter(int events) => this with { Ending = new ReplyEnding(events, EndingKind.Stop, null) };

    /// <summary>No event, and no unary answer, tells a finish reason.</summary>
    public FakeReply WithoutFinish() => WithAnswer(static answer => answer with { FinishReason = null, FinishMessage = null });

    /// <summary>Changes the finish reason, and the message beside it.</summary>
    public FakeReply Finish(string reason, string? message = null) =>
        WithAnswer(answer => answer with { FinishReason = reason, FinishMessage = message });

    /// <summary>A stream with function calls ends with an event of empty text, as a third of the recorded ones do.</summary>
    public FakeReply WithTrailingEmptyText() => WithAnswer(static answer => answer with { TrailingEmptyText = true });

    /// <summary>Thought tokens in the usage.</summary>
    public FakeReply WithThoughtTokens(int tokens) => WithAnswer(answer => answer with { ThoughtTokens = tokens });

    /// <summary>The error becomes a list of one, as on array streams and on Google's OpenAI endpoint.</summary>
    public FakeReply AsArray() => Body is ErrorBody error ? this with { Body = error with { InArray = true } } : this;

    private FakeReply WithAnswer(Func<Answer, Answer> change) => Body switch
    {
        AnswerBody body => this with { Body = new AnswerBody(change(body.Answer)) },
        MindBody body => this with { Body = new MindBody { Change = answer => change(body.Change(answer)) } },
        _ => throw new InvalidOperationException("Only an answer of the model can be changed so, not a fault or a recording."),
    };
}
