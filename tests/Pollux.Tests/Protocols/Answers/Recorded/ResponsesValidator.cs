using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pollux.Tests.Protocols.Answers.Recorded;

/// <summary>
/// Reads a streamed or whole response as strictly as the dialect allows: names and numbers of events, one item open at a time,
/// deltas only in open parts of their kind, deltas that join to what is done, an end that repeats all items, usage.
/// </summary>
internal sealed class ResponsesValidator
{
    private static readonly string[] Ends = ["response.completed", "response.incomplete", "response.failed"];

    private static readonly string[] Members =
    [
        "id", "object", "created_at", "status", "error", "incomplete_details", "instructions", "max_output_tokens", "metadata", "model", "output", "parallel_tool_calls",
        "previous_response_id", "reasoning", "store", "temperature", "text", "tool_choice", "tools", "top_p", "truncation", "usage", "user",
    ];

    private readonly ResponsesOutcome _outcome = new();
    private readonly List<JsonNode> _done = [];
    private JsonObject? _item;     // the open one, as it began
    private string? _part;         // the kind of the open part
    private int _parts;            // of the open item, that are done
    private int _annotations;
    private readonly StringBuilder _deltas = new();
    private readonly List<JsonNode> _doneParts = [];
    private string? _doneText;

    public static ResponsesOutcome Stream(ReadOnlySpan<byte> bytes)
    {
        var validator = new ResponsesValidator();
        validator.Read(Encoding.UTF8.GetString(bytes));
        return validator._outcome;
    }

    public static ResponsesOutcome Whole(ReadOnlySpan<byte> bytes)
    {
        var validator = new ResponsesValidator();
        validator.End(JsonNode.Parse(bytes)!.AsObject(), null);
        return validator._outcome;
    }

    private void Problem(string text) => _outcome.Problems.Add(text);

    private void Must(bool holds, string otherwise)
    {
        if (!holds)
            Problem(otherwise);
    }

    private void Read(string text)
    {
        foreach (string block in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] lines = block.Split('\n');
            if (lines is not [{ } name, { } data] || !name.StartsWith("event: ", StringComparison.Ordinal) || !data.StartsWith("data: ", StringComparison.Ordinal))
            {
                Problem($"not an event of a name and a line of data: {block[..Math.Min(block.Length, 100)]}");
                continue;
            }

            JsonObject json;
            try
            {
                json = JsonNode.Parse(data["data: ".Length..])!.AsObject();
            }
            catch (JsonException fault)
            {
                Problem($"no JSON: {fault.Message}");
                continue;
            }

            string type = json["type"]!.GetValue<string>();
            Must(name["event: ".Length..] == type, $"{name} holds {type}");
            Must(json["sequence_number"]?.GetValue<int>() == _outcome.Events.Count, $"{type} has number {json["sequence_number"]} in place {_outcome.Events.Count}");
            Must(_outcome.Status is null, $"{type} behind the end");
            _outcome.Events.Add(type);
            if (_outcome.Events.Count <= 2)
                Must(type == (_outcome.Events.Count == 1 ? "response.created" : "response.in_progress"), $"{type} at the begin");
            Take(type, json);
        }

