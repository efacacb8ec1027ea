using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Pollux.Tests.Protocols.Answers.Recorded;

/// <summary>A function call as a plain walk over the JSON sees it.</summary>
internal sealed record ExpectedCall(string Name, JsonElement? Arguments, string? Id, string? Signature);

/// <summary>One choice as a plain walk over the JSON sees it.</summary>
internal sealed class ExpectedChoice
{
    public StringBuilder Content { get; } = new();

    public StringBuilder Reasoning { get; } = new();

    public List<ExpectedCall> Calls { get; } = [];

    public List<string> TextSignatures { get; } = [];

    public List<string> Audio { get; } = [];

    public List<string> LogprobTokens { get; } = [];

    /// <summary>The last finish reason, a name or a number.</summary>
    public string? Finish { get; set; }

    public bool HasUnknownPart { get; set; }
}

/// <summary>
/// What a chat client must see of a Gemini answer, derived from the documented wire format by a walk over whole JSON
/// documents that shares no code with the product.
/// </summary>
internal sealed class ExpectedChat
{
    private static readonly string[] Blocks =
    [
        "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION", "MODEL_ARMOR", "3", "4", "6", "7", "8", "9", "11",
    ];

    private static readonly string[] Failures =
        ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE", "10", "12", "13"];

    private readonly Dictionary<string, int> _counts = [];

    public SortedDictionary<int, ExpectedChoice> Choices { get; } = [];

    public bool IsPromptBlocked { get; private set; }

    public bool HasError { get; private set; }

    public ChatUsage Usage => new(
        Count("promptTokenCount") + Count("toolUsePromptTokenCount"),
        Count("candidatesTokenCount") + Count("thoughtsTokenCount"),
        Count("promptTokenCount") + Count("toolUsePromptTokenCount") + Count("candidatesTokenCount") + Count("thoughtsTokenCount"),
        Count("cachedContentTokenCount"),
        Count("thoughtsTokenCount"));

    /// <summary>Walks over the events of an answer.</summary>
    public static ExpectedChat Of(IEnumerable<JsonElement> events)
    {
        var expected = new ExpectedChat();
        foreach (JsonElement item in events)
            expected.Take(item);
        return expected;
    }

    /// <summary>OpenAI's word for how a choice ended.</summary>
    public static string FinishWord(ExpectedChoice choice) =>
        IsBlock(choice.Finish) ? "content_filter"
        : choice.Finish is "MAX_TOKENS" or "2" ? "length"
        : choice.Calls.Count > 0 ? "tool_calls"
        : "stop";

    public static bool IsBlock(string? finish) => finish is not null && Blocks.Contains(finish);

    /// <summary>Why a gateway must not tell this answer as a good one; <see langword="null"/> when it is good.</summary>
    public string? Flaw()
    {
        if (HasError)
            return "error";
        if (Choices.Count == 0)
            return IsPromptBlocked ? "prompt blocked" : "empty";
        if (Choices.Values.Any(choice => choice.Finish is { } finish && Failures.Contains(finish)))
            return "failed turn";
        if (Choices.Values.Any(choice => choice.Calls.Any(call => call.Name.Length == 0)))
            return "nameless call";
        bool meaningful = Choices.Values.Any(choice =>
            choice.Content.Length > 0 || choice.Calls.Count > 0 || choice.Audio.Count > 0 || choice.HasUnknownPart || choice.Finish is "MAX_TOKENS" or "2" || IsBlock(choice.Finish));
        return meaningful ? null : "empty";
    }

    private void Take(JsonElement item)
    {
        if (item.ValueKind == JsonValueKind.Array)
        {
            HasError = true; // an error in a list
            return;
        }

        HasError |= item.TryGetProperty("error", out _);
        if (item.TryGetProperty("promptFeedback", out JsonElement feedback) && feedback.TryGetProperty("blockReason", out _))
            IsPromptBlocked = true;
        if (item.TryGetProperty("usageMetadata", out JsonElement usage))
        {
            foreach (JsonProperty count in usage.EnumerateObject())
            {
                if (count.Value.ValueKind == JsonValueKind.Number && count.Value.GetInt32() > 0)
                    _counts[count.Name] = count.Value.GetInt32();
            }
        }

        if (!item.TryGetProperty("candidates", out JsonElement candidates))
            return;
        foreach (JsonElement candidate in candidates.EnumerateArray())
            TakeCandidate(candidate);
    }

