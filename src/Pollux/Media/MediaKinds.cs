namespace Pollux.Media;

/// <summary>
/// The kinds of media that Gemini takes, told by their first bytes; what a host says of them only has to agree. Text of any
/// kind is none of them: pages of errors, HTML and SVG are what addresses give that are not what they seem.
/// </summary>
internal static class MediaKinds
{
    /// <summary>So many first bytes are enough to tell.</summary>
    public const int HeadBytes = 64;

    /// <summary>Tells the type of media.</summary>
    /// <param name="head">The first <see cref="HeadBytes"/> bytes, or all there are.</param>
    /// <param name="declared">The host's word, lower case without parameters; <see langword="null"/> if it said nothing.</param>
    /// <returns>The MIME type; <see langword="null"/> when it is none that is taken, or the host says something else.</returns>
    public static string? Tell(ReadOnlySpan<byte> head, string? declared)
    {
        string? told = FromBytes(head);
        if (told == "video/mp4" && declared is "audio/mp4" or "audio/m4a" or "audio/x-m4a")
            told = "audio/m4a"; // the same container
        return told is not null && Agrees(told, declared) ? told : null;
    }

    private static bool Agrees(string told, string? declared)
    {
        if (declared is null or "" or "application/octet-stream" or "binary/octet-stream" or "application/binary" or "application/x-binary" or "application/download" or "application/force-download")
            return true;
        if (told == "application/pdf")
            return declared is "application/pdf" or "application/x-pdf";
        if (declared.StartsWith("image/", StringComparison.Ordinal))
            return told.StartsWith("image/", StringComparison.Ordinal) && !declared.StartsWith("image/svg", StringComparison.Ordinal);
        bool sounds = declared.StartsWith("audio/", StringComparison.Ordinal) || declared.StartsWith("video/", StringComparison.Ordinal) || declared is "application/ogg" or "application/mp4";
        return sounds && (told.StartsWith("audio/", StringComparison.Ordinal) || told.StartsWith("video/", StringComparison.Ordinal));
    }

    private static string? FromBytes(ReadOnlySpan<byte> head) => head switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => "image/png",
        [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..] => "image/gif",
        [(byte)'B', (byte)'M', _, _, _, _, 0, 0, 0, 0, _, _, _, _, 12 or 40 or 52 or 56 or 64 or 108 or 124, 0, 0, 0, ..] => "image/bmp",
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, .. var form] => form switch
        {
            _ when form.StartsWith("WEBP"u8) => "image/webp",
            _ when form.StartsWith("WAVE"u8) => "audio/wav",
            _ when form.StartsWith("AVI "u8) => "video/x-msvideo",
            _ => null,
        },
        [(byte)'F', (byte)'O', (byte)'R', (byte)'M', _, _, _, _, (byte)'A', (byte)'I', (byte)'F', (byte)'F' or (byte)'C', ..] => "audio/aiff",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', .. { Length: >= 4 } brand] => FromBrand(brand[..4]),
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', (byte)'-', ..] => "application/pdf",
        [(byte)'I', (byte)'D', (byte)'3', ..] => "audio/mp3",
        [(byte)'O', (byte)'g', (byte)'g', (byte)'S', ..] => "audio/ogg",
        [(byte)'f', (byte)'L', (byte)'a', (byte)'C', ..] => "audio/flac",
        [0x1A, 0x45, 0xDF, 0xA3, .. var matroska] when matroska.IndexOf("webm"u8) >= 0 => "video/webm",
        [(byte)'F', (byte)'L', (byte)'V', 1, ..] => "video/x-flv",
        [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, ..] => "video/x-ms-wmv",
        [0, 0, 1, 0xBA or 0xB3, ..] => "video/mpeg",
        [0xFF, 0xF0 or 0xF1 or 0xF8 or 0xF9, ..] => "audio/aac",
        [0xFF, var second, var third, ..] when (second & 0xE0) == 0xE0 && (second & 0x06) == 0x02 && (third & 0xF0) != 0xF0 && (third & 0x0C) != 0x0C => "audio/mp3",
        _ => null,
    };

    /// <summary>The brand of an ISO media file.</summary>
    private static string? FromBrand(ReadOnlySpan<byte> brand) => brand switch
    {
        _ when brand.StartsWith("hei"u8) || brand.StartsWith("hev"u8) => "image/heic",
        _ when brand.SequenceEqual("mif1"u8) || brand.SequenceEqual("msf1"u8) => "image/heif",
        _ when brand.StartsWith("avi"u8) => "image/avif",
        _ when brand.SequenceEqual("qt  "u8) => "video/quicktime",
        _ when brand.StartsWith("M4A"u8) || brand.StartsWith("M4B"u8) => "audio/m4a",
        _ when brand.StartsWith("3g"u8) => "video/3gpp",
        _ when brand.StartsWith("iso"u8) || brand.StartsWith("mp4"u8) || brand.StartsWith("M4V"u8) || brand.SequenceEqual("avc1"u8) || brand.SequenceEqual("dash"u8) || brand.SequenceEqual("MSNV"u8) => "video/mp4",
        _ => null,
    };
}
