using System.Text;
using Pollux.Protocols.Anthropic.Requests;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Translation;

/// <summary>Translates what a user or a tool says: texts, pictures, documents, found places. A fault names its block.</summary>
internal static class BlockContent
{
    /// <summary>Appends a content: a string, a list of blocks, or nothing.</summary>
    public static void AppendContent(MessagesScope scope, JsonSlice content, string path, List<Part> parts)
    {
        switch (content.FirstByte(scope.Body))
        {
            case 0:
                return;
            case (byte)'"':
                AddText(scope.Value(content), parts);
                return;
            case (byte)'[':
                var blocks = scope.Blocks(content, path);
                for (var i = 0; i < blocks.Count; i++)
                    Append(scope, blocks[i], $"{path}[{i}]", parts);
                return;
            default:
                throw MessagesScope.Wrong(content, path, "a string or a list of blocks");
        }
    }

    /// <summary>Appends a block.</summary>
    public static void Append(MessagesScope scope, MessagesBlock? block, string path, List<Part> parts)
    {
        if (block is null)
        {
            scope.Losses.Add(path, LossKind.Dropped, "An empty block.");
            return;
        }
        UnknownMembers.Report(block.Unknown, path, scope.Losses);
        switch (block.Type)
        {
            case "text":
                AddText(TextOf(scope, block.Text, $"{path}.text"), parts);
                break;
            case "image":
                parts.Add(BlockMedia.Picture(scope, block, path));
                break;
            case "document":
                BlockMedia.AppendDocument(scope, block, path, parts);
                break;
            case "search_result":
                AppendFound(scope, block, path, parts);
                break;
            case "tool_reference":
                AddText(TextOf(scope, block.ToolName, $"{path}.tool_name"), parts);
                scope.Losses.Add(path, LossKind.Changed, "The name of the tool was sent as text; all tools are declared from the start.");
                break;
            case "container_upload":
                scope.Losses.Add(path, LossKind.Dropped, "There is no container to put the file into.");
                break;
            case "thinking" or "redacted_thinking":
                scope.Losses.Add(path, LossKind.Dropped, "Thoughts of earlier answers are not sent back.");
                break;
            case null:
                throw new RequestFormatException($"'{path}.type' is missing.", $"{path}.type", RequestFormatCodes.MissingParameter);
            default:
                throw new RequestFormatException(
                    $"'{path}.type' is not known here. Supported are text, image, document, search_result, tool_result and tool_reference.",
                    $"{path}.type", RequestFormatCodes.UnsupportedValue);
        }
    }

    /// <summary>Appends a text. An empty one is no part: Google would refuse it.</summary>
    /// <returns>Its part, if there is one.</returns>
    public static Part? AddText(RawJson text, List<Part> parts)
    {
        if (text.IsEmptyText)
            return null;
        var part = Part.FromText(text);
        parts.Add(part);
        return part;
    }

    /// <summary>A text that must be there.</summary>
    public static RawJson TextOf(MessagesScope scope, JsonSlice text, string path) =>
        text.FirstByte(scope.Body) == (byte)'"' ? scope.Value(text) : throw MessagesScope.Wrong(text, path, "a string");

    /// <summary>A place that a search of the client's found: its title and address stand before its texts.</summary>
    private static void AppendFound(MessagesScope scope, MessagesBlock block, string path, List<Part> parts)
    {
        var head = new StringBuilder();
        foreach (var member in (ReadOnlySpan<JsonSlice>)[block.Title, block.Source])
            if (scope.TryText(member, out var text) && text.AsText() is { Length: > 0 } words)
                head.Append(head.Length > 0 ? "\n" : "").Append(words);
        if (head.Length > 0)
            parts.Add(Part.FromText(head.ToString()));
        AppendContent(scope, block.Content, $"{path}.content", parts);
        BlockMedia.ReportCitations(scope, block, path);
    }
}