    private void TakeCandidate(JsonElement candidate)
    {
        int index = candidate.TryGetProperty("index", out JsonElement number) ? number.GetInt32() : 0;
        if (!Choices.TryGetValue(index, out ExpectedChoice? choice))
            Choices[index] = choice = new ExpectedChoice();
        if (candidate.TryGetProperty("finishReason", out JsonElement finish))
            choice.Finish = finish.ValueKind == JsonValueKind.Number ? finish.GetInt32().ToString(CultureInfo.InvariantCulture) : finish.GetString();
        if (candidate.TryGetProperty("logprobsResult", out JsonElement logprobs) && logprobs.TryGetProperty("chosenCandidates", out JsonElement chosen))
            choice.LogprobTokens.AddRange(chosen.EnumerateArray().Select(token => token.GetProperty("token").GetString()!));
        if (!candidate.TryGetProperty("content", out JsonElement content) || !content.TryGetProperty("parts", out JsonElement parts))
            return;

        string? signature = null;
        foreach (JsonElement part in parts.EnumerateArray())
            TakePart(part, choice, ref signature);
        if (signature is not null)
            choice.TextSignatures.Add(signature);
    }

    private static void TakePart(JsonElement part, ExpectedChoice choice, ref string? textSignature)
    {
        string? signature = part.TryGetProperty("thoughtSignature", out JsonElement token) ? token.GetString() : null;
        if (part.TryGetProperty("thought", out JsonElement thought) && thought.GetBoolean())
        {
            if (part.TryGetProperty("text", out JsonElement summary))
                choice.Reasoning.Append(summary.GetString());
        }
        else if (part.TryGetProperty("text", out JsonElement text))
        {
            choice.Content.Append(text.GetString());
            textSignature = signature ?? textSignature;
        }
        else if (part.TryGetProperty("functionCall", out JsonElement call))
        {
            string name = call.TryGetProperty("name", out JsonElement value) ? value.GetString()! : "";
            choice.Calls.Add(new ExpectedCall(
                name.StartsWith("default_api:", StringComparison.Ordinal) ? name["default_api:".Length..] : name,
                call.TryGetProperty("args", out JsonElement args) ? args : null,
                call.TryGetProperty("id", out JsonElement id) ? id.GetString() : null,
                signature));
        }
        else if (part.TryGetProperty("inlineData", out JsonElement data))
        {
            string mediaType = data.GetProperty("mimeType").GetString()!;
            if (mediaType.StartsWith("audio/", StringComparison.Ordinal))
                choice.Audio.Add(data.GetProperty("data").GetString()!);
            else
                choice.Content.Append(choice.Content.Length > 0 ? "\n\n" : "").Append(CultureInfo.InvariantCulture, $"![image](data:{mediaType};base64,{data.GetProperty("data").GetString()})");
        }
        else if (part.TryGetProperty("executableCode", out JsonElement code))
        {
            choice.Content.Append("\n\n```").Append(code.GetProperty("language").GetString() == "PYTHON" ? "python" : "").Append('\n')
                .Append(code.GetProperty("code").GetString()).Append("\n```\n");
        }
        else if (part.TryGetProperty("codeExecutionResult", out JsonElement result))
        {
            if (result.TryGetProperty("output", out JsonElement output))
                choice.Content.Append("\n```\n").Append(output.GetString()).Append("\n```\n\n");
        }
        else if (part.TryGetProperty("fileData", out JsonElement file))
        {
            choice.Content.Append('\n').Append(file.GetProperty("fileUri").GetString());
        }
        else
        {
            choice.HasUnknownPart |= signature is null;
        }
    }

    private int Count(string name) => _counts.GetValueOrDefault(name);
}
