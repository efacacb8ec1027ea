using System.Text;
using System.Text.Json;

namespace Pollux.Tests.Protocols.Anthropic.Reading;

/// <summary>
/// Reads messages as strictly as the strictest client: a state machine over the events of a stream, and the same rules for a whole
/// answer. Nothing is thrown for a bad answer; what is wrong stands in <see cref="MessagesOutcome.Problems"/>.
/// </summary>
internal sealed class MessagesValidator
{
    private static readonly string[] StopReasons = ["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"];

    /// <summary>Which deltas a block takes; a block without an entry takes none.</summary>
    private static readonly Dictionary<string, string[]> Deltas = new(StringComparer.Ordinal)
    {
        ["text"] = ["text_delta", "citations_delta"],
        ["thinking"] = ["thinking_delta", "signature_delta"],
        ["tool_use"] = ["input_json_delta"],
        ["server_tool_use"] = ["input_json_delta"],
        ["web_search_tool_result"] = [],
        ["code_execution_tool_result"] = [],
    };

    private readonly MessagesOutcome _outcome = new();
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private bool _started;
    private bool _ended;   // message_delta was there
    private bool _stopped; // message_stop was there
    private MessageBlock? _open;

    /// <summary>Reads a stream.</summary>
    public static MessagesOutcome Stream(ReadOnlySpan<byte> body)
    {
        var validator = new MessagesValidator();
        validator.ReadStream(Encoding.UTF8.GetString(body));
        validator.CheckBlocks();
        return validator._outcome;
    }

    /// <summary>Reads a whole answer, or the error that came instead.</summary>
    public static MessagesOutcome Whole(ReadOnlyMemory<byte> body)
    {
        var validator = new MessagesValidator();
        if (validator.Parse(Encoding.UTF8.GetString(body.Span)) is { } answer)
            validator.ReadWhole(answer);
        validator.CheckBlocks();
        return validator._outcome;
    }

    private void ReadStream(string text)
    {
        if (text.Contains('\r', StringComparison.Ordinal))
            Problem("a stream has carriage returns");
        if (!text.EndsWith("\n\n", StringComparison.Ordinal))
            Problem("the last event is not complete");
        foreach (string block in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] lines = block.Split('\n');
            if (lines.Length != 2 || !lines[0].StartsWith("event: ", StringComparison.Ordinal) || !lines[1].StartsWith("data: ", StringComparison.Ordinal))
            {
                Problem($"no event line and data line: {block}");
                continue;
            }

            if (_stopped || _outcome.Error is not null)
                Problem($"something follows the end: {block}");
            if (Parse(lines[1]["data: ".Length..]) is not { } data)
                continue;
            string name = lines[0]["event: ".Length..];
            if (Text(data, "type") != name)
                Problem($"event {name} holds the type {Text(data, "type")}");
            Take(name, data);
        }

