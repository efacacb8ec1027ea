using Pollux.Protocols.Anthropic.Requests;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Translation;

/// <summary>Translates the system instruction and the conversation.</summary>
internal sealed class MessagesConversation(MessagesScope scope)
{
    private readonly ConversationBuilder _conversation = new(scope, "messages");
    private readonly List<Part> _parts = []; // of the message at hand
    private readonly List<Part> _result = []; // of the tool's result at hand

    public void Translate()
    {
        AddSystem(scope.Asked.System, new MessagePath(0) { List = "system", Member = "content" }, "system");
        if (scope.Asked.Messages is not { Count: > 0 } messages)
            throw new RequestFormatException("'messages' must hold at least one message.", "messages", RequestFormatCodes.MissingParameter);

        var assistant = new AssistantBlocks(scope, _conversation);
        for (var i = 0; i < messages.Count; i++)
        {
            var message = messages[i]
                ?? throw new RequestFormatException($"'messages[{i}]' must be an object.", $"messages[{i}]", RequestFormatCodes.InvalidType);
            UnknownMembers.Report(message.Unknown, $"messages[{i}]", scope.Losses);
            switch (message.Role)
            {
                case "user":
                    AddUser(message.Content, i);
                    break;
                case "assistant":
                    assistant.Add(message.Content, i);
                    break;
                case "system":
                    AddSystem(message.Content, new MessagePath(i), $"messages[{i}].content");
                    break;
                case null:
                    throw new RequestFormatException($"'messages[{i}].role' is missing.", $"messages[{i}].role", RequestFormatCodes.MissingParameter);
                default:
                    throw new RequestFormatException(
                        $"'messages[{i}].role' is not known. Supported roles are user, assistant and system.", $"messages[{i}].role", RequestFormatCodes.UnsupportedValue);
            }
        }
        _conversation.Finish(messages.Count - 1);
    }

    private void AddSystem(JsonSlice content, in MessagePath path, string place)
    {
        _parts.Clear();
        switch (content.FirstByte(scope.Body))
        {
            case 0:
                return;
            case (byte)'"':
                BlockContent.AddText(scope.Value(content), _parts);
                break;
            case (byte)'[':
                var blocks = scope.Blocks(content, place);
                for (var i = 0; i < blocks.Count; i++)
                    AddSystemBlock(blocks[i], $"{place}[{i}]");
                break;
            default:
                throw MessagesScope.Wrong(content, place, "a string or a list of text blocks");
        }
        _conversation.AddSystem(_parts, path);
    }

    private void AddSystemBlock(MessagesBlock? block, string path)
    {
        switch (block?.Type)
        {
            case "text":
                UnknownMembers.Report(block.Unknown, path, scope.Losses);
                BlockContent.AddText(BlockContent.TextOf(scope, block.Text, $"{path}.text"), _parts);
                break;
            case "tool_addition" or "tool_removal":
                scope.Losses.Add(path, LossKind.Dropped, "All tools are declared from the start.");
                break;
            default:
                throw new RequestFormatException($"'{path}' must be a text block.", path, RequestFormatCodes.UnsupportedValue);
        }
    }

    /// <summary>What the user said, and what the tools gave that the assistant called.</summary>
    private void AddUser(JsonSlice content, int index)
    {
        _parts.Clear();
        var path = new MessagePath(index);
        switch (content.FirstByte(scope.Body))
        {
            case (byte)'"':
                BlockContent.AddText(scope.Value(content), _parts);
                break;
            case (byte)'[':
                var blocks = scope.Blocks(content, path.Content);
                for (var i = 0; i < blocks.Count; i++)
                    AddUserBlock(blocks[i], path with { Part = i });
                break;
            default:
                throw MessagesScope.Wrong(content, path.Content, "a string or a list of blocks");
        }
        _conversation.AddUser(_parts);
    }

    private void AddUserBlock(MessagesBlock? block, in MessagePath path)
    {
        if (block?.Type is not "tool_result")
        {
            BlockContent.Append(scope, block, path.Content, _parts);
            return;
        }

        UnknownMembers.Report(block.Unknown, path.Content, scope.Losses);
        _conversation.AddUser(_parts);
        _parts.Clear();
        _result.Clear();
        BlockContent.AppendContent(scope, block.Content, $"{path.Content}.content", _result);
        scope.TryText(block.ToolUseId, out var id);
        _conversation.AddResult(id, default, _result, path, block.IsError is true);
    }
}
