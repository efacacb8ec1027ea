using System.Text;
using System.Text.Json;

namespace Pollux.Tests.Protocols.Answers.Recorded;

/// <summary>
/// Reads chat answers as strictly as the strictest client: a state machine over the chunks of a stream, and the same rules
/// for a whole answer. Nothing is thrown for a bad answer; what is wrong stands in <see cref="ChatOutcome.Problems"/>.
/// </summary>
internal sealed class ChatValidator
{
    private static readonly string[] FinishWords = ["stop", "length", "tool_calls", "function_call", "content_filter"];
    private static readonly string[] SaidMembers = ["role", "content", "refusal", "reasoning_content", "reasoning", "tool_calls", "function_call", "audio", "annotations", "images", "extra_content"];

    private readonly ChatOutcome _outcome = new();
    private readonly HashSet<string> _callIds = new(StringComparer.Ordinal);
    private readonly bool _usageAsked;
    private string? _head; // id, created and model of the first chunk

    private ChatValidator(bool usageAsked) => _usageAsked = usageAsked;

    /// <summary>Reads a stream of chunks.</summary>
    /// <param name="body">All bytes of the stream.</param>
    /// <param name="usageAsked">Whether the client asked for the usage chunk.</param>
    public static ChatOutcome Stream(ReadOnlySpan<byte> body, bool usageAsked)
    {
        var validator = new ChatValidator(usageAsked);
        validator.ReadStream(Encoding.UTF8.GetString(body));
        validator.CheckEnd();
        return validator._outcome;
    }

    /// <summary>Reads a whole answer, or the error that came instead.</summary>
    public static ChatOutcome Whole(ReadOnlyMemory<byte> body)
    {
        var validator = new ChatValidator(usageAsked: true);
        validator.ReadWhole(body);
        validator.CheckEnd();
        return validator._outcome;
    }

    private void ReadStream(string text)
    {
        if (text.Contains('\r', StringComparison.Ordinal))
            Problem("a stream has carriage returns");
        foreach (string block in text.Split("\n\n"))
        {
            string line = block.TrimStart('\n'); // blank lines keep a connection alive
            if (line.Length == 0)
                continue;
            if (!line.StartsWith("data: ", StringComparison.Ordinal) || line.Contains('\n', StringComparison.Ordinal))
                Problem($"no single data line: {line}");
            else if (_outcome.Done || _outcome.Error is not null)
                Problem($"something follows the end: {line}");
            else if (line == "data: [DONE]")
                _outcome.Done = true;
            else if (Parse(line["data: ".Length..]) is { } chunk)
                ReadChunk(chunk);
        }

        if (!text.EndsWith("\n\n", StringComparison.Ordinal))
            Problem("the last event is not complete");
        if (_outcome.Done == _outcome.Error is not null)
            Problem(_outcome.Done ? "[DONE] after an error" : "the stream ends without [DONE] and without an error");
    }

    private JsonElement? Parse(string json)
    {
        try
        {
            JsonElement element = JsonElement.Parse(json);
            if (element.ValueKind == JsonValueKind.Object)
                return element;
            Problem($"no object: {json}");
        }
        catch (JsonException fault)
        {
            Problem($"no JSON ({fault.Message}): {json}");
        }

        return null;
    }

    private void ReadChunk(JsonElement chunk)
    {
        if (chunk.TryGetProperty("error", out JsonElement error))
        {
            TakeError(error);
            return;
        }

        _outcome.Chunks++;
        CheckHead(chunk, "chat.completion.chunk");
        JsonElement choices = Member(chunk, "choices", JsonValueKind.Array);
        if (_outcome.Usage is not null)
            Problem("a chunk follows the usage chunk");
        if (choices.ValueKind != JsonValueKind.Array)
            return;

        bool hasUsage = chunk.TryGetProperty("usage", out JsonElement usage);
        if (choices.GetArrayLength() == 0)
        {
            if (!_usageAsked || !hasUsage)
                Problem("a chunk without choices that is not the usage chunk");
            else
                TakeUsage(usage);
        }
        else if (hasUsage != _usageAsked || (hasUsage && usage.ValueKind != JsonValueKind.Null))
        {
            Problem("usage must be null in all chunks but the last where it was asked for, and absent where not");
        }

        foreach (JsonElement choice in choices.EnumerateArray())
            ReadChoice(choice, "delta");
    }

