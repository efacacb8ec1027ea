using Pollux.Protocols.Gemini;
using Pollux.Protocols.OpenAI.Responses.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Responses.Translation;

/// <summary>Translates the conversation: instructions, and a text or items.</summary>
internal sealed class ResponsesConversation(ResponsesScope scope)
{
    private readonly ConversationBuilder _conversation = new(scope, "input");
    private readonly List<Part> _parts = []; // of the item at hand
    private RawJson _carried;                // a signature that waits for the call it belongs to
    private Part? _said;                     // the last text of the assistant's turn
    private bool _thoughtsReported;

    public void Translate()
    {
        AddInstructions();
        if (scope.Asked.Input is not { } input)
            throw new RequestFormatException("'input' is missing: a text or a list of items.", "input", RequestFormatCodes.MissingParameter);
        if (input.Items is null)
        {
            ResponsesContent.Append(scope, input.Whole, new MessagePath(0) { List = "input" }, _parts);
            _conversation.AddUser(_parts);
            _conversation.Finish(0);
            return;
        }

        for (int i = 0; i < input.Items.Count; i++)
        {
            int place = scope.PlaceOf(i);
            ResponsesItem item = input.Items[i] ?? throw new RequestFormatException($"'input[{place}]' must be an object.", $"input[{place}]", RequestFormatCodes.InvalidType);
            UnknownMembers.Report(IsUnderstood(item.Type) ? item.Unknown : null, $"input[{place}]", scope.Losses);
            _parts.Clear();
            Add(item, place);
        }

        EndTurn();
        _conversation.Finish(scope.PlaceOf(input.Items.Count - 1));
    }

    private static bool IsUnderstood(string? type) => type is null or "message" or "function_call" or "function_call_output" or "custom_tool_call" or "custom_tool_call_output" or "reasoning";

    private void AddInstructions()
    {
        JsonSlice instructions = scope.Asked.Instructions;
        if (instructions.IsEmpty)
            return;
        if (!scope.TryText(instructions, out RawJson text))
            throw new RequestFormatException("'instructions' must be a string.", "instructions", RequestFormatCodes.InvalidType);
        if (!text.IsEmptyText)
            scope.Request.AddSystemText(text);
    }

    private void Add(ResponsesItem item, int place)
    {
        var path = new MessagePath(place) { List = "input" };
        switch (item.Type)
        {
            case null or "message":
                AddMessage(item, path);
                break;
            case "function_call":
                AddCall(item, ClientToolKind.Function, place);
                break;
            case "custom_tool_call":
                AddCall(item, ClientToolKind.Custom, place);
                break;
            case "tool_search_call" when item.Execution is "client" && !item.CallId.IsEmpty:
                AddCall(item, ClientToolKind.ToolSearch, place);
                break;
            case "function_call_output" or "custom_tool_call_output":
                AddResult(item, path);
                break;
            case "tool_search_output" when item.Execution is "client" && !item.CallId.IsEmpty:
                AddFoundTools(item, path);
                break;
            case "additional_tools" or "tool_search_call" or "tool_search_output":
                break; // the tools are declared, which is all that they are for
            case "reasoning":
                AddReasoning(item, place);
                break;
            case "image_generation_call":
                AddPicture(item, place);
                break;
            case "code_interpreter_call":
                AddCode(item, path);
                break;
            case "item_reference":
                throw new RequestFormatException($"'input[{place}]' refers to an item that is not kept here. Send the item itself.", $"input[{place}].id", RequestFormatCodes.InvalidValue);
            default:
                AddForeign(item, path);
                break;
        }
    }

