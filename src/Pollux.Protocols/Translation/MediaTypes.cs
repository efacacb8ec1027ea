using System.Collections.Frozen;

namespace Pollux.Protocols.Translation;

/// <summary>MIME types by file ending, by OpenAI's format words and by the first bytes.</summary>
internal static class MediaTypes
{
    public const string OctetStream = "application/octet-stream";

    private static readonly FrozenDictionary<string, string> ByEnding = new Dictionary<string, string>
    {
        ["png"] = "image/png",
        ["jpg"] = "image/jpeg",
        ["jpeg"] = "image/jpeg",
        ["webp"] = "image/webp",
        ["gif"] = "image/gif",
        ["heic"] = "image/heic",
        ["heif"] = "image/heif",
        ["bmp"] = "image/bmp",
        ["avif"] = "image/avif",
        ["wav"] = "audio/wav",
        ["mp3"] = "audio/mp3",
        ["mpga"] = "audio/mpeg",
        ["flac"] = "audio/flac",
        ["ogg"] = "audio/ogg",
        ["oga"] = "audio/ogg",
        ["opus"] = "audio/opus",
        ["aac"] = "audio/aac",
        ["aiff"] = "audio/aiff",
        ["aif"] = "audio/aiff",
        ["m4a"] = "audio/m4a",
        ["pcm16"] = "audio/pcm",
        ["mp4"] = "video/mp4",
        ["mpeg"] = "video/mpeg",
        ["mpg"] = "video/mpeg",
        ["mov"] = "video/quicktime",
        ["avi"] = "video/x-msvideo",
        ["flv"] = "video/x-flv",
        ["webm"] = "video/webm",
        ["wmv"] = "video/x-ms-wmv",
        ["3gp"] = "video/3gpp",
        ["3gpp"] = "video/3gpp",
        ["pdf"] = "application/pdf",
        ["txt"] = "text/plain",
        ["log"] = "text/plain",
        ["md"] = "text/markdown",
        ["csv"] = "text/csv",
        ["html"] = "text/html",
        ["htm"] = "text/html",
        ["css"] = "text/css",
        ["xml"] = "text/xml",
        ["rtf"] = "text/rtf",
        ["js"] = "text/javascript",
        ["py"] = "text/x-python",
        ["json"] = "application/json",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The type of a format word of OpenAI, such as <c>wav</c>, or of a file ending.</summary>
    public static string? FromEnding(ReadOnlySpan<char> ending) =>
        ByEnding.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(ending, out var type) ? type : null;

    /// <summary>The type that a file name or an address ends with.</summary>
    public static string? FromName(ReadOnlySpan<char> name)
    {
        if (name.IndexOfAny('?', '#') is >= 0 and var end)
            name = name[..end];
        var dot = name.LastIndexOf('.');
        return dot < 0 || name.Length - dot > 6 ? null : FromEnding(name[(dot + 1)..]);
    }

    /// <summary>The type that the first bytes of a file tell, seen through base64.</summary>
    public static string? FromBase64(ReadOnlySpan<byte> base64) =>
        base64.StartsWith("iVBORw0KGgo"u8) ? "image/png"
        : base64.StartsWith("/9j/"u8) ? "image/jpeg"
        : base64.StartsWith("R0lGOD"u8) ? "image/gif"
        : base64.StartsWith("UklGR"u8) && base64.Length >= 16 ? FromRiff(base64)
        : base64.StartsWith("JVBERi0"u8) ? "application/pdf"
        : base64.StartsWith("SUQz"u8) ? "audio/mp3"
        : base64.StartsWith("T2dnUw"u8) ? "audio/ogg"
        : base64.StartsWith("ZkxhQ"u8) ? "audio/flac"
        : null;

    // Bytes 8 to 11 of a RIFF file say what is inside; in base64 these are characters 10 to 15.
    private static string? FromRiff(ReadOnlySpan<byte> base64)
    {
        Span<byte> head = stackalloc byte[12];
        if (System.Buffers.Text.Base64.DecodeFromUtf8(base64[..16], head, out _, out var written) is not System.Buffers.OperationStatus.Done || written < 12)
            return null;
        return head[8..].SequenceEqual("WEBP"u8) ? "image/webp" : head[8..].SequenceEqual("WAVE"u8) ? "audio/wav" : null;
    }

    /// <summary>Brings the spellings that clients invent to the registered one.</summary>
    public static string Normalize(string type) => type switch
    {
        "image/jpg" or "image/pjpeg" => "image/jpeg",
        "image/x-png" => "image/png",
        "audio/x-wav" or "audio/wave" or "audio/vnd.wave" => "audio/wav",
        "audio/x-flac" => "audio/flac",
        "audio/x-aiff" => "audio/aiff",
        "audio/x-m4a" or "audio/mp4" => "audio/m4a",
        "application/x-pdf" => "application/pdf",
        _ => type,
    };
}
