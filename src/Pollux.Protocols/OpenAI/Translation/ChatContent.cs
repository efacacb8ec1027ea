using Pollux.Protocols.Gemini;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>Translates the content of a message: a string, a list of parts, or nothing.</summary>
internal static class ChatContent
{
    /// <summary>Appends the content's parts.</summary>
    /// <returns>The part that holds the last text, if any: a signature for the message's text belongs to it.</returns>
    public static Part? Append(ChatScope scope, JsonSlice content, int message, List<Part> parts)
    {
        var path = new MessagePath(message);
        switch (content.FirstByte(scope.Body))
        {
            case 0:
                return null;
            case (byte)'"':
                return AppendText(scope.Value(content), parts);
            case (byte)'[':
                return AppendList(scope, scope.Value(content), path, parts);
            case (byte)'{': // a single part instead of a list of one
                var single = RequestReader.Read(scope.Value(content).Utf8.Span, OpenAIJson.Default.ChatContentPart, path.Content);
                return AppendPart(scope, single, scope.Value(content).Utf8, path, parts);
            default:
                throw new RequestFormatException($"'{path.Content}' must be a string or a list of content parts.", path.Content, RequestFormatCodes.InvalidType);
        }
    }

    private static Part? AppendList(ChatScope scope, RawJson list, MessagePath path, List<Part> parts)
    {
        var read = RequestReader.Read(list.Utf8.Span, OpenAIJson.Default.ListChatContentPart, path.Content) ?? [];
        Part? lastText = null;
        for (var i = 0; i < read.Count; i++)
            lastText = AppendPart(scope, read[i], list.Utf8, path with { Part = i }, parts) ?? lastText;
        return lastText;
    }

    private static Part? AppendPart(ChatScope scope, ChatContentPart? part, ReadOnlyMemory<byte> buffer, MessagePath path, List<Part> parts)
    {
        if (part is null)
        {
            scope.Losses.Add(path.Content, LossKind.Dropped, "An empty content part.");
            return null;
        }
        switch (part.Type)
        {
            case "text" or "input_text" or "output_text":
            case null when !part.Text.IsEmpty:
                return AppendSigned(scope, part, AppendText(TextOf(part.Text, buffer, path, "text"), parts), buffer);
            case "refusal":
                return AppendText(TextOf(part.Refusal, buffer, path, "refusal"), parts);
            case "thinking" or "reasoning" or "redacted_thinking":
                scope.Losses.Add(path.Content, LossKind.Dropped, "Thoughts of earlier answers are not sent back.");
                return null;
            default:
                parts.Add(ChatMedia.Read(scope, part, buffer, path));
                return null;
        }
    }

    private static RawJson TextOf(JsonSlice text, ReadOnlyMemory<byte> buffer, MessagePath path, string member)
    {
        if (text.FirstByte(buffer) == (byte)'"')
            return text.In(buffer);
        var param = $"{path.Content}.{member}";
        throw new RequestFormatException($"'{param}' must be a string.", param, text.IsEmpty ? RequestFormatCodes.MissingParameter : RequestFormatCodes.InvalidType);
    }

    // An empty text is no part: some upstreams drop the text and then refuse a part without data.
    private static Part? AppendText(RawJson text, List<Part> parts)
    {
        if (text.IsEmptyText)
            return null;
        var part = Part.FromText(text);
        parts.Add(part);
        return part;
    }

    private static Part? AppendSigned(ChatScope scope, ChatContentPart part, Part? text, ReadOnlyMemory<byte> buffer)
    {
        if (text is not null && part.ExtraContent?.Google is { ThoughtSignature.IsEmpty: false } google)
            text.ThoughtSignature = CallSignatures.Usable(scope, google.ThoughtSignature.In(buffer));
        return text;
    }
}