    private void AddMessage(ResponsesItem item, in MessagePath path)
    {
        switch (item.Role)
        {
            case "system" or "developer":
                ResponsesContent.Append(scope, item.Content, path, _parts);
                _conversation.AddSystem(_parts, path);
                break;
            case "user":
                EndTurn();
                ResponsesContent.Append(scope, item.Content, path, _parts);
                _conversation.AddUser(_parts);
                break;
            case "assistant":
                _conversation.BeginAnswer();
                Part? text = ResponsesContent.Append(scope, item.Content, path, _parts);
                if (_parts.Count == 0)
                    break;
                _conversation.AddAnswer(_parts);
                if (text is null)
                    break;
                _said = text;
                if (scope.TryText(item.Id, out RawJson id) && CallSignatures.Remembered(scope, id) is { Signature.IsEmpty: false } known)
                    text.ThoughtSignature = CallSignatures.Usable(scope, known.Signature);
                break;
            case null:
                throw new RequestFormatException($"'input[{path.Message}].role' is missing.", $"input[{path.Message}].role", RequestFormatCodes.MissingParameter);
            default:
                throw new RequestFormatException(
                    $"'input[{path.Message}].role' is not known. Supported roles are user, assistant, system and developer.", $"input[{path.Message}].role", RequestFormatCodes.UnsupportedValue);
        }
    }

    private void AddCall(ResponsesItem item, ClientToolKind kind, int place)
    {
        _conversation.BeginAnswer();
        var path = new CallPath(place, 0, CallForm.Item);
        RawJson name = kind == ClientToolKind.ToolSearch ? RawJson.String(ResponsesTools.ToolSearch) : default;
        if (name.IsEmpty && (!scope.TryText(item.Name, out name) || name.IsEmptyText))
            throw new RequestFormatException($"'{path.Member("name")}' must be the name of a tool.", path.Member("name"), RequestFormatCodes.MissingParameter);
        if (scope.TryText(item.Namespace, out RawJson space) && !space.IsEmptyText)
            name = RawJson.String(ClientTools.Joined(space.AsText(), name.AsText()!));

        scope.TryText(item.CallId, out RawJson id);
        SignedCall remembered = CallSignatures.Remembered(scope, id);
        var part = new Part
        {
            FunctionCall = new FunctionCall
            {
                Id = remembered.GeminiCallId is { } given ? RawJson.String(given) : default,
                Name = scope.Names.ToGemini(name, out _),
                Args = kind == ClientToolKind.Custom ? CustomArguments(item, path) : CallArguments.Translate(scope, item.Arguments, path),
            },
            ThoughtSignature = CallSignatures.Of(scope, _carried, remembered),
        };
        _carried = default;
        _said = null;
        _conversation.AddCall(new MadeCall(part, id, name, path));
    }

    private RawJson CustomArguments(ResponsesItem item, CallPath path)
    {
        if (!scope.TryText(item.Input, out RawJson input))
            throw new RequestFormatException($"'{path.Member("input")}' must be a string.", path.Member("input"), RequestFormatCodes.InvalidType);
        byte[] arguments = [.. """{"input":"""u8, .. input.Utf8.Span, (byte)'}'];
        return RawJson.FromUtf8(arguments);
    }

    private void AddResult(ResponsesItem item, in MessagePath path)
    {
        EndTurn();
        ResponsesContent.Append(scope, item.Output, path with { Member = "output" }, _parts);
        scope.TryText(item.CallId, out RawJson id);
        _conversation.AddResult(id, default, _parts, path with { Member = "output" });
    }

    /// <summary>The found tools are declared; the model is told which they are.</summary>
    private void AddFoundTools(ResponsesItem item, in MessagePath path)
    {
        EndTurn();
        var names = new List<string>();
        foreach (ResponsesTool? tool in item.Tools ?? [])
        {
            if (tool is not null && scope.TryText(tool.Name, out RawJson name))
                names.Add(name.AsText()!);
        }

        _parts.Add(Part.FromText(names.Count == 0 ? "No tool was found." : $"These tools can be called now: {string.Join(", ", names)}"));
        scope.TryText(item.CallId, out RawJson id);
        _conversation.AddResult(id, default, _parts, path with { Member = "tools" });
    }

    private void AddReasoning(ResponsesItem item, int place)
    {
        _conversation.BeginAnswer();
        PutCarriedOnText();
        if (scope.TryText(item.EncryptedContent, out RawJson carried))
            _carried = SignatureEnvelope.Open(carried);
        if (_thoughtsReported || item.Summary.Length <= 2)
            return;
        _thoughtsReported = true; // once: an agent's history has one per turn
        scope.Losses.Add($"input[{place}].summary", LossKind.Dropped, "Thoughts of earlier answers are not sent back.");
    }

