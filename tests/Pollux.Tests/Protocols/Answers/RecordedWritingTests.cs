using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.Tests.Protocols.Answers;

/// <summary>Every recorded answer, written as a chat, streamed and whole, is valid and complete.</summary>
public sealed class RecordedWritingTests(ITestOutputHelper output)
{
    /// <summary>
    /// Recordings whose calls come in pieces (<c>partialArgs</c>). Vertex AI sends these only when
    /// <c>streamFunctionCallArguments</c> is asked for, which the chat dialect never does; the gateway refuses such a turn.
    /// </summary>
    private static readonly string[] CallsInPieces =
    [
        "ai/gemini-google-stream-no-args-tool-call.chunks",
        "ai/gemini-google-stream-tool-call-arguments.chunks",
        "ai/gemini-google-stream-tool-call-array-arguments-missing-terminal-function-call.chunks",
        "ai/gemini-google-vertex-stream-tool-call-arguments-nested.1.chunks",
    ];

    [Fact]
    public void Recorded_answers_become_valid_and_complete_chats()
    {
        RecordedAnswers.SkipIfAbsent();
        var (streams, wholes, errors) = (0, 0, 0);
        var inPieces = new List<string>();
        var faults = new List<string>();
        foreach (RecordedAnswer recording in RecordedAnswers.All)
        {
            if (recording.Events is null)
            {
                errors++;
                continue;
            }

            ExpectedChat expected = ExpectedChat.Of(recording.Events);
            if (expected.HasError || expected.Choices.Count == 0)
            {
                errors++;
                continue;
            }

            if (expected.Flaw() == "nameless call")
            {
                inPieces.Add(recording.Name);
                continue;
            }

            var calls = new CallLog();
            streams++;
            Check(recording.Name, expected, calls, ChatValidator.Stream(ChatWriting.Stream(recording.Payloads, ChatWriting.Context(calls)).Span, usageAsked: true), faults);
            if (recording.Form != RecordedForm.Unary)
                continue;

            calls = new CallLog();
            wholes++;
            Check(recording.Name + " whole", expected, calls, ChatValidator.Whole(ChatWriting.Whole(recording.Bytes, ChatWriting.Context(calls))), faults);
        }

        output.WriteLine($"{RecordedAnswers.All.Count} recordings: {streams} written as streams, {wholes} as whole answers, {errors} errors and refusals are no chat, {inPieces.Count} with calls in pieces: {string.Join(", ", inPieces)}");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.Equal(CallsInPieces, inPieces);
    }

    private static void Check(string name, ExpectedChat expected, CallLog calls, ChatOutcome outcome, List<string> faults)
    {
        faults.AddRange(outcome.Problems.Concat(ChatComparison.Differences(expected, outcome)).Select(text => $"{name}: {text}"));
        IEnumerable<(string?, string?)> registered = expected.Choices.Values.SelectMany(choice => choice.Calls).Select(call => (call.Id, call.Signature));
        if (!registered.SequenceEqual(calls.Calls))
            faults.Add($"{name}: {calls.Calls.Count} calls were registered, or others than sent");
    }
}
