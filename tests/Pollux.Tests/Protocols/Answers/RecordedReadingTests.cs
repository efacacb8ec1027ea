using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.Tests.Protocols.Answers;

/// <summary>What the reader sees in every recorded event is what a plain walk over the document sees.</summary>
public sealed class RecordedReadingTests(ITestOutputHelper output)
{
    [Fact]
    public void Recorded_events_are_read_as_a_document_would_be()
    {
        RecordedAnswers.SkipIfAbsent();
        var (events, parts, calls, broken) = (0, 0, 0, 0);
        var faults = new List<string>();
        var answer = new Answer();
        foreach (RecordedAnswer recording in RecordedAnswers.All)
        {
            foreach (byte[] payload in recording.Payloads)
            {
                if (ParseOrNull(payload) is not { } document)
                {
                    broken++;
                    if (AnswerReader.TryRead(payload, answer))
                        faults.Add($"{recording.Name}: broken JSON was read");
                    continue;
                }

                events++;
                if (!AnswerReader.TryRead(payload, answer))
                    faults.Add($"{recording.Name}: not read");
                else
                    faults.AddRange(Differences(document, answer, ref parts, ref calls).Select(text => $"{recording.Name}: {text}"));
            }
        }

        output.WriteLine($"{RecordedAnswers.All.Count} recordings: {events} events with {parts} parts and {calls} calls, {broken} broken; {RecordedAnswers.Others.Count} recordings of other operations left out");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public void A_prefix_of_a_recorded_answer_is_refused_and_never_throws()
    {
        RecordedAnswers.SkipIfAbsent();
        var answer = new Answer();
        int prefixes = 0;
        foreach (RecordedAnswer recording in RecordedAnswers.All)
        {
            // The first event of each recording, cut at every byte: broken answers end anywhere.
            byte[] payload = recording.Payloads[0];
            int end = payload.AsSpan().LastIndexOfAny((byte)'}', (byte)']');
            for (int length = 0; length < Math.Min(end, 4096); length++, prefixes++)
                Assert.False(AnswerReader.TryRead(payload.AsMemory(0, length), answer), $"{recording.Name} cut at {length}");
        }

        output.WriteLine($"{prefixes} prefixes; of answers above 4096 bytes only so many");
    }

    private static JsonElement? ParseOrNull(byte[] payload)
    {
        try
        {
            return JsonElement.Parse(payload);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<string> Differences(JsonElement document, Answer answer, ref int parts, ref int calls)
    {
        var found = new List<string>();
        if (document.ValueKind == JsonValueKind.Array)
            document = document[0];
        JsonElement[] candidates = Items(document, "candidates");
        if (candidates.Length != answer.Candidates.Length)
            found.Add($"{answer.Candidates.Length} candidates where {candidates.Length} were due");

        for (int i = 0; i < Math.Min(candidates.Length, answer.Candidates.Length); i++)
        {
            ref readonly AnswerCandidate candidate = ref answer.Candidates[i];
            JsonElement expected = candidates[i];
            Same(found, "index", Number(expected, "index"), candidate.Index);
            Same(found, "finishReason", FinishOf(expected), candidate.FinishReason);
            Same(found, "finishMessage", Text(expected, "finishMessage"), answer.Text(candidate.FinishMessage));
            Same(found, "grounding", Raw(expected, "groundingMetadata"), Raw(answer, candidate.Grounding));
            Same(found, "logprobs", Raw(expected, "logprobsResult"), Raw(answer, candidate.Logprobs));
            JsonElement[] due = expected.TryGetProperty("content", out JsonElement content) ? Items(content, "parts") : [];
            ReadOnlySpan<AnswerPart> read = answer.PartsOf(candidate);
            Same(found, "parts", due.Length, read.Length);
            for (int p = 0; p < Math.Min(due.Length, read.Length); p++)
            {
                parts++;
                calls += read[p].Kind == PartKind.FunctionCall ? 1 : 0;
                ComparePart(found, due[p], answer, read[p]);
            }
        }

        CompareUsage(found, document, answer);
        document.TryGetProperty("promptFeedback", out JsonElement feedback);
        Same(found, "blockReason", feedback.ValueKind == JsonValueKind.Object && feedback.TryGetProperty("blockReason", out JsonElement block) ? block.ToString() : null, answer.Text(answer.BlockReason));
        Same(found, "modelVersion", Text(document, "modelVersion"), answer.Text(answer.ModelVersion));
        Same(found, "responseId", Text(document, "responseId"), answer.Text(answer.ResponseId));
        Same(found, "error", Raw(document, "error"), Raw(answer, answer.Error));
        return found;
    }

    private static void ComparePart(List<string> found, JsonElement due, Answer answer, in AnswerPart part)
    {
        Same(found, "thought", due.TryGetProperty("thought", out JsonElement thought) && thought.GetBoolean(), part.IsThought);
        Same(found, "thoughtSignature", Text(due, "thoughtSignature"), answer.Text(part.Signature));
        (PartKind Kind, string Member, string? Name, string? Content)[] kinds =
        [
            (PartKind.Text, "text", null, null),
            (PartKind.FunctionCall, "functionCall", "name", "args"),
            (PartKind.InlineData, "inlineData", "mimeType", "data"),
            (PartKind.FileData, "fileData", "mimeType", "fileUri"),
            (PartKind.ExecutableCode, "executableCode", "language", "code"),
            (PartKind.CodeExecutionResult, "codeExecutionResult", "outcome", "output"),
            (PartKind.ServerTool, "toolCall", null, null),
            (PartKind.ServerTool, "toolResponse", null, null),
        ];
        (PartKind kind, string? member, string? name, string? content) = Array.Find(kinds, kind => due.TryGetProperty(kind.Member, out _));
        Same(found, "kind", member is null ? PartKind.Unknown : kind, part.Kind);
        if (member is null)
            return;

        JsonElement data = due.GetProperty(member);
        Same(found, member, data.GetRawText(), Raw(answer, part.Value));
        if (name is not null)
            Same(found, name, Text(data, name), answer.Text(part.Name));
        if (content is not null)
            Same(found, content, Raw(data, content), Raw(answer, part.Content));
        if (kind == PartKind.FunctionCall)
            Same(found, "id", Text(data, "id"), answer.Text(part.Id));
    }

    private static void CompareUsage(List<string> found, JsonElement document, Answer answer)
    {
        if (!document.TryGetProperty("usageMetadata", out JsonElement usage))
        {
            Same(found, "usage", false, answer.HasUsage);
            return;
        }

        Same(found, "prompt", Number(usage, "promptTokenCount"), answer.Usage.Prompt);
        Same(found, "cached", Number(usage, "cachedContentTokenCount"), answer.Usage.Cached);
        Same(found, "candidates", Number(usage, "candidatesTokenCount"), answer.Usage.Candidates);
        Same(found, "thoughts", Number(usage, "thoughtsTokenCount"), answer.Usage.Thoughts);
        Same(found, "toolUse", Number(usage, "toolUsePromptTokenCount"), answer.Usage.ToolUsePrompt);
        Same(found, "total", Number(usage, "totalTokenCount"), answer.Usage.Total);
        Same(found, "audio", AudioOf(usage, "promptTokensDetails"), answer.Usage.PromptAudio);
        Same(found, "audio out", AudioOf(usage, "candidatesTokensDetails"), answer.Usage.CandidatesAudio);
    }

    private static FinishReason FinishOf(JsonElement candidate)
    {
        if (!candidate.TryGetProperty("finishReason", out JsonElement reason))
            return FinishReason.None;
        return reason.ValueKind == JsonValueKind.Number ? (FinishReason)reason.GetInt32() : FinishReasons.Parse(reason.GetString());
    }

    private static int AudioOf(JsonElement usage, string details) =>
        Items(usage, details).Where(item => Text(item, "modality") == "AUDIO").Sum(item => Number(item, "tokenCount"));

    private static JsonElement[] Items(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement array) ? [.. array.EnumerateArray()] : [];

    private static int Number(JsonElement parent, string name) => parent.TryGetProperty(name, out JsonElement number) ? number.GetInt32() : 0;

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static string? Raw(JsonElement parent, string name) => parent.TryGetProperty(name, out JsonElement value) ? value.GetRawText() : null;

    private static string? Raw(Answer answer, Slice slice) => slice.Exists ? System.Text.Encoding.UTF8.GetString(answer.Bytes(slice)) : null;

    private static void Same<T>(List<string> found, string what, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            found.Add($"{what}: '{actual}' where '{expected}' was due");
    }
}