    private void AddPicture(ResponsesItem item, int place)
    {
        if (!scope.TryText(item.Result, out RawJson result) || !scope.Model.Input.HasFlag(Gemini.Models.Modalities.Image))
        {
            scope.Losses.Add($"input[{place}]", LossKind.Dropped, "The picture is not in the request, or the model sees none.");
            return;
        }

        _conversation.BeginAnswer();
        string id = PictureSignatures.IdOfData(result.Utf8.Span[1..^1]);
        Part part = MediaParts.FromData(scope, result, type: null, $"input[{place}].result", detail: null);
        if (scope.Context.Signatures?.TryGet(id, out SignedCall known) is true)
            part.ThoughtSignature = CallSignatures.Usable(scope, known.Signature);
        _parts.Add(part);
        _conversation.AddAnswer(_parts);
    }

    private void AddCode(ResponsesItem item, in MessagePath path)
    {
        _conversation.BeginAnswer();
        if (scope.TryText(item.Code, out RawJson code) && !code.IsEmptyText)
        {
            byte[] fenced = [.. "\"```python\\n"u8, .. code.Utf8.Span[1..^1], .. "\\n```\\n\""u8];
            _parts.Add(Part.FromText(RawJson.FromUtf8(fenced)));
        }

        if (item.Outputs.FirstByte(scope.Body) == (byte)'[')
        {
            RawJson outputs = scope.Value(item.Outputs);
            foreach (ResponsesCodeOutput? output in RequestReader.Read(outputs.Utf8.Span, ResponsesJson.Default.ListResponsesCodeOutput, $"input[{path.Message}].outputs") ?? [])
            {
                if (output is { Type: "logs" } && output.Logs.FirstByte(outputs.Utf8) == (byte)'"' && !output.Logs.In(outputs.Utf8).IsEmptyText)
                    _parts.Add(Part.FromText(output.Logs.In(outputs.Utf8)));
            }
        }

        if (_parts.Count == 0)
        {
            scope.Losses.Add($"input[{path.Message}]", LossKind.Dropped, "It holds no code.");
            return;
        }

        scope.Losses.Add($"input[{path.Message}]", LossKind.Changed, "Code that ran in an earlier answer was sent as text of the assistant.");
        _conversation.AddAnswer(_parts);
    }

    /// <summary>Items of tools that Gemini does not have. What such a tool answered is shown to the model; what only OpenAI understands is left out.</summary>
    private void AddForeign(ResponsesItem item, in MessagePath path)
    {
        string place = $"input[{path.Message}]";
        if (item.Type!.EndsWith("_output", StringComparison.Ordinal) && !item.Output.IsEmpty)
        {
            EndTurn();
            if (item.Output.FirstByte(scope.Body) == (byte)'{')
            {
                RawJson output = scope.Value(item.Output);
                ResponsesAddress screenshot = RequestReader.Read(output.Utf8.Span, ResponsesJson.Default.ResponsesAddress, $"{place}.output")!;
                if (screenshot.ImageUrl.FirstByte(output.Utf8) == (byte)'"')
                    _parts.Add(MediaParts.FromText(scope, screenshot.ImageUrl.In(output.Utf8), type: null, $"{place}.output.image_url", detail: null));
            }

            if (_parts.Count == 0)
                ResponsesContent.Append(scope, item.Output, path with { Member = "output" }, _parts);
            scope.Losses.Add(place, LossKind.Changed, "Gemini has no tool of this type; what it answered was sent as the user's.");
            _conversation.AddUser(_parts);
            return;
        }

        scope.Losses.Add(place, LossKind.Dropped, "Gemini has no item of this type.");
    }

    /// <summary>The assistant's turn is over: a signature that found no call belongs to its text.</summary>
    private void EndTurn()
    {
        PutCarriedOnText();
        _carried = default;
        _said = null;
    }

    private void PutCarriedOnText()
    {
        if (!_carried.IsEmpty && _said is { ThoughtSignature.IsEmpty: true } text)
            text.ThoughtSignature = CallSignatures.Usable(scope, _carried);
    }
}
