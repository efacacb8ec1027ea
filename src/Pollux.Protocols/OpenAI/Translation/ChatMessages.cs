using Pollux.Protocols.Gemini;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>Translates the conversation.</summary>
internal sealed class ChatMessages(ChatScope scope)
{
    private readonly List<Content> _contents = scope.Request.Contents;
    private readonly List<MadeCall> _calls = [];
    private readonly List<Part> _parts = []; // of the message at hand
    private ToolStep? _step;
    private bool _thoughtsReported;
    private bool _namesReported;

    public void Translate()
    {
        if (scope.Chat.Messages is not { Count: > 0 } messages)
            throw new RequestFormatException("'messages' must hold at least one message.", "messages", RequestFormatCodes.MissingParameter);

        for (var i = 0; i < messages.Count; i++)
        {
            var message = messages[i]
                ?? throw new RequestFormatException($"'messages[{i}]' must be an object.", $"messages[{i}]", RequestFormatCodes.InvalidType);
            UnknownMembers.Report(message.Unknown, $"messages[{i}]", scope.Losses);
            _parts.Clear();
            switch (message.Role)
            {
                case "system" or "developer":
                    AddSystem(message, i);
                    break;
                case "user":
                    ReportName(message, i);
                    ChatContent.Append(scope, message.Content, i, _parts);
                    AddUserParts(_parts);
                    break;
                case "assistant" or "model":
                    AddAssistant(message, i);
                    break;
                case "tool" or "function":
                    AddToolResult(message, i);
                    break;
                case null:
                    throw new RequestFormatException($"'messages[{i}].role' is missing.", $"messages[{i}].role", RequestFormatCodes.MissingParameter);
                default:
                    throw new RequestFormatException(
                        $"'messages[{i}].role' is not known. Supported roles are system, developer, user, assistant, tool and function.",
                        $"messages[{i}].role", RequestFormatCodes.UnsupportedValue);
            }
        }
        CloseStep();
        PastPictures.Restore(scope);
        SettleEnds(messages.Count);
        CallSignatures.FillGaps(scope, _calls);
    }

    private void AddSystem(ChatMessage message, int index)
    {
        ChatContent.Append(scope, message.Content, index, _parts);
        if (_parts.Count == 0)
            return;
        if (_contents.Count > 0 || _step is not null)
            scope.Losses.Add($"messages[{index}]", LossKind.Changed, "Gemini has one system instruction; this part of it was moved to the start.");
        foreach (var part in _parts)
        {
            if (!part.Text.IsEmpty)
            {
                scope.Request.AddSystemText(part.Text);
                continue;
            }
            scope.Losses.Add($"messages[{index}].content", LossKind.Changed, "A system instruction is text only; media were sent as the user's.");
            AddUserParts([part]);
        }
    }

    private void AddUserParts(List<Part> parts)
    {
        if (parts.Count == 0)
            return;
        (_step is not null ? _step.Behind : Turn(Content.User).Parts).AddRange(parts);
    }

    private void AddAssistant(ChatMessage message, int index)
    {
        if (_step is { IsFresh: false })
            CloseStep();
        ReportAssistantLosses(message, index);

        var text = ChatContent.Append(scope, message.Content, index, _parts);
        if (scope.TryText(message.Refusal, out var refusal) && !refusal.IsEmptyText && text is null)
            _parts.Add(Part.FromText(refusal));
        var hasCalls = message.ToolCalls is { Count: > 0 } || message.FunctionCall is not null;
        if (text is not null && !hasCalls && message.ExtraContent?.Google is { ThoughtSignature.IsEmpty: false } google && text.ThoughtSignature.IsEmpty)
            text.ThoughtSignature = CallSignatures.Usable(scope, scope.Value(google.ThoughtSignature));
        if (_parts.Count == 0 && !hasCalls)
            return;

        var content = Turn(Content.Model);
        content.Parts.AddRange(_parts);
        if (!hasCalls)
            return;
        _step ??= new ToolStep(content);
        if (message.ToolCalls is { Count: > 0 } calls)
        {
            for (var i = 0; i < calls.Count; i++)
                AddCall(content, calls[i], message, new CallPath(index, i));
            return;
        }
        AddCall(content, new ChatToolCall { Function = message.FunctionCall }, message, new CallPath(index, -1));
    }

