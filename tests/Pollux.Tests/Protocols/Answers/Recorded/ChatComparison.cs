using System.Text.Json;

namespace Pollux.Tests.Protocols.Answers.Recorded;

/// <summary>Tells where a chat answer differs from what the Gemini answer demands.</summary>
internal static class ChatComparison
{
    /// <summary>Compares; empty when nothing differs.</summary>
    public static IEnumerable<string> Differences(ExpectedChat expected, ChatOutcome actual)
    {
        if (actual.Usage is { } usage && usage != expected.Usage)
            yield return $"usage: {usage} where {expected.Usage} was due";
        if (!expected.Choices.Keys.SequenceEqual(actual.Choices.Keys))
            yield return $"choices {string.Join(',', actual.Choices.Keys)} where {string.Join(',', expected.Choices.Keys)} were due";

        foreach ((int index, ExpectedChoice choice) in expected.Choices)
        {
            if (!actual.Choices.TryGetValue(index, out ChatChoice? said))
                continue;
            foreach (string difference in Differences(choice, said))
                yield return $"choice {index}: {difference}";
        }
    }

    private static IEnumerable<string> Differences(ExpectedChoice expected, ChatChoice actual)
    {
        if (expected.Content.ToString() != actual.Content.ToString())
            yield return $"content: {First(expected.Content.ToString(), actual.Content.ToString())}";
        if (expected.Reasoning.ToString() != actual.Reasoning.ToString())
            yield return $"reasoning: {First(expected.Reasoning.ToString(), actual.Reasoning.ToString())}";
        if (ExpectedChat.FinishWord(expected) != actual.Finish)
            yield return $"finish reason {actual.Finish} where {ExpectedChat.FinishWord(expected)} was due";
        if (ExpectedChat.IsBlock(expected.Finish) != actual.Refusal is not null)
            yield return $"refusal: {actual.Refusal ?? "none"}";
        if (!expected.Audio.SequenceEqual(actual.Audio))
            yield return "audio differs";
        if (!expected.LogprobTokens.SequenceEqual(actual.LogprobTokens))
            yield return $"log probabilities of {actual.LogprobTokens.Count} tokens where {expected.LogprobTokens.Count} were due";
        if (expected.TextSignatures.LastOrDefault() != actual.TextSignatures.LastOrDefault())
            yield return "the signature of the text differs";
        if (expected.Calls.Count != actual.Calls.Count)
        {
            yield return $"{actual.Calls.Count} calls where {expected.Calls.Count} were due";
            yield break;
        }

        foreach ((ExpectedCall call, ChatToolCall said) in expected.Calls.Zip(actual.Calls))
        {
            if (call.Name != said.Name)
                yield return $"call of {said.Name} where {call.Name} was due";
            if (!JsonElement.DeepEquals(call.Arguments ?? JsonElement.Parse("{}"), said.Json))
                yield return $"arguments {said.Arguments} where {call.Arguments?.GetRawText() ?? "none"} were due";
            if (said.Signature != call.Signature)
                yield return $"signature of {call.Name} differs";
        }
    }

    private static string First(string expected, string actual)
    {
        int at = expected.AsSpan().CommonPrefixLength(actual);
        string From(string text) => text.Length > at + 40 ? text[at..(at + 40)] : text[Math.Min(at, text.Length)..];
        return $"at {at} of {expected.Length} and {actual.Length}: '{From(expected)}' was due, '{From(actual)}' came";
    }
}
