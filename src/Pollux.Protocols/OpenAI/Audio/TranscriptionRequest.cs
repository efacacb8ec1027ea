using System.Globalization;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>The forms in which a transcript is given.</summary>
public enum TranscriptFormat
{
    /// <summary>An object with the text.</summary>
    Json,

    /// <summary>The text alone.</summary>
    Text,

    /// <summary>SubRip subtitles.</summary>
    Srt,

    /// <summary>WebVTT subtitles.</summary>
    Vtt,

    /// <summary>An object with segments and their times.</summary>
    VerboseJson,
}

/// <summary>The fields of <c>POST /v1/audio/transcriptions</c> and <c>/translations</c> besides the file.</summary>
public sealed record TranscriptionRequest
{
    private const int LongestLanguage = 35; // of a language tag, says RFC 5646

    /// <summary>The model, as the client wrote it.</summary>
    public required string Model { get; init; }

    /// <summary>Words that help with spelling.</summary>
    public string? Prompt { get; init; }

    /// <summary>The language that is spoken, as a language code.</summary>
    public string? Language { get; init; }

    /// <summary>How the client wants it.</summary>
    public TranscriptFormat Format { get; init; }

    /// <summary>0 to 1.</summary>
    public double? Temperature { get; init; }

    /// <summary>Whether times are wanted word by word.</summary>
    public bool Words { get; init; }

    /// <summary>Whether times are wanted segment by segment.</summary>
    public bool Segments { get; init; }

    /// <summary>Whether it comes as server-sent events.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether the text is to be English, whatever is spoken.</summary>
    public bool Translate { get; init; }

    /// <summary>What was lost.</summary>
    public LossReport Losses { get; init; } = new();

    /// <summary>Whether the form needs times.</summary>
    public bool NeedsTimes => Format is TranscriptFormat.Srt or TranscriptFormat.Vtt or TranscriptFormat.VerboseJson;

    /// <summary>Reads the fields of a form.</summary>
    /// <param name="fields">Names and values in their order. Of one that comes twice the last counts; lists end in <c>[]</c>.</param>
    /// <param name="translate">Whether this is a translation.</param>
    /// <exception cref="RequestFormatException">A field is missing or wrong.</exception>
    public static TranscriptionRequest Read(IReadOnlyList<KeyValuePair<string, string>> fields, bool translate)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var losses = new LossReport();
        string? model = null, prompt = null, language = null;
        double? temperature = null;
        bool stream = false, words = false, segments = false;
        TranscriptFormat format = TranscriptFormat.Json;
        foreach ((string name, string value) in fields)
        {
            switch (name)
            {
                case "model":
                    model = value.Trim();
                    break;
                case "prompt":
                    prompt = string.IsNullOrWhiteSpace(value) ? null : value;
                    break;
                case "language" when !translate:
                    language = Tag(value);
                    break;
                case "response_format":
                    format = FormatOf(value);
                    break;
                case "temperature":
                    temperature = TemperatureOf(value);
                    break;
                case "stream":
                    stream = Flag(value);
                    break;
                case "timestamp_granularities" or "timestamp_granularities[]" when !translate:
                    AddGranularity(value, ref words, ref segments);
                    break;
                case "user":
                    break; // OpenAI's books; no part of what the model hears
                default:
                    losses.Add(name, LossKind.Dropped, "Gemini has no counterpart.");
                    break;
            }
        }

        if (string.IsNullOrEmpty(model))
            throw new RequestFormatException("'model' is missing.", "model", RequestFormatCodes.MissingParameter);
        if ((words || segments) && format != TranscriptFormat.VerboseJson)
        {
            losses.Add("timestamp_granularities[]", LossKind.Dropped, "Only verbose_json tells such times."); // a usual client sends both always
            words = false;
        }

        var request = new TranscriptionRequest
        {
            Model = model,
            Prompt = prompt,
            Language = language,
            Format = format,
            Temperature = temperature,
            Words = words,
            Segments = segments || !words,
            Stream = stream,
            Translate = translate,
            Losses = losses,
        };
        if (!stream || !request.NeedsTimes)
            return request;
        losses.Add("stream", LossKind.Dropped, "Only text is streamed: the times of segments come all together.");
        return request with { Stream = false };
    }

    private static TranscriptFormat FormatOf(string value) => value switch
    {
        "" or "json" => TranscriptFormat.Json,
        "text" => TranscriptFormat.Text,
        "srt" => TranscriptFormat.Srt,
        "vtt" => TranscriptFormat.Vtt,
        "verbose_json" => TranscriptFormat.VerboseJson,
        "diarized_json" => throw new RequestFormatException("Gemini does not tell speakers apart reliably: 'response_format' can be json, text, srt, vtt or verbose_json.", "response_format", RequestFormatCodes.UnsupportedValue),
        _ => throw new RequestFormatException("'response_format' must be json, text, srt, vtt or verbose_json.", "response_format"),
    };

    private static double TemperatureOf(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number is >= 0 and <= 1
            ? number
            : throw new RequestFormatException("'temperature' must be a number from 0 to 1.", "temperature");

    private static bool Flag(string value) => value switch
    {
        "true" or "True" or "1" => true,
        "" or "false" or "False" or "0" => false,
        _ => throw new RequestFormatException("'stream' must be true or false.", "stream"),
    };

    private static void AddGranularity(string value, ref bool words, ref bool segments)
    {
        switch (value)
        {
            case "word":
                words = true;
                break;
            case "segment":
                segments = true;
                break;
            default:
                throw new RequestFormatException("'timestamp_granularities[]' can hold word and segment.", "timestamp_granularities[]");
        }
    }

    private static string? Tag(string value)
    {
        if (value.Length == 0)
            return null;
        foreach (char c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                throw Wrong();
        }

        return value.Length is >= 2 and <= LongestLanguage ? value : throw Wrong();

        static RequestFormatException Wrong() => new("'language' must be a language code such as en or zh-TW.", "language");
    }
}