        Must(_outcome.Status is not null, "no end");
        Must(text.EndsWith("\n\n", StringComparison.Ordinal), "the last event is cut");
    }

    private void Take(string type, JsonObject json)
    {
        switch (type)
        {
            case "response.created" or "response.in_progress":
                CheckResponse(json["response"]!.AsObject(), "in_progress");
                break;
            case "response.output_item.added":
                Must(_item is null, "an item begins in another");
                Must(Index(json) == _done.Count, $"item {Index(json)} begins in place {_done.Count}");
                _item = json["item"]!.AsObject();
                (_part, _parts, _annotations, _doneText) = (null, 0, 0, null);
                _deltas.Clear();
                _doneParts.Clear();
                Must(ResponsesOutcome.Word(_item, "id") is { Length: > 0 }, "an item without an id");
                break;
            case "response.output_item.done":
                Finish(json);
                break;
            case "response.content_part.added" or "response.reasoning_summary_part.added":
                InItem(json, type.Contains("summary", StringComparison.Ordinal) ? "reasoning" : "message");
                Must(_part is null && PartIndex(json) == _parts, $"{type} out of turn");
                _part = ResponsesOutcome.Word(json["part"], "type");
                (_annotations, _doneText) = (0, null);
                _deltas.Clear();
                break;
            case "response.content_part.done" or "response.reasoning_summary_part.done":
                InItem(json, type.Contains("summary", StringComparison.Ordinal) ? "reasoning" : "message");
                Must(_part is not null && PartIndex(json) == _parts, $"{type} out of turn");
                string? whole = ResponsesOutcome.Word(json["part"], _part == "refusal" ? "refusal" : "text");
                Must(whole == _doneText, "a part is done that is not what was done");
                if (_part == "output_text")
                    Must((json["part"]!["annotations"] as JsonArray)?.Count == _annotations, "annotations that were not told");
                _doneParts.Add(json["part"]!);
                _part = null;
                _parts++;
                break;
            case "response.output_text.annotation.added":
                InPart(json, "message", "output_text");
                Must(json["annotation_index"]?.GetValue<int>() == _annotations++, "annotations out of order");
                break;
            case "response.output_text.delta" or "response.refusal.delta" or "response.reasoning_summary_text.delta":
                InPart(json, Holder(type), PartOf(type));
                Must(_doneText is null, "a delta behind its end");
                _deltas.Append(ResponsesOutcome.Word(json, "delta") ?? "?");
                break;
            case "response.output_text.done" or "response.refusal.done" or "response.reasoning_summary_text.done":
                InPart(json, Holder(type), PartOf(type));
                _doneText = ResponsesOutcome.Word(json, PartOf(type) == "refusal" ? "refusal" : "text");
                Must(_doneText == _deltas.ToString(), $"{type}: deltas do not join to it");
                break;
            case "response.function_call_arguments.delta" or "response.custom_tool_call_input.delta" or "response.code_interpreter_call_code.delta":
                InItem(json, KindOf(type));
                _deltas.Append(ResponsesOutcome.Word(json, "delta") ?? "?");
                break;
            case "response.function_call_arguments.done" or "response.custom_tool_call_input.done" or "response.code_interpreter_call_code.done":
                InItem(json, KindOf(type));
                _doneText = ResponsesOutcome.Word(json, TextMember(KindOf(type)));
                Must(_doneText == _deltas.ToString(), $"{type}: deltas do not join to it");
                break;
            case "response.web_search_call.in_progress" or "response.web_search_call.searching" or "response.web_search_call.completed":
                InItem(json, "web_search_call");
                break;
            case "response.code_interpreter_call.in_progress" or "response.code_interpreter_call.interpreting" or "response.code_interpreter_call.completed":
                InItem(json, "code_interpreter_call");
                break;
            case "response.image_generation_call.in_progress" or "response.image_generation_call.generating" or "response.image_generation_call.completed":
                InItem(json, "image_generation_call");
                break;
            case "response.completed" or "response.incomplete" or "response.failed":
                End(json["response"]!.AsObject(), type);
                break;
            default:
                Problem($"unknown event {type}");
                break;
        }
    }

    private void Finish(JsonObject json)
    {
        JsonObject item = json["item"]!.AsObject();
        string type = ResponsesOutcome.Word(item, "type") ?? "";
        Must(_item is not null && Index(json) == _done.Count && ResponsesOutcome.Word(_item, "id") == ResponsesOutcome.Word(item, "id") && ResponsesOutcome.Word(_item, "type") == type, "an item ends that did not begin");
        Must(ResponsesOutcome.Word(_item, "call_id") == ResponsesOutcome.Word(item, "call_id"), "another call ends than began");
        Must(_part is null, "an item ends in the midst of a part");
        if (type is "message" or "reasoning")
            Must(JsonNode.DeepEquals(item[type == "message" ? "content" : "summary"], new JsonArray([.. _doneParts.Select(static part => part.DeepClone())])), "an item is not what its parts are");
        if (type is "function_call" or "custom_tool_call" or "code_interpreter_call")
            Must(ResponsesOutcome.Word(item, TextMember(type)) == _doneText, $"a {type} is not what was told");
        _done.Add(item);
        _item = null;
    }

    private void End(JsonObject response, string? type)
    {
        _outcome.Response = response;
        _outcome.Status = ResponsesOutcome.Word(response, "status");
        if (type is not null)
        {
            Must(type == "response." + _outcome.Status, $"{type} with status {_outcome.Status}");
            Must(Ends.Contains(type), "another end");
            Must(_item is null || type == "response.failed", "an end in the midst of an item");
            Must(JsonNode.DeepEquals(response["output"], new JsonArray([.. _done.Select(static item => item.DeepClone())])), "the end does not repeat the items");
        }

        CheckResponse(response, _outcome.Status ?? "?");
        Must((_outcome.Status == "failed") == response["error"] is JsonObject, "error and status disagree");
        Must((_outcome.Status == "incomplete") == response["incomplete_details"] is JsonObject, "incomplete_details and status disagree");
        if (_outcome.Status is "completed" or "incomplete")
        {
            JsonNode? usage = response["usage"];
            Must(usage?["total_tokens"]?.GetValue<int>() == usage?["input_tokens"]?.GetValue<int>() + usage?["output_tokens"]?.GetValue<int>(), "usage does not add up");
            Must(usage?["input_tokens_details"]?["cached_tokens"] is not null && usage["output_tokens_details"]?["reasoning_tokens"] is not null, "usage without details");
        }

        var ids = _outcome.Items.Select(static item => ResponsesOutcome.Word(item, "id")).ToList();
        Must(ids.Distinct().Count() == ids.Count && !ids.Contains(null), "items without ids of their own");
        foreach (JsonObject call in _outcome.Of("function_call"))
        {
            Must(ResponsesOutcome.Word(call, "call_id") is { Length: > 0 } && ResponsesOutcome.Word(call, "name") is { Length: > 0 }, "a call without id or name");
            Must(JsonNode.Parse(ResponsesOutcome.Word(call, "arguments") ?? "") is JsonObject, "arguments that are no object");
        }
    }

    private void CheckResponse(JsonObject response, string status)
    {
        Must(ResponsesOutcome.Word(response, "object") == "response" && ResponsesOutcome.Word(response, "status") == status, "not a response in its state");
        Must(ResponsesOutcome.Word(response, "id")?.StartsWith("resp_", StringComparison.Ordinal) is true, "an id of another kind");
        foreach (string member in Members.Where(member => !response.ContainsKey(member)))
            Problem($"the response has no {member}");
    }

    private void InItem(JsonObject json, string type)
    {
        Must(_item is not null && ResponsesOutcome.Word(_item, "type") == type, $"{json["type"]} outside of a {type}");
        Must(ResponsesOutcome.Word(json, "item_id") == ResponsesOutcome.Word(_item, "id") && Index(json) == _done.Count, $"{json["type"]} about another item");
    }

    private void InPart(JsonObject json, string item, string part)
    {
        InItem(json, item);
        Must(_part == part && PartIndex(json) == _parts, $"{json["type"]} outside of a part of {part}");
    }

    private static int Index(JsonObject json) => json["output_index"]?.GetValue<int>() ?? -1;

    private static int PartIndex(JsonObject json) => (json["content_index"] ?? json["summary_index"])?.GetValue<int>() ?? -1;

    private static string Holder(string type) => type.Contains("summary", StringComparison.Ordinal) ? "reasoning" : "message";

    private static string PartOf(string type) => type.Contains("summary", StringComparison.Ordinal) ? "summary_text" : type.Contains("refusal", StringComparison.Ordinal) ? "refusal" : "output_text";

    private static string KindOf(string type) => type.Contains("function", StringComparison.Ordinal) ? "function_call" : type.Contains("custom", StringComparison.Ordinal) ? "custom_tool_call" : "code_interpreter_call";

    private static string TextMember(string kind) => kind switch { "function_call" => "arguments", "custom_tool_call" => "input", _ => "code" };
}
