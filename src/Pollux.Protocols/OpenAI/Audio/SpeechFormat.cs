namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>The forms in which speech is given.</summary>
public enum SpeechFormat
{
    /// <summary>Samples with a header, as they come from Google.</summary>
    Wav,

    /// <summary>The samples alone: 16 bits, little-endian.</summary>
    Pcm,

    /// <summary>Compressed; OpenAI's default.</summary>
    Mp3,

    /// <summary>Compressed, in Ogg.</summary>
    Opus,

    /// <summary>Compressed, in ADTS frames.</summary>
    Aac,

    /// <summary>Compressed without loss.</summary>
    Flac,
}

/// <summary>What a format is called.</summary>
public static class SpeechFormats
{
    /// <summary>OpenAI's word for a format; <see langword="null"/> when it has none.</summary>
    public static SpeechFormat? Find(string word) => word switch
    {
        "wav" => SpeechFormat.Wav,
        "pcm" => SpeechFormat.Pcm,
        "mp3" => SpeechFormat.Mp3,
        "opus" => SpeechFormat.Opus,
        "aac" => SpeechFormat.Aac,
        "flac" => SpeechFormat.Flac,
        _ => null,
    };

    extension(SpeechFormat format)
    {
        /// <summary>Whether an encoder is needed for it.</summary>
        public bool IsCompressed => format is not (SpeechFormat.Wav or SpeechFormat.Pcm);

        /// <summary>The media type that OpenAI gives it.</summary>
        public string MediaType => format switch
        {
            SpeechFormat.Wav => "audio/wav",
            SpeechFormat.Pcm => "audio/pcm",
            SpeechFormat.Mp3 => "audio/mpeg",
            SpeechFormat.Opus => "audio/opus",
            SpeechFormat.Aac => "audio/aac",
            _ => "audio/flac",
        };
    }
}