    private void AddCall(Content content, ChatToolCall? call, ChatMessage message, CallPath path)
    {
        if (call is null)
            throw new RequestFormatException($"'{path.Whole}' must be an object.", path.Whole, RequestFormatCodes.InvalidType);
        if (call.Function is not { } function)
            throw new RequestFormatException($"'{path.Whole}.function' is missing.", $"{path.Whole}.function", RequestFormatCodes.MissingParameter);
        if (!scope.TryFunctionName(function.Name, out var name, out _))
            throw new RequestFormatException($"'{path.Member("name")}' must be the name of a function.", path.Member("name"), RequestFormatCodes.MissingParameter);

        scope.TryText(call.Id, out var id);
        var remembered = CallSignatures.Remembered(scope, id);
        var part = new Part
        {
            FunctionCall = new FunctionCall
            {
                Id = remembered.GeminiCallId is { } given ? RawJson.String(given) : default,
                Name = name,
                Args = CallArguments.Translate(scope, function.Arguments, path),
            },
            ThoughtSignature = CallSignatures.Of(scope, call, path.Call <= 0 ? message.ExtraContent : null, remembered),
        };
        content.Parts.Add(part);
        var made = new MadeCall(part, id, scope.Value(function.Name), path);
        _calls.Add(made);
        _step!.Add(made);
    }

    private void AddToolResult(ChatMessage message, int index)
    {
        ChatContent.Append(scope, message.Content, index, _parts);
        scope.TryText(message.ToolCallId, out var id);
        scope.TryText(message.Name, out var name);
        if (_step is not null && _step.TryFindOpen(id, name, out var slot, out var call))
        {
            _step.Answer(slot, ToolResults.Translate(scope, _parts, call.Part.FunctionCall!, index, _step));
            return;
        }
        // Clients that cut old messages away leave answers without their calls. As text the model can still read them.
        scope.Losses.Add($"messages[{index}]", LossKind.Changed, "No call of the turn before has this id; the answer was sent as text of the user.");
        AddUserParts(_parts);
    }

    private Content Turn(string role)
    {
        if (_contents.Count == 0 || _contents[^1].Role != role)
            _contents.Add(new Content(role));
        return _contents[^1];
    }

    private void CloseStep()
    {
        _step?.Close(_contents, scope.Losses);
        _step = null;
    }

    private void SettleEnds(int count)
    {
        if (_contents.Count == 0)
        {
            if (scope.Request.SystemInstruction is not { Parts.Count: > 0 } system)
                throw new RequestFormatException("'messages' hold no content.", "messages", RequestFormatCodes.InvalidValue);
            Turn(Content.User).Parts.AddRange(system.Parts); // Gemini wants at least one turn
            scope.Request.SystemInstruction = null;
            scope.Losses.Add("messages[0]", LossKind.Changed, "There is no user message; the system instruction was sent as one.");
        }
        if (_contents[0].Role != Content.User)
        {
            // Role-play clients begin with a greeting of the assistant. Gemini wants the user first; a blank says nothing.
            var opening = new Content(Content.User);
            opening.Parts.Add(Part.FromText(" "));
            _contents.Insert(0, opening);
            scope.Losses.Add("messages", LossKind.Changed, "Gemini wants the user to begin; a blank was put first.");
        }
        if (scope.Model.PrefillRefused && _contents[^1].Role == Content.Model)
        {
            var prefill = _contents[^1];
            _contents.RemoveAt(_contents.Count - 1);
            foreach (var part in prefill.Parts)
                part.ThoughtSignature = default;
            Turn(Content.User).Parts.AddRange(prefill.Parts);
            scope.Losses.Add($"messages[{count - 1}]", LossKind.Changed, "The model does not continue an answer that was begun; it was sent as the user's.");
        }
    }

    private void ReportAssistantLosses(ChatMessage message, int index)
    {
        if (!_thoughtsReported && !(message.ReasoningContent.IsEmpty && message.Reasoning.IsEmpty && message.ReasoningDetails.IsEmpty))
        {
            _thoughtsReported = true; // once: an agent's history has one per turn
            scope.Losses.Add($"messages[{index}].reasoning_content", LossKind.Dropped, "Thoughts of earlier answers are not sent back.");
        }
        if (!message.Audio.IsEmpty)
            scope.Losses.Add($"messages[{index}].audio", LossKind.Dropped, "Sound of earlier answers is not kept.");
        ReportName(message, index);
    }

    private void ReportName(ChatMessage message, int index)
    {
        if (_namesReported || message.Name.IsEmpty)
            return;
        _namesReported = true;
        scope.Losses.Add($"messages[{index}].name", LossKind.Dropped, "Gemini knows no names of participants.");
    }
}