    private void ReadWhole(ReadOnlyMemory<byte> body)
    {
        if (Parse(Encoding.UTF8.GetString(body.Span)) is not { } answer)
            return;

        if (answer.TryGetProperty("error", out JsonElement error))
        {
            TakeError(error);
            return;
        }

        _outcome.Chunks = 1;
        _outcome.Done = true;
        CheckHead(answer, "chat.completion");
        foreach (JsonElement choice in Items(answer, "choices"))
            ReadChoice(choice, "message");
        TakeUsage(Member(answer, "usage", JsonValueKind.Object));
    }

    private void TakeError(JsonElement error)
    {
        _outcome.Error = error;
        if (error.ValueKind != JsonValueKind.Object || _outcome.Text(Member(error, "message", JsonValueKind.String), "message").Length == 0)
            Problem("an error without a message");
        Member(error, "type", JsonValueKind.String);
    }

    private void CheckHead(JsonElement chunk, string kind)
    {
        string id = _outcome.Text(Member(chunk, "id", JsonValueKind.String), "id");
        string head = string.Join(' ', id, Member(chunk, "created", JsonValueKind.Number).ToString(), Member(chunk, "model", JsonValueKind.String).ToString());
        if (id.Length == 0)
            Problem("an empty id");
        if (Member(chunk, "object", JsonValueKind.String).ToString() != kind)
            Problem($"object is not {kind}");
        if ((_head ??= head) != head)
            Problem($"id, created or model changed: {_head} became {head}");
    }

    private void ReadChoice(JsonElement json, string said)
    {
        int index = Member(json, "index", JsonValueKind.Number) is { ValueKind: JsonValueKind.Number } number ? number.GetInt32() : -1;
        bool first = !_outcome.Choices.TryGetValue(index, out ChatChoice? choice);
        if (choice is null)
            _outcome.Choices[index] = choice = new ChatChoice();
        else if (said == "message")
            Problem($"choice {index} comes twice");
        if (choice.Finish is not null)
            Problem($"choice {index} goes on after its finish reason");

        JsonElement delta = Member(json, said, JsonValueKind.Object);
        if (delta.ValueKind == JsonValueKind.Object)
            ReadSaid(delta, choice, first, whole: said == "message");
        if (json.TryGetProperty("logprobs", out JsonElement logprobs) && logprobs.ValueKind == JsonValueKind.Object)
            ReadLogprobs(logprobs, choice);

        if (!json.TryGetProperty("finish_reason", out JsonElement finish) || finish.ValueKind is not (JsonValueKind.Null or JsonValueKind.String))
            Problem("finish_reason is missing or no text");
        else if (finish.ValueKind == JsonValueKind.String)
            choice.Finish = finish.GetString();
    }

