using System.Text.Json;
using Pollux.Protocols.Anthropic.Requests;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Translation;

/// <summary>
/// What tools of the server did in earlier answers. What can be read is told to the model as text: code and what it printed, pages,
/// words of others. What only its maker can read, such as found places, is left out: what the model made of it stands in its text.
/// </summary>
internal static class ServerToolHistory
{
    /// <summary>Appends what a block tells.</summary>
    /// <returns>The part with it, if there is one.</returns>
    public static Part? Append(MessagesScope scope, MessagesBlock? block, string path, List<Part> parts)
    {
        var text = block is null ? default : TextOf(scope, block, path);
        if (text.IsEmptyText)
        {
            scope.Losses.Add(path, LossKind.Dropped, "What tools of the server did in earlier answers is not sent back, but for what can be read.");
            return null;
        }
        scope.Losses.Add(path, LossKind.Changed, "What a tool of the server did in an earlier answer was sent as text.");
        return BlockContent.AddText(text, parts);
    }

    private static RawJson TextOf(MessagesScope scope, MessagesBlock block, string path)
    {
        switch (block.Type)
        {
            case "server_tool_use" when scope.TryText(block.Name, out var name) && name.Utf8.Span.IndexOf("code_execution"u8) >= 0:
                return Fenced(CodeOf(scope, block.Input), default);
            case "code_execution_tool_result" or "bash_code_execution_tool_result":
                var printed = ResultOf(scope, block, path);
                return printed is null ? default : Fenced(Text(scope, printed.Stdout), Text(scope, printed.Stderr));
            case "mcp_tool_use" when scope.TryText(block.Name, out var tool):
                return RawJson.String($"{tool.AsText()} {(block.Input.IsEmpty ? "" : scope.Value(block.Input).AsWords())}");
            case "mcp_tool_result" or "compaction":
                return Joined(scope, block.Content, $"{path}.content");
            case "advisor_tool_result":
                return Text(scope, ResultOf(scope, block, path)?.Text ?? default);
            case "web_fetch_tool_result":
                var page = ResultOf(scope, block, path);
                return page is null ? default : PageOf(scope, page.Content, path);
            default:
                return default;
        }
    }

    private static MessagesServerResult? ResultOf(MessagesScope scope, MessagesBlock block, string path)
    {
        var result = scope.Object(block.Content, AnthropicJson.Default.MessagesServerResult, $"{path}.content");
        result?.Move(block.Content.Start);
        return result;
    }

    /// <summary>The text of a page, if it is one.</summary>
    private static RawJson PageOf(MessagesScope scope, JsonSlice document, string path)
    {
        var block = scope.Object(document, AnthropicJson.Default.MessagesBlock, path);
        block?.Move(document.Start);
        if (block is null || scope.Object(block.Source, AnthropicJson.Default.MessagesSource, path) is not { Type: "text" } source)
            return default;
        source.Move(block.Source.Start);
        return Text(scope, source.Data);
    }

    private static RawJson Joined(MessagesScope scope, JsonSlice content, string path)
    {
        var parts = new List<Part>();
        if (content.FirstByte(scope.Body) is (byte)'"' or (byte)'[')
            BlockContent.AppendContent(scope, content, path, parts);
        return parts.Count == 0 ? default
            : parts.Count == 1 ? parts[0].Text
            : RawJson.String(string.Join('\n', parts.Select(static part => part.Text.AsText())));
    }

    private static RawJson CodeOf(MessagesScope scope, JsonSlice input)
    {
        if (input.FirstByte(scope.Body) != (byte)'{')
            return default;
        using var document = JsonDocument.Parse(scope.Value(input).Utf8, new JsonDocumentOptions { MaxDepth = AnthropicJson.MaxDepth });
        foreach (var member in (ReadOnlySpan<string>)["code", "command"])
            if (document.RootElement.TryGetProperty(member, out var code) && code.ValueKind is JsonValueKind.String)
                return RawJson.String(code.GetString()!);
        return default;
    }

    private static RawJson Text(MessagesScope scope, JsonSlice value) => scope.TryText(value, out var text) ? text : default;

    /// <summary>Texts between fences, without looking into them.</summary>
    private static RawJson Fenced(RawJson first, RawJson second)
    {
        if (first.IsEmptyText && second.IsEmptyText)
            return default;
        byte[] fenced = [.. "\"```\\n"u8, .. Inner(first), .. Inner(second), .. "\\n```\""u8];
        return RawJson.FromUtf8(fenced);
    }

    private static ReadOnlySpan<byte> Inner(RawJson text) => text.IsEmptyText ? default : text.Utf8.Span[1..^1];

    /// <summary>A value as its JSON reads.</summary>
    private static string AsWords(this RawJson value) => System.Text.Encoding.UTF8.GetString(value.Utf8.Span);
}
