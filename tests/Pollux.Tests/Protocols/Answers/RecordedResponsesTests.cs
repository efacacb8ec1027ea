using System.Buffers;
using System.Text.Json.Nodes;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Responses.Answers;
using Pollux.Protocols.OpenAI.Responses.Requests;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.Tests.Protocols.Answers;

/// <summary>Every recorded answer of Gemini's, written as a response, streamed and whole, with thoughts and without, is valid and complete.</summary>
public sealed class RecordedResponsesTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Recorded_answers_become_valid_and_complete_responses(bool showsThoughts, bool carriesSignatures)
    {
        RecordedAnswers.SkipIfAbsent();
        var (streams, wholes) = (0, 0);
        var faults = new List<string>();
        foreach (RecordedAnswer recording in RecordedAnswers.All)
        {
            if (recording.Events is null)
                continue;
            ExpectedChat judged = ExpectedChat.Of(recording.Events);
            if (judged.HasError || judged.Choices.Count == 0 || judged.Flaw() == "nameless call")
                continue;

            streams++;
            Check(recording, recording.Payloads, Stream(recording.Payloads, Context(showsThoughts, carriesSignatures)), judged, showsThoughts, carriesSignatures, faults);
            if (recording.Form != RecordedForm.Unary)
                continue;
            wholes++;
            Check(recording, recording.Payloads, Whole(recording.Bytes, Context(showsThoughts, carriesSignatures)), judged, showsThoughts, carriesSignatures, faults);
        }

        output.WriteLine($"{streams} written as streams, {wholes} as whole answers");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(streams > 100);
    }

    internal static ResponsesAnswerContext Context(bool showsThoughts = true, bool carriesSignatures = true) => new()
    {
        Id = "resp_000000000000000000000001",
        Created = 1_780_000_000,
        Model = "gemini-3.5-flash",
        Calls = new CallLog(),
        Echo = ResponseEcho.Of(new ResponsesRequest(), "{}"u8.ToArray(), stores: true),
        ShowsThoughts = showsThoughts,
        CarriesSignatures = carriesSignatures,
        ShowsCodeOutputs = true,
        MayHaveSources = true,
    };

    internal static ResponsesOutcome Stream(IEnumerable<byte[]> payloads, ResponsesAnswerContext context)
    {
        var written = new ArrayBufferWriter<byte>();
        using var writer = new ResponsesWriter(context);
        var answer = new Answer();
        foreach (byte[] payload in payloads)
        {
            Assert.True(AnswerReader.TryRead(payload, answer));
            writer.WriteEvent(answer, written);
        }

        writer.WriteEnd(written);
        return ResponsesValidator.Stream(written.WrittenSpan);
    }

    internal static ResponsesOutcome Whole(byte[] payload, ResponsesAnswerContext context)
    {
        var written = new ArrayBufferWriter<byte>();
        using var writer = new ResponsesWriter(context);
        var answer = new Answer();
        Assert.True(AnswerReader.TryRead(payload, answer));
        writer.WriteWhole(answer, written);
        return ResponsesValidator.Whole(written.WrittenSpan);
    }

    private static void Check(
        RecordedAnswer recording, IEnumerable<byte[]> payloads, ResponsesOutcome seen, ExpectedChat judged, bool showsThoughts, bool carriesSignatures, List<string> faults)
    {
        ExpectedResponse expected = ExpectedResponse.Of(payloads);
        faults.AddRange(seen.Problems.Select(problem => $"{recording}: {problem}"));
        string text = WithoutPictures(seen.Text);
        if (text != expected.Text.ToString())
            faults.Add($"{recording}: the text is {text.Length} characters and not {expected.Text.Length}");
        if (seen.Summary != (showsThoughts ? expected.Thoughts.ToString() : ""))
            faults.Add($"{recording}: the thoughts are not what came");
        JsonObject[] calls = [.. seen.Of("function_call")];
        if (!calls.Select(static call => ResponsesOutcome.Word(call, "name")).SequenceEqual(expected.Calls.Select(static call => call.Name)))
            faults.Add($"{recording}: {calls.Length} calls and not {expected.Calls.Count}");
        else if (calls.Zip(expected.Calls).Any(static pair => !JsonNode.DeepEquals(JsonNode.Parse(ResponsesOutcome.Word(pair.First, "arguments")!), pair.Second.Arguments ?? new JsonObject())))
            faults.Add($"{recording}: arguments were changed");
        int carried = seen.Of("reasoning").Count(static item => item["encrypted_content"] is not null);
        if (carried < (carriesSignatures ? expected.Calls.Count(static call => call.Signature is not null) : 0) || (!carriesSignatures && carried > 0))
            faults.Add($"{recording}: {carried} signatures are carried");
        if (seen.Response?["usage"]?["output_tokens"]?.GetValue<int>() != judged.Usage.Completion)
            faults.Add($"{recording}: usage is not what came");
    }

    /// <summary>Pictures stand in the text as Markdown; what Gemini wrote stands around them.</summary>
    private static string WithoutPictures(string text)
    {
        for (int start = text.IndexOf("![image](data:", StringComparison.Ordinal); start >= 0; start = text.IndexOf("![image](data:", StringComparison.Ordinal))
        {
            int end = text.IndexOf(')', start) + 1;
            if (start >= 2 && text[(start - 2)..start] == "\n\n")
                start -= 2;
            text = text[..start] + text[end..];
        }

        return text;
    }
}