    private void ReadSaid(JsonElement said, ChatChoice choice, bool first, bool whole)
    {
        foreach (JsonProperty member in said.EnumerateObject())
        {
            if (!SaidMembers.Contains(member.Name))
                Problem($"an unknown member {member.Name}");
        }

        bool hasRole = said.TryGetProperty("role", out JsonElement role);
        if (hasRole != first || (hasRole && role.ToString() != "assistant"))
            Problem("the role must stand in the first delta, and only there");
        if (whole && !said.TryGetProperty("content", out _))
            Problem("a message without content");

        choice.Content.Append(OptionalText(said, "content"));
        string reasoning = OptionalText(said, "reasoning_content");
        if (reasoning != OptionalText(said, "reasoning"))
            Problem("reasoning and reasoning_content differ");
        choice.Reasoning.Append(reasoning);
        if (OptionalText(said, "refusal") is { Length: > 0 } refusal)
            choice.Refusal = choice.Refusal + refusal;
        if (said.TryGetProperty("audio", out JsonElement audio))
            choice.Audio.Add(_outcome.Text(Member(audio, "data", JsonValueKind.String), "audio.data"));
        if (SignatureOf(said) is { } signature)
            choice.TextSignatures.Add(signature);
        if (said.TryGetProperty("annotations", out _))
            ReadAnnotations(said, choice);
        if (said.TryGetProperty("tool_calls", out _))
            ReadCalls(said, choice, whole);
        if (said.TryGetProperty("function_call", out JsonElement function))
            AddCall("", function, null, choice);
    }

    /// <summary>Places are counted in code points of what the choice said so far.</summary>
    private void ReadAnnotations(JsonElement said, ChatChoice choice)
    {
        Rune[] content = [.. choice.Content.ToString().EnumerateRunes()];
        foreach (JsonElement annotation in Items(said, "annotations"))
        {
            JsonElement citation = Member(annotation, "url_citation", JsonValueKind.Object);
            if (Member(annotation, "type", JsonValueKind.String).ToString() != "url_citation" || citation.ValueKind != JsonValueKind.Object)
            {
                Problem("an annotation that is no url_citation");
                continue;
            }

            int start = Member(citation, "start_index", JsonValueKind.Number) is { ValueKind: JsonValueKind.Number } first ? first.GetInt32() : -1;
            int end = Member(citation, "end_index", JsonValueKind.Number) is { ValueKind: JsonValueKind.Number } last ? last.GetInt32() : -1;
            string url = _outcome.Text(Member(citation, "url", JsonValueKind.String), "url");
            if (start < 0 || start > end || end > content.Length)
                Problem($"a citation from {start} to {end} of {content.Length} characters");
            else
                choice.Citations.Add((string.Concat(content[start..end].Select(static rune => rune.ToString())), url));
            if (!Uri.TryCreate(url, UriKind.Absolute, out _) || _outcome.Text(Member(citation, "title", JsonValueKind.String), "title").Length == 0)
                Problem("a citation without address or title");
        }
    }

    private void ReadCalls(JsonElement said, ChatChoice choice, bool whole)
    {
        int count = 0;
        foreach (JsonElement call in Items(said, "tool_calls"))
        {
            count++;
            if (whole == call.TryGetProperty("index", out JsonElement index))
                Problem("calls have an index in deltas, and only there");
            if (!whole && index.ValueKind == JsonValueKind.Number && index.GetInt32() != choice.Calls.Count)
                Problem($"call index {index.GetInt32()} where {choice.Calls.Count} was due");
            string id = _outcome.Text(Member(call, "id", JsonValueKind.String), "call id");
            if (id.Length == 0 || !_callIds.Add(id))
                Problem($"the call id '{id}' is empty or repeated");
            if (Member(call, "type", JsonValueKind.String).ToString() != "function")
                Problem("a call that is no function");
            AddCall(id, Member(call, "function", JsonValueKind.Object), SignatureOf(call), choice);
        }

        if (count == 0)
            Problem("an empty list of calls");
    }

    private void AddCall(string id, JsonElement function, string? signature, ChatChoice choice)
    {
        if (function.ValueKind != JsonValueKind.Object)
            return;
        string name = _outcome.Text(Member(function, "name", JsonValueKind.String), "function name");
        if (name.Length == 0)
            Problem("a call without a name");
        string arguments = _outcome.Text(Member(function, "arguments", JsonValueKind.String), "arguments");
        choice.Calls.Add(new ChatToolCall(id, name, new StringBuilder(arguments), signature));
    }

