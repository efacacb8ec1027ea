using Pollux.Protocols.Anthropic.Requests;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Translation;

/// <summary>
/// Translates what the assistant said and called. A signature that a thinking block carries belongs to the first call behind it
/// in the same message, or to its text when there is none.
/// </summary>
internal sealed class AssistantBlocks(MessagesScope scope, ConversationBuilder conversation)
{
    private readonly List<Part> _parts = [];
    private RawJson _carried; // a signature that waits for its part
    private Part? _text;      // the last text since it came
    private bool _thoughtsReported;

    public void Add(JsonSlice content, int index)
    {
        var path = new MessagePath(index);
        _parts.Clear();
        (_carried, _text) = (default, null);
        conversation.BeginAnswer();
        switch (content.FirstByte(scope.Body))
        {
            case (byte)'"':
                BlockContent.AddText(scope.Value(content), _parts);
                break;
            case (byte)'[':
                var blocks = scope.Blocks(content, path.Content);
                for (var i = 0; i < blocks.Count; i++)
                    AddBlock(blocks[i], index, path with { Part = i });
                break;
            default:
                throw MessagesScope.Wrong(content, path.Content, "a string or a list of blocks");
        }
        if (_text is not null && !_carried.IsEmpty)
            _text.ThoughtSignature = CallSignatures.Usable(scope, _carried);
        Flush();
    }

    private void AddBlock(MessagesBlock? block, int index, in MessagePath path)
    {
        switch (block?.Type)
        {
            case "text":
                UnknownMembers.Report(block.Unknown, path.Content, scope.Losses);
                _text = BlockContent.AddText(BlockContent.TextOf(scope, block.Text, $"{path.Content}.text"), _parts) ?? _text;
                break;
            case "tool_use":
                UnknownMembers.Report(block.Unknown, path.Content, scope.Losses);
                Flush();
                AddCall(block, new CallPath(index, path.Part, CallForm.ContentBlock));
                break;
            case "thinking" or "redacted_thinking":
                AddThought(block, path);
                break;
            case "image" or "document" or "search_result":
                BlockContent.Append(scope, block, path.Content, _parts);
                break;
            case null when block is not null:
                throw new RequestFormatException($"'{path.Content}.type' is missing.", $"{path.Content}.type", RequestFormatCodes.MissingParameter);
            default:
                _text = ServerToolHistory.Append(scope, block, path.Content, _parts) ?? _text;
                break;
        }
    }

    private void AddThought(MessagesBlock block, in MessagePath path)
    {
        if (!_thoughtsReported)
        {
            _thoughtsReported = true; // once: an agent's history has one per turn
            scope.Losses.Add(path.Content, LossKind.Dropped, "Thoughts of earlier answers are not sent back.");
        }
        if (!scope.TryText(block.Signature, out var signature) || SignatureEnvelope.Open(signature) is not { IsEmpty: false } ours)
            return; // another provider's: of no use to Google
        (_carried, _text) = (ours, null);
    }

    private void AddCall(MessagesBlock block, in CallPath path)
    {
        if (!scope.TryFunctionName(block.Name, out var name, out _))
            throw new RequestFormatException($"'{path.Member("name")}' must be the name of a function.", path.Member("name"), RequestFormatCodes.MissingParameter);
        if (block.Input.FirstByte(scope.Body) is not (0 or (byte)'{' or (byte)'"'))
            throw MessagesScope.Wrong(block.Input, path.Member("input"), "an object");

        scope.TryText(block.Id, out var id);
        var remembered = CallSignatures.Remembered(scope, id);
        var part = new Part
        {
            FunctionCall = new FunctionCall
            {
                Id = remembered.GeminiCallId is { } given ? RawJson.String(given) : default,
                Name = name,
                Args = CallArguments.Translate(scope, block.Input, path),
            },
            ThoughtSignature = CallSignatures.Of(scope, _carried, remembered),
        };
        (_carried, _text) = (default, null);
        conversation.AddCall(new MadeCall(part, id, scope.Value(block.Name), path));
    }

    private void Flush()
    {
        if (_parts.Count > 0)
            conversation.AddAnswer(_parts);
        _parts.Clear();
    }
}
