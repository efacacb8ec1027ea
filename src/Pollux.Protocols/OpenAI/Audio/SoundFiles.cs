using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>Tells what an uploaded recording is: by its first bytes, else by its name, else by what the client says.</summary>
public static class SoundFiles
{
    /// <summary>The media type for Google.</summary>
    /// <param name="head">The first bytes of the file, a dozen or more.</param>
    /// <param name="name">Its name, if it has one.</param>
    /// <param name="told">The client's media type, if it tells one.</param>
    /// <exception cref="RequestFormatException">It is no recording that Gemini hears.</exception>
    public static string TypeOf(ReadOnlySpan<byte> head, string? name, string? told)
    {
        string? type = FromMagic(head, name) ?? (name is null ? null : MediaTypes.FromName(name)) ?? Plain(told);
        type = type is null ? null : MediaTypes.Normalize(type);
        return type is not null && (type.StartsWith("audio/", StringComparison.Ordinal) || type.StartsWith("video/", StringComparison.Ordinal))
            ? type
            : throw new RequestFormatException("'file' is no recording that can be read: send flac, mp3, mp4, mpeg, mpga, m4a, ogg, opus, wav, aac, aiff or webm.", "file", RequestFormatCodes.InvalidMedia);
    }

    private static string? FromMagic(ReadOnlySpan<byte> head, string? name)
    {
        if (head.Length < 12)
            return null;
        if (head.StartsWith("RIFF"u8) && head[8..12].SequenceEqual("WAVE"u8))
            return "audio/wav";
        if (head.StartsWith("ID3"u8))
            return "audio/mp3";
        if (head.StartsWith("OggS"u8))
            return "audio/ogg";
        if (head.StartsWith("fLaC"u8))
            return "audio/flac";
        if (head.StartsWith("FORM"u8) && head[8..11].SequenceEqual("AIF"u8))
            return "audio/aiff";
        if (head[4..8].SequenceEqual("ftyp"u8))
            return head[8..11].SequenceEqual("M4A"u8) ? "audio/m4a" : name is not null && MediaTypes.FromName(name) is "audio/m4a" ? "audio/m4a" : "video/mp4";
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]))
            return "audio/webm"; // what browsers record
        if (head[0] == 0xFF && (head[1] & 0xF6) == 0xF0)
            return "audio/aac"; // ADTS
        return head[0] == 0xFF && (head[1] & 0xE0) == 0xE0 ? "audio/mp3" : null;
    }

    private static string? Plain(string? type)
    {
        if (type is null)
            return null;
        int parameters = type.IndexOf(';', StringComparison.Ordinal);
        return (parameters < 0 ? type : type[..parameters]).Trim().ToLowerInvariant();
    }
}