        if (_outcome.Error is not null)
            return;
        if (!_stopped)
            Problem("the stream ends without message_stop and without an error");
    }

    private void Take(string name, JsonElement data)
    {
        if (!_started && name is not ("message_start" or "error"))
            Problem($"{name} before message_start");
        if (_ended && name is not ("message_stop" or "ping" or "error"))
            Problem($"{name} after message_delta");
        switch (name)
        {
            case "message_start":
                if (_started)
                    Problem("a second message_start");
                _started = true;
                TakeStart(data.GetProperty("message"));
                break;
            case "ping":
                _outcome.Pings++;
                break;
            case "content_block_start":
                OpenBlock(data);
                break;
            case "content_block_delta":
                AddDelta(data);
                break;
            case "content_block_stop":
                if (_open is null || data.GetProperty("index").GetInt32() != _outcome.Blocks.Count - 1)
                    Problem("a stop of a block that is not open");
                else
                    _open.IsClosed = true;
                _open = null;
                break;
            case "message_delta":
                if (_open is not null)
                    Problem("message_delta inside a block");
                _ended = true;
                TakeEnd(data.GetProperty("delta"));
                TakeUsage(data.GetProperty("usage"));
                break;
            case "message_stop":
                if (!_ended)
                    Problem("message_stop without message_delta");
                _stopped = true;
                break;
            case "error":
                TakeError(data);
                break;
            default:
                Problem($"an unknown event {name}");
                break;
        }
    }

    private void TakeStart(JsonElement message)
    {
        CheckHead(message);
        if (message.GetProperty("content").GetArrayLength() != 0 || message.GetProperty("stop_reason").ValueKind != JsonValueKind.Null || message.GetProperty("stop_sequence").ValueKind != JsonValueKind.Null)
            Problem("a message that begins with content or with its end");
        TakeUsage(message.GetProperty("usage"));
        _outcome.FirstInput = _outcome.Usage!.Value.Input;
    }

    private void OpenBlock(JsonElement data)
    {
        if (_open is not null)
            Problem("a block begins inside another");
        if (data.GetProperty("index").GetInt32() != _outcome.Blocks.Count)
            Problem($"index {data.GetProperty("index")} where {_outcome.Blocks.Count} was due");
        JsonElement start = data.GetProperty("content_block");
        _open = new MessageBlock { Type = Text(start, "type"), Start = start };
        _outcome.Blocks.Add(_open);
        bool isEmpty = _open.Type switch
        {
            "text" => Text(start, "text").Length == 0,
            "thinking" => Text(start, "thinking").Length == 0 && Text(start, "signature").Length == 0,
            "tool_use" or "server_tool_use" => start.GetProperty("input").EnumerateObject().MoveNext() == false,
            _ => true,
        };
        if (!isEmpty)
            Problem($"a {_open.Type} that begins with its content");
    }

    private void AddDelta(JsonElement data)
    {
        JsonElement delta = data.GetProperty("delta");
        string type = Text(delta, "type");
        if (_open is null || data.GetProperty("index").GetInt32() != _outcome.Blocks.Count - 1)
        {
            Problem($"{type} outside its block");
            return;
        }

        if (!Deltas.TryGetValue(_open.Type, out string[]? allowed) || !allowed.Contains(type))
            Problem($"{type} in a block of {_open.Type}");
        if (_open.Signature is not null)
            Problem($"{type} behind the signature");
        switch (type)
        {
            case "text_delta":
                if (_open.Citations.Count > 0)
                    Problem("text behind citations");
                Append(_open.Text, delta, "text");
                break;
            case "thinking_delta":
                Append(_open.Text, delta, "thinking");
                break;
            case "signature_delta":
                _open.Signature = Text(delta, "signature");
                break;
            case "input_json_delta":
                Append(_open.Pieces, delta, "partial_json");
                break;
            case "citations_delta":
                _open.Citations.Add(delta.GetProperty("citation"));
                break;
        }
    }

    private void ReadWhole(JsonElement answer)
    {
        if (Text(answer, "type") == "error")
        {
            TakeError(answer);
            return;
        }

        CheckHead(answer);
        foreach (JsonElement block in answer.GetProperty("content").EnumerateArray())
        {
            var read = new MessageBlock { Type = Text(block, "type"), Start = block, IsClosed = true };
            _outcome.Blocks.Add(read);
            if (read.Type == "text")
            {
                read.Text.Append(Text(block, "text"));
                if (block.TryGetProperty("citations", out JsonElement citations) && citations.ValueKind == JsonValueKind.Array)
                    read.Citations.AddRange(citations.EnumerateArray());
            }
            else if (read.Type == "thinking")
            {
                read.Text.Append(Text(block, "thinking"));
                read.Signature = Text(block, "signature");
            }
        }

        TakeEnd(answer);
        TakeUsage(answer.GetProperty("usage"));
    }

    private void CheckHead(JsonElement message)
    {
        if (Text(message, "type") != "message" || Text(message, "role") != "assistant" || !Text(message, "id").StartsWith("msg_", StringComparison.Ordinal))
            Problem("no message of the assistant with an id");
        _outcome.Model = Text(message, "model");
    }

    private void TakeEnd(JsonElement end)
    {
        _outcome.StopReason = Text(end, "stop_reason");
        if (!StopReasons.Contains(_outcome.StopReason))
            Problem($"the stop reason {_outcome.StopReason}");
        if (end.GetProperty("stop_sequence").ValueKind != JsonValueKind.Null)
            Problem("a stop sequence that nobody can know");
        if (end.TryGetProperty("stop_details", out JsonElement details) && details.ValueKind == JsonValueKind.Object)
            _outcome.Refusal = Text(details, "explanation");
        if (_outcome.StopReason == "refusal" != _outcome.Refusal is not null)
            Problem("a refusal without its reason, or a reason without a refusal");
    }

    private void TakeUsage(JsonElement usage)
    {
        int Count(string name) => usage.GetProperty(name).GetInt32();
        _outcome.Usage = new MessagesUsage(Count("input_tokens"), Count("cache_read_input_tokens"), Count("output_tokens"));
        if (Count("input_tokens") < 0 || Count("cache_creation_input_tokens") != 0)
            Problem("token counts that cannot be");
    }

    private void TakeError(JsonElement body)
    {
        JsonElement error = body.GetProperty("error");
        _outcome.Error = error;
        if (Text(error, "type").Length == 0 || Text(error, "message").Length == 0)
            Problem("an error without type or message");
    }

    private void CheckBlocks()
    {
        if (_outcome.Error is not null)
            return;
        string? server = null;
        for (int i = 0; i < _outcome.Blocks.Count; i++)
        {
            MessageBlock block = _outcome.Blocks[i];
            if (!block.IsClosed)
                Problem($"block {i} is never closed");
            if (!Deltas.ContainsKey(block.Type))
                Problem($"an unknown block {block.Type}");
            if (block.Type == "text" && block.Text.Length == 0)
                Problem("an empty text");
            if (block.Type == "thinking" && string.IsNullOrEmpty(block.Signature))
                Problem("a thought without a signature");
            if (block.Type is "tool_use" or "server_tool_use")
                CheckUse(block);
            if (block.Type == "server_tool_use")
                server = Text(block.Start, "id");
            else if (block.Type.EndsWith("_tool_result", StringComparison.Ordinal) && Text(block.Start, "tool_use_id") != server)
                Problem($"{block.Type} without the use before it");
        }

        if (_outcome.Calls.Any() && _outcome.StopReason == "end_turn" || !_outcome.Calls.Any() && _outcome.StopReason == "tool_use")
            Problem($"the stop reason {_outcome.StopReason} with {_outcome.Calls.Count()} calls");
    }

    private void CheckUse(MessageBlock block)
    {
        string id = Text(block.Start, "id");
        if (id.Length == 0 || !_ids.Add(id) || Text(block.Start, "name").Length == 0)
            Problem("a use of a tool without a name, or without an id of its own");
        try
        {
            if (block.Input.ValueKind != JsonValueKind.Object)
                Problem($"input that is no object: {block.Pieces}");
        }
        catch (JsonException)
        {
            Problem($"input that is no JSON: {block.Pieces}");
        }
    }

    private void Append(StringBuilder target, JsonElement delta, string member)
    {
        string text = Text(delta, member);
        if (text.Length == 0)
            Problem($"an empty {member}");
        target.Append(text);
    }

    private JsonElement? Parse(string json)
    {
        try
        {
            return JsonElement.Parse(json);
        }
        catch (JsonException fault)
        {
            Problem($"no JSON ({fault.Message}): {json}");
            return null;
        }
    }

    private string Text(JsonElement holder, string member)
    {
        if (!holder.TryGetProperty(member, out JsonElement value) || value.ValueKind != JsonValueKind.String)
            return "";
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            Problem($"{member} is no valid text: {value.GetRawText()}");
            return "";
        }
    }

    private void Problem(string problem) => _outcome.Problems.Add(problem);
}
