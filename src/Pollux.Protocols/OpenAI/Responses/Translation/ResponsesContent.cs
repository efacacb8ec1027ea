using Pollux.Protocols.Gemini;
using Pollux.Protocols.OpenAI.Responses.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Responses.Translation;

/// <summary>Translates the content of a message, and what a tool answered: a string or a list of parts.</summary>
internal static class ResponsesContent
{
    /// <summary>Appends the parts.</summary>
    /// <returns>The part that holds the last text, if any.</returns>
    public static Part? Append(ResponsesScope scope, JsonSlice content, in MessagePath path, List<Part> parts)
    {
        switch (content.FirstByte(scope.Body))
        {
            case 0:
                return null;
            case (byte)'"':
                return AppendText(scope.Value(content), parts);
            case (byte)'[':
                RawJson list = scope.Value(content);
                List<ResponsesPart?> read = RequestReader.Read(list.Utf8.Span, ResponsesJson.Default.ListResponsesPart, path.Content) ?? [];
                Part? last = null;
                for (int i = 0; i < read.Count; i++)
                    last = AppendPart(scope, read[i], list.Utf8, path with { Part = i }, parts) ?? last;
                return last;
            case (byte)'{' when path.Member == "output": // some tools answer with an object instead of its text
                return AppendText(RawJson.String(scope.Value(content).Utf8.Span), parts);
            default:
                throw new RequestFormatException($"'{path.Content}' must be a string or a list of content parts.", path.Content, RequestFormatCodes.InvalidType);
        }
    }

    private static Part? AppendPart(ResponsesScope scope, ResponsesPart? part, ReadOnlyMemory<byte> buffer, in MessagePath path, List<Part> parts)
    {
        switch (part?.Type)
        {
            case "input_text" or "output_text" or "text" or "summary_text" or "reasoning_text":
                return AppendText(TextOf(part.Text, buffer, path, "text"), parts);
            case "refusal":
                return AppendText(TextOf(part.Refusal, buffer, path, "refusal"), parts);
            case "input_image" or "image" or "computer_screenshot":
                parts.Add(ImageOf(scope, part, buffer, path));
                return null;
            case "input_file" or "file":
                parts.Add(FileOf(scope, part, buffer, path));
                return null;
            case "input_audio":
                parts.Add(SoundOf(scope, part, buffer, path));
                return null;
            case null:
                throw new RequestFormatException($"'{path.Content}.type' is missing.", $"{path.Content}.type", RequestFormatCodes.MissingParameter);
            default:
                throw new RequestFormatException(
                    $"'{path.Content}.type' is not known. Supported are input_text, output_text, refusal, input_image, input_file and input_audio.",
                    $"{path.Content}.type", RequestFormatCodes.UnsupportedValue);
        }
    }

    private static Part ImageOf(ResponsesScope scope, ResponsesPart part, ReadOnlyMemory<byte> buffer, in MessagePath path)
    {
        string param = $"{path.Content}.image_url";
        switch (part.ImageUrl.FirstByte(buffer))
        {
            case (byte)'"':
                return MediaParts.FromText(scope, part.ImageUrl.In(buffer), type: null, param, part.Detail);
            case (byte)'{': // as in chat completions
                RawJson value = part.ImageUrl.In(buffer);
                ResponsesAddress address = RequestReader.Read(value.Utf8.Span, ResponsesJson.Default.ResponsesAddress, param)!;
                if (address.Url.FirstByte(value.Utf8) == (byte)'"')
                    return MediaParts.FromText(scope, address.Url.In(value.Utf8), type: null, $"{param}.url", part.Detail);
                break;
            case 0 when part.FileId is { Length: > 0 } id:
                return MediaParts.FromFile(id, type: null, $"{path.Content}.file_id");
        }

        throw new RequestFormatException($"'{param}' must be a data URI or an address.", param, part.ImageUrl.IsEmpty ? RequestFormatCodes.MissingParameter : RequestFormatCodes.InvalidType);
    }

    private static Part FileOf(ResponsesScope scope, ResponsesPart part, ReadOnlyMemory<byte> buffer, in MessagePath path)
    {
        string? type = part.Filename is { } name ? MediaTypes.FromName(name) : null;
        if (part.FileData.FirstByte(buffer) == (byte)'"')
            return MediaParts.FromData(scope, part.FileData.In(buffer), type, $"{path.Content}.file_data", part.Detail);
        if (part.FileUrl.FirstByte(buffer) == (byte)'"')
            return MediaParts.FromText(scope, part.FileUrl.In(buffer), type, $"{path.Content}.file_url", part.Detail);
        if (part.FileId is { Length: > 0 } id)
            return MediaParts.FromFile(id, type, $"{path.Content}.file_id");
        throw new RequestFormatException($"'{path.Content}' holds neither file_data nor file_url nor file_id.", path.Content, RequestFormatCodes.MissingParameter);
    }

    private static Part SoundOf(ResponsesScope scope, ResponsesPart part, ReadOnlyMemory<byte> buffer, in MessagePath path)
    {
        string param = $"{path.Content}.input_audio";
        if (part.InputAudio is not { } sound || sound.Data.FirstByte(buffer) != (byte)'"')
            throw new RequestFormatException($"'{param}.data' must be base64.", $"{param}.data", RequestFormatCodes.MissingParameter);
        string? type = sound.Format is { } format
            ? MediaTypes.FromEnding(format) ?? throw new RequestFormatException($"'{param}.format' is not known. Sound may be wav, mp3, flac, ogg, aac or aiff.", $"{param}.format", RequestFormatCodes.UnsupportedValue)
            : null;
        return MediaParts.FromData(scope, sound.Data.In(buffer), type, $"{param}.data", detail: null);
    }

    private static RawJson TextOf(JsonSlice text, ReadOnlyMemory<byte> buffer, in MessagePath path, string member)
    {
        if (text.FirstByte(buffer) == (byte)'"')
            return text.In(buffer);
        string param = $"{path.Content}.{member}";
        throw new RequestFormatException($"'{param}' must be a string.", param, text.IsEmpty ? RequestFormatCodes.MissingParameter : RequestFormatCodes.InvalidType);
    }

    // An empty text is no part: some upstreams drop the text and then refuse a part without data.
    private static Part? AppendText(RawJson text, List<Part> parts)
    {
        if (text.IsEmptyText)
            return null;
        Part part = Part.FromText(text);
        parts.Add(part);
        return part;
    }
}
