using Pollux.Protocols.Gemini;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>Translates pictures, sound, video and files. A fault names its part and is never passed on as text.</summary>
internal static class ChatMedia
{
    public static Part Read(ChatScope scope, ChatContentPart part, ReadOnlyMemory<byte> buffer, MessagePath path)
    {
        var (member, slice) = part.Type switch
        {
            "image_url" or "input_image" or "image" => ("image_url", part.ImageUrl),
            "input_audio" or "audio" => ("input_audio", part.InputAudio),
            "audio_url" => ("audio_url", part.AudioUrl),
            "input_video" or "video" => ("input_video", part.InputVideo),
            "video_url" => ("video_url", part.VideoUrl),
            "file" or "input_file" => ("file", part.File),
            null => throw new RequestFormatException($"'{path.Content}.type' is missing.", $"{path.Content}.type", RequestFormatCodes.MissingParameter),
            _ => throw new RequestFormatException(
                $"'{path.Content}.type' is not known. Supported are text, refusal, image_url, input_audio, audio_url, input_video, video_url and file.",
                $"{path.Content}.type", RequestFormatCodes.UnsupportedValue),
        };
        var param = $"{path.Content}.{member}";
        switch (slice.FirstByte(buffer))
        {
            case (byte)'"':
                return MediaParts.FromText(scope, slice.In(buffer), type: null, param, DetailOf(part.Detail, buffer));
            case (byte)'{':
                var value = slice.In(buffer);
                var source = RequestReader.Read(value.Utf8.Span, OpenAIJson.Default.ChatMediaSource, param)!;
                return FromSource(scope, source, value.Utf8, param, source.Detail ?? DetailOf(part.Detail, buffer));
            default:
                throw new RequestFormatException($"'{param}' must be an object.", param, slice.IsEmpty ? RequestFormatCodes.MissingParameter : RequestFormatCodes.InvalidType);
        }
    }

    private static string? DetailOf(JsonSlice detail, ReadOnlyMemory<byte> buffer) => detail.IsEmpty ? null : detail.In(buffer).AsText();

    private static Part FromSource(ChatScope scope, ChatMediaSource source, ReadOnlyMemory<byte> buffer, string param, string? detail)
    {
        var type = TypeOf(source, param);
        if (source.Url.FirstByte(buffer) == (byte)'"')
            return MediaParts.FromText(scope, source.Url.In(buffer), type, $"{param}.url", detail);
        if (source.Data.FirstByte(buffer) == (byte)'"')
            return MediaParts.FromData(scope, source.Data.In(buffer), type, $"{param}.data", detail);
        if (source.FileData.FirstByte(buffer) == (byte)'"')
            return MediaParts.FromData(scope, source.FileData.In(buffer), type, $"{param}.file_data", detail);
        if (source.FileId is { Length: > 0 } id)
            return MediaParts.FromFile(id, type, $"{param}.file_id");
        throw new RequestFormatException($"'{param}' holds neither data nor an address.", param, RequestFormatCodes.MissingParameter);
    }

    private static string? TypeOf(ChatMediaSource source, string param)
    {
        if (source.MimeType is { } mime)
            return mime.ToLowerInvariant();
        if (source.Format is { } format)
            return format.Contains('/', StringComparison.Ordinal) ? format.ToLowerInvariant()
                : MediaTypes.FromEnding(format)
                ?? throw new RequestFormatException($"'{param}.format' is not known. Sound may be wav, mp3, flac, ogg, aac or aiff.", $"{param}.format", RequestFormatCodes.UnsupportedValue);
        return source.Filename is { } name ? MediaTypes.FromName(name) : null;
    }
}
