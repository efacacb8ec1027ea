using Pollux.Protocols.Gemini;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>Translates the conversation.</summary>
internal sealed class ChatMessages(ChatScope scope)
{
    private readonly ConversationBuilder _conversation = new(scope, "messages");
    private readonly List<Part> _parts = []; // of the message at hand
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
                    ChatContent.Append(scope, message.Content, i, _parts);
                    _conversation.AddSystem(_parts, new MessagePath(i));
                    break;
                case "user":
                    ReportName(message, i);
                    ChatContent.Append(scope, message.Content, i, _parts);
                    _conversation.AddUser(_parts);
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
        _conversation.Finish(messages.Count - 1);
    }

    private void AddAssistant(ChatMessage message, int index)
    {
        _conversation.BeginAnswer();
        ReportAssistantLosses(message, index);

        var text = ChatContent.Append(scope, message.Content, index, _parts);
        if (scope.TryText(message.Refusal, out var refusal) && !refusal.IsEmptyText && text is null)
            _parts.Add(Part.FromText(refusal));
        var hasCalls = message.ToolCalls is { Count: > 0 } || message.FunctionCall is not null;
        if (text is not null && !hasCalls && message.ExtraContent?.Google is { ThoughtSignature.IsEmpty: false } google && text.ThoughtSignature.IsEmpty)
            text.ThoughtSignature = CallSignatures.Usable(scope, scope.Value(google.ThoughtSignature));
        if (_parts.Count == 0 && !hasCalls)
            return;

        _conversation.AddAnswer(_parts);
        if (message.ToolCalls is { Count: > 0 } calls)
        {
            for (var i = 0; i < calls.Count; i++)
                AddCall(calls[i], message, new CallPath(index, i));
        }
        else if (message.FunctionCall is { } older)
        {
            AddCall(new ChatToolCall { Function = older }, message, new CallPath(index, 0, CallForm.FunctionCall));
        }
    }

    private void AddCall(ChatToolCall? call, ChatMessage message, CallPath path)
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
            ThoughtSignature = CallSignatures.Of(scope, SentSignature(call, path.Call == 0 ? message.ExtraContent : null), remembered),
        };
        _conversation.AddCall(new MadeCall(part, id, scope.Value(function.Name), path));
    }

    /// <summary>The signature that the client sent with a call, in whichever place it keeps it.</summary>
    private RawJson SentSignature(ChatToolCall call, ChatExtraContent? message)
    {
        ReadOnlySpan<JsonSlice> places = [call.ExtraContent?.Google?.ThoughtSignature ?? default, call.Function?.ThoughtSignature ?? default, message?.Google?.ThoughtSignature ?? default];
        foreach (var place in places)
            if (!place.IsEmpty && CallSignatures.Usable(scope, scope.Value(place)) is { IsEmpty: false } usable)
                return usable;
        return default;
    }

    private void AddToolResult(ChatMessage message, int index)
    {
        ChatContent.Append(scope, message.Content, index, _parts);
        scope.TryText(message.ToolCallId, out var id);
        scope.TryText(message.Name, out var name);
        _conversation.AddResult(id, name, _parts, new MessagePath(index));
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
