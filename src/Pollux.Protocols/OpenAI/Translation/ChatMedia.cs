using System.Text;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>Translates pictures, sound, video and files. A fault names its part and is never passed on as text.</summary>
internal static class ChatMedia
{
    /// <summary>Where Google keeps uploaded files; <c>fileUri</c> is always the whole address, through proxies too.</summary>
    private const string Files = "https://generativelanguage.googleapis.com/v1beta/files/";

    private const int MaxAddressLength = 8192;

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
                return FromText(scope, slice.In(buffer), type: null, param, DetailOf(part.Detail, buffer));
            case (byte)'{':
                var value = slice.In(buffer);
                var source = ChatRequestReader.Read(value.Utf8.Span, OpenAIJson.Default.ChatMediaSource, param)!;
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
            return FromText(scope, source.Url.In(buffer), type, $"{param}.url", detail);
        if (source.Data.FirstByte(buffer) == (byte)'"')
            return FromData(scope, source.Data.In(buffer), type, $"{param}.data", detail);
        if (source.FileData.FirstByte(buffer) == (byte)'"')
            return FromData(scope, source.FileData.In(buffer), type, $"{param}.file_data", detail);
        if (source.FileId is { Length: > 0 } id)
            return FromFile(id, type, $"{param}.file_id");
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

    private static Part FromData(ChatScope scope, RawJson data, string? type, string param, string? detail)
    {
        var text = JsonText.Unescape(data, out _);
        var media = InlineMedia.IsDataUri(text.Span) ? InlineMedia.FromDataUri(text, type, param) : InlineMedia.FromBase64(text, type, param);
        return WithDetail(scope, new Part { InlineData = media }, detail, param);
    }

    /// <summary>A data URI, an address, or, as some clients send it, bare base64.</summary>
    private static Part FromText(ChatScope scope, RawJson url, string? type, string param, string? detail)
    {
        var text = JsonText.Unescape(url, out _);
        if (InlineMedia.IsDataUri(text.Span))
            return WithDetail(scope, new Part { InlineData = InlineMedia.FromDataUri(text, type, param) }, detail, param);
        if (text.Span.IndexOf("://"u8) is <= 0 or > 12)
        {
            if (MediaTypes.FromBase64(text.Span) is { } told)
                return WithDetail(scope, new Part { InlineData = InlineMedia.FromBase64(text, type ?? told, param) }, detail, param);
            throw new RequestFormatException($"'{param}' is neither a data URI nor an http(s) address.", param, RequestFormatCodes.InvalidMedia);
        }
        if (text.Length > MaxAddressLength || !Uri.TryCreate(Encoding.UTF8.GetString(text.Span), UriKind.Absolute, out var address))
            throw new RequestFormatException($"The address in '{param}' is not valid.", param, RequestFormatCodes.InvalidMedia);
        return WithDetail(scope, FromAddress(scope, address, url, type, param), detail, param);
    }

    private static Part FromAddress(ChatScope scope, Uri address, RawJson url, string? type, string param)
    {
        var web = address.Scheme is "https" or "http";
        var part = new Part { FileData = new FileData(url, type ?? MediaTypes.FromName(address.AbsolutePath)) };
        if (IsYouTube(address))
            return new Part { FileData = new FileData(url, mimeType: null) };
        if (address.Scheme is "gs" || (web && address.Host is "generativelanguage.googleapis.com"))
            return part;
        if (!web)
            throw new RequestFormatException($"'{param}' must be a data URI or an http(s) address.", param, RequestFormatCodes.UnsupportedValue);

        var fetches = scope.Model.FetchesUrls && address.Scheme is "https";
        if (!fetches && !scope.Context.DeferRemoteMedia)
            throw new RequestFormatException($"The model cannot fetch the address in '{param}'. Send the media as a data URI.", param, RequestFormatCodes.UnsupportedValue);
        scope.RemoteMedia.Add(new RemoteMedia(part, param, fetches));
        return part;
    }

    private static bool IsYouTube(Uri address) =>
        address.Host is "youtu.be" or "youtube.com" or "www.youtube.com" or "m.youtube.com" && address.Scheme is "https" or "http";

    private static Part FromFile(string id, string? type, string param)
    {
        var uri = id.StartsWith("https://", StringComparison.Ordinal) || id.StartsWith("gs://", StringComparison.Ordinal) ? id
            : id.StartsWith("files/", StringComparison.Ordinal) ? string.Concat(Files, id.AsSpan("files/".Length))
            : throw new RequestFormatException($"'{param}' is not the id of a file of Gemini, which begins with files/.", param, RequestFormatCodes.UnsupportedValue);
        return new Part { FileData = new FileData(RawJson.String(uri), type) };
    }

    private static Part WithDetail(ChatScope scope, Part part, string? detail, string param)
    {
        var level = detail?.ToLowerInvariant() switch
        {
            "low" => "MEDIA_RESOLUTION_LOW",
            "medium" => "MEDIA_RESOLUTION_MEDIUM",
            "high" => "MEDIA_RESOLUTION_HIGH",
            "original" or "ultra_high" => "MEDIA_RESOLUTION_ULTRA_HIGH",
            _ => null, // auto, and words that nobody knows yet
        };
        if (level is null)
            return part;
        if (scope.Model.MediaResolutionPerPart)
            part.MediaResolution = level;
        else
            scope.Losses.Add($"{param}.detail", LossKind.Dropped, "The model takes one resolution for all media only.");
        return part;
    }
}