    private void ReadLogprobs(JsonElement logprobs, ChatChoice choice)
    {
        foreach (JsonElement token in Items(logprobs, "content"))
        {
            choice.LogprobTokens.Add(_outcome.Text(Member(token, "token", JsonValueKind.String), "token"));
            if (Member(token, "logprob", JsonValueKind.Number) is { ValueKind: JsonValueKind.Number } value && value.GetDouble() > 0)
                Problem("a log probability above zero");
            Member(token, "bytes", JsonValueKind.Array);
            Member(token, "top_logprobs", JsonValueKind.Array);
        }
    }

    private void TakeUsage(JsonElement usage)
    {
        if (usage.ValueKind != JsonValueKind.Object)
        {
            Problem("the usage is no object");
            return;
        }

        int Count(JsonElement parent, string name) => Member(parent, name, JsonValueKind.Number) is { ValueKind: JsonValueKind.Number } value ? value.GetInt32() : -1;
        JsonElement prompt = Member(usage, "prompt_tokens_details", JsonValueKind.Object);
        JsonElement completion = Member(usage, "completion_tokens_details", JsonValueKind.Object);
        var counts = new ChatUsage(
            Count(usage, "prompt_tokens"), Count(usage, "completion_tokens"), Count(usage, "total_tokens"),
            Count(prompt, "cached_tokens"), Count(completion, "reasoning_tokens"));
        _outcome.Usage = counts;
        if (counts.Total != counts.Prompt + counts.Completion)
            Problem($"usage does not add up: {counts}");
        if (counts.Prompt < 0 || counts.Completion < 0 || counts.Cached < 0 || counts.Reasoning < 0 || counts.Cached > counts.Prompt || counts.Reasoning > counts.Completion)
            Problem($"usage makes no sense: {counts}");
    }

    private void CheckEnd()
    {
        if (_outcome.Error is not null)
            return;

        if (_usageAsked && _outcome.Usage is null)
            Problem("the usage is missing");
        if (_outcome.Choices.Count == 0)
            Problem("no choice at all");
        int due = 0;
        foreach ((int index, ChatChoice choice) in _outcome.Choices)
        {
            if (index != due++)
                Problem($"choice {index} where {due - 1} was due");
            CheckEnd(index, choice);
        }
    }

    private void CheckEnd(int index, ChatChoice choice)
    {
        if (choice.Finish is null)
            Problem($"choice {index} has no finish reason");
        else if (!FinishWords.Contains(choice.Finish))
            Problem($"choice {index} has the unknown finish reason {choice.Finish}");
        if (choice.Finish is "tool_calls" or "function_call" && choice.Calls.Count == 0)
            Problem($"choice {index} says {choice.Finish} and has no call");
        if (choice.Finish == "stop" && choice.Calls.Count > 0)
            Problem($"choice {index} says stop and has calls");
        foreach (ChatToolCall call in choice.Calls)
        {
            if (Parse(call.Arguments.ToString()) is null)
                Problem($"the arguments of {call.Name} are no JSON object");
        }
    }

    private string OptionalText(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return "";
        if (value.ValueKind == JsonValueKind.String)
            return _outcome.Text(value, name);
        Problem($"{name} is no text");
        return "";
    }

    private string? SignatureOf(JsonElement parent) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty("extra_content", out JsonElement extra)
            ? _outcome.Text(Member(Member(extra, "google", JsonValueKind.Object), "thought_signature", JsonValueKind.String), "signature")
            : null;

    private IEnumerable<JsonElement> Items(JsonElement parent, string name) =>
        Member(parent, name, JsonValueKind.Array) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];

    private JsonElement Member(JsonElement parent, string name, JsonValueKind kind)
    {
        if (parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind)
            return value;
        Problem($"{name} is missing or no {kind}");
        return default;
    }

    private void Problem(string text)
    {
        if (_outcome.Problems.Count < 20)
            _outcome.Problems.Add(text.Length > 300 ? text[..300] + "..." : text);
    }
}
