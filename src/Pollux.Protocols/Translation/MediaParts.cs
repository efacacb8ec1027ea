using System.Text;
using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.Translation;

/// <summary>Makes parts of pictures, sound, video and files, in the forms that all dialects have. A fault names its place and is never passed on as text.</summary>
internal static class MediaParts
{
    /// <summary>Where Google keeps uploaded files; <c>fileUri</c> is always the whole address, through proxies too.</summary>
    private const string Files = "https://generativelanguage.googleapis.com/v1beta/files/";

    private const int MaxAddressLength = 8192;

    /// <summary>Base64, or a data URI where base64 is asked for.</summary>
    /// <param name="scope">The translation.</param>
    /// <param name="data">A JSON string.</param>
    /// <param name="type">The media type that stands beside it; a data URI has its own.</param>
    /// <param name="param">Where it stands.</param>
    /// <param name="detail">How closely to look: OpenAI's word.</param>
    /// <exception cref="RequestFormatException">It cannot be read.</exception>
    public static Part FromData(TranslationScope scope, RawJson data, string? type, string param, string? detail)
    {
        var text = JsonText.Unescape(data, out _);
        var media = InlineMedia.IsDataUri(text.Span) ? InlineMedia.FromDataUri(text, type, param) : InlineMedia.FromBase64(text, type, param);
        return WithDetail(scope, new Part { InlineData = media }, detail, param);
    }

    /// <summary>A data URI, an address, or, as some clients send it, bare base64.</summary>
    public static Part FromText(TranslationScope scope, RawJson url, string? type, string param, string? detail)
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

    private static Part FromAddress(TranslationScope scope, Uri address, RawJson url, string? type, string param)
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

    /// <summary>A file of Gemini's, by its name or its whole address.</summary>
    public static Part FromFile(string id, string? type, string param)
    {
        var uri = id.StartsWith("https://", StringComparison.Ordinal) || id.StartsWith("gs://", StringComparison.Ordinal) ? id
            : id.StartsWith("files/", StringComparison.Ordinal) ? string.Concat(Files, id.AsSpan("files/".Length))
            : throw new RequestFormatException($"'{param}' is not the id of a file of Gemini, which begins with files/.", param, RequestFormatCodes.UnsupportedValue);
        return new Part { FileData = new FileData(RawJson.String(uri), type) };
    }

    private static Part WithDetail(TranslationScope scope, Part part, string? detail, string param)
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
