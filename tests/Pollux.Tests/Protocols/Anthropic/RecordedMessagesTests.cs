using System.Text;
using System.Text.Json;
using Pollux.Protocols.Anthropic.Answers;
using Pollux.Tests.Protocols.Answers.Recorded;
using Pollux.Tests.Protocols.Anthropic.Reading;

namespace Pollux.Tests.Protocols.Anthropic;

/// <summary>Every recorded answer, written as a message, streamed and whole, with thoughts and without, is valid and complete.</summary>
public sealed class RecordedMessagesTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(ThinkingForm.Shown)]
    [InlineData(ThinkingForm.Omitted)]
    [InlineData(ThinkingForm.Hidden)]
    public void Recorded_answers_become_valid_and_complete_messages(ThinkingForm thinking)
    {
        RecordedAnswers.SkipIfAbsent();
        var (streams, wholes, carried) = (0, 0, 0);
        var faults = new List<string>();
        foreach (RecordedAnswer recording in RecordedAnswers.All)
        {
            if (recording.Events is null)
                continue;
            ExpectedChat expected = ExpectedChat.Of(recording.Events);
            if (expected.HasError || expected.Choices.Count == 0 || expected.Flaw() == "nameless call" || !expected.Choices.ContainsKey(0))
                continue;

            var calls = new CallLog();
            streams++;
            MessagesOutcome stream = MessagesValidator.Stream(MessagesWriting.Stream(recording.Payloads, MessagesWriting.Context(thinking, calls)).Span);
            Check(recording, expected, stream, thinking, faults, "");
            carried += stream.Blocks.Count(block => block.Signature is { Length: > 5 });
            if (calls.Calls.Count != expected.Choices[0].Calls.Count)
                faults.Add($"{recording.Name}: {calls.Calls.Count} calls were registered");
            if (recording.Form != RecordedForm.Unary)
                continue;

            wholes++;
            MessagesOutcome whole = MessagesValidator.Whole(MessagesWriting.Whole(recording.Bytes, MessagesWriting.Context(thinking)));
            Check(recording, expected, whole, thinking, faults, " whole");
        }

        output.WriteLine($"{streams} streams, {wholes} whole answers, {carried} signatures carried");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(streams > 300 && wholes > 100, "There are fewer recordings than there were.");
        Assert.Equal(thinking == ThinkingForm.Hidden, carried == 0);
    }

    private static void Check(RecordedAnswer recording, ExpectedChat expected, MessagesOutcome outcome, ThinkingForm thinking, List<string> faults, string form)
    {
        ExpectedChoice choice = expected.Choices[0];
        void Fault(string text) => faults.Add($"{recording.Name}{form}: {text}");
        outcome.Problems.ForEach(Fault);
        string text = TextOf(recording, thinking == ThinkingForm.Shown);
        if (outcome.Text != text)
            Fault($"the text differs: {outcome.Text.Length} characters where {text.Length} were due");
        if (outcome.Thoughts != (thinking == ThinkingForm.Shown ? choice.Reasoning.ToString() : ""))
            Fault("the thoughts differ");
        MessageBlock[] calls = [.. outcome.Calls];
        if (!calls.Select(call => call.Start.GetProperty("name").GetString()).SequenceEqual(choice.Calls.Select(call => call.Name)))
            Fault("the calls differ");
        else if (!calls.Zip(choice.Calls).All(pair => JsonElement.DeepEquals(pair.First.Input, pair.Second.Arguments ?? JsonElement.Parse("{}"))))
            Fault("the arguments differ");
        string reason = ExpectedChat.FinishWord(choice) switch { "content_filter" => "refusal", "length" => "max_tokens", "tool_calls" => "tool_use", _ => "end_turn" };
        if (outcome.StopReason != reason)
            Fault($"stop reason {outcome.StopReason} where {reason} was due");
        ChatUsage usage = expected.Usage;
        int input = usage.Prompt > 0 ? usage.Prompt - usage.Cached : 77;
        if (outcome.Usage != new MessagesUsage(input, usage.Cached, usage.Completion))
            Fault($"usage {outcome.Usage} where {usage} was due");
        if (thinking != ThinkingForm.Hidden && !SignaturesOfCalls(outcome).SequenceEqual(FirstSignatures(choice)))
            Fault("the signatures of calls are not carried before them");
    }

    /// <summary>For each call with a signature: what the thought before it carries.</summary>
    private static IEnumerable<string> SignaturesOfCalls(MessagesOutcome outcome)
    {
        string? carried = null;
        foreach (MessageBlock block in outcome.Blocks)
        {
            if (block.Type == "thinking")
            {
                carried = block.Signature!["plx1.".Length..];
            }
            else if (block.Type == "tool_use" && carried is { Length: > 0 })
            {
                yield return carried;
                carried = null;
            }
        }
    }

    private static IEnumerable<string> FirstSignatures(ExpectedChoice choice) => choice.Calls.Where(call => call.Signature is { Length: > 0 }).Select(call => call.Signature!);

    /// <summary>The text that a client must see: pictures, sound and files as Markdown, code in blocks of its own.</summary>
    private static string TextOf(RecordedAnswer recording, bool thoughtsShown)
    {
        var text = new StringBuilder();
        bool open = false;
        foreach (JsonElement item in recording.Events!)
        {
            if (!item.TryGetProperty("candidates", out JsonElement candidates))
                continue;
            foreach (JsonElement candidate in candidates.EnumerateArray())
            {
                if (candidate.TryGetProperty("index", out JsonElement index) && index.GetInt32() != 0 || !candidate.TryGetProperty("content", out JsonElement content) || !content.TryGetProperty("parts", out JsonElement parts))
                    continue;
                foreach (JsonElement part in parts.EnumerateArray())
                    AddPart(part, text, thoughtsShown, ref open);
            }
        }

        return text.ToString();
    }

    private static void AddPart(JsonElement part, StringBuilder text, bool thoughtsShown, ref bool open)
    {
        if (part.TryGetProperty("thought", out JsonElement thought) && thought.GetBoolean())
        {
            open &= !thoughtsShown || part.TryGetProperty("text", out JsonElement words) && words.GetString()!.Length == 0;
        }
        else if (part.TryGetProperty("text", out JsonElement plain))
        {
            text.Append(plain.GetString());
            open |= plain.GetString()!.Length > 0;
        }
        else if (part.TryGetProperty("inlineData", out JsonElement data))
        {
            string type = data.GetProperty("mimeType").GetString()!;
            text.Append(open ? "\n\n" : "").Append(type.StartsWith("audio/", StringComparison.Ordinal) ? "[audio](data:" : "![image](data:")
                .Append(type).Append(";base64,").Append(data.GetProperty("data").GetString()).Append(')');
            open = true;
        }
        else if (part.TryGetProperty("fileData", out JsonElement file))
        {
            text.Append('\n').Append(file.GetProperty("fileUri").GetString());
            open = true;
        }
        else if (part.TryGetProperty("functionCall", out _) || part.TryGetProperty("executableCode", out _) || part.TryGetProperty("codeExecutionResult", out _))
        {
            open = false;
        }
    }
}
