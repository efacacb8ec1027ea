using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>Writes transcripts in OpenAI's forms.</summary>
public static class TranscriptWriter
{
    /// <summary>The media type of a form. Subtitles of both kinds are plain text: OpenAI's library for .NET knows no other.</summary>
    public static string MediaType(TranscriptFormat format) =>
        format is TranscriptFormat.Json or TranscriptFormat.VerboseJson ? "application/json; charset=utf-8" : "text/plain; charset=utf-8";

    /// <summary>Writes a text without times.</summary>
    public static void Write(string text, TranscriptFormat format, in GeminiUsage usage, IBufferWriter<byte> output)
    {
        if (format == TranscriptFormat.Text)
        {
            Encoding.UTF8.GetBytes(text + "\n", output);
            return;
        }

        using var json = new Utf8JsonWriter(output, ChatJson.WriterOptions);
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        AudioUsage.Write(json, usage, withType: true);
        json.WriteEndObject();
    }

    /// <summary>Writes a transcript with times.</summary>
    public static void Write(Transcript transcript, TranscriptionRequest request, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(transcript);
        ArgumentNullException.ThrowIfNull(request);
        switch (request.Format)
        {
            case TranscriptFormat.Srt:
                WriteSubtitles(transcript, "", ',', numbered: true, output);
                break;
            case TranscriptFormat.Vtt:
                WriteSubtitles(transcript, "WEBVTT\n\n", '.', numbered: false, output);
                break;
            default:
                WriteVerbose(transcript, request, output);
                break;
        }
    }

    private static void WriteSubtitles(Transcript transcript, string head, char mark, bool numbered, IBufferWriter<byte> output)
    {
        var text = new StringBuilder(head);
        for (int i = 0; i < transcript.Segments.Count; i++)
        {
            TranscriptSpan segment = transcript.Segments[i];
            if (numbered)
                text.Append(CultureInfo.InvariantCulture, $"{i + 1}\n");
            AppendTime(text, segment.Start, mark);
            text.Append(" --> ");
            AppendTime(text, segment.End, mark);
            text.Append('\n').Append(segment.Text.Replace("-->", "->", StringComparison.Ordinal)).Append("\n\n"); // an arrow would begin another cue
        }

        Encoding.UTF8.GetBytes(text.ToString(), output);
    }

    private static void AppendTime(StringBuilder text, double seconds, char mark)
    {
        long milliseconds = (long)Math.Round(seconds * 1000);
        text.Append(CultureInfo.InvariantCulture, $"{milliseconds / 3_600_000:00}:{milliseconds / 60_000 % 60:00}:{milliseconds / 1000 % 60:00}{mark}{milliseconds % 1000:000}");
    }

    private static void WriteVerbose(Transcript transcript, TranscriptionRequest request, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, ChatJson.WriterOptions);
        json.WriteStartObject();
        json.WriteString("task"u8, request.Translate ? "translate"u8 : "transcribe"u8);
        json.WriteString("language"u8, transcript.Language);
        json.WriteNumber("duration"u8, transcript.Duration);
        json.WriteString("text"u8, transcript.Text);
        if (request.Segments)
        {
            json.WriteStartArray("segments"u8);
            for (int i = 0; i < transcript.Segments.Count; i++)
                WriteSegment(json, i, transcript.Segments[i], request.Temperature ?? 0);
            json.WriteEndArray();
        }

        if (request.Words)
        {
            json.WriteStartArray("words"u8);
            foreach (TranscriptSpan word in transcript.Words)
            {
                json.WriteStartObject();
                json.WriteString("word"u8, word.Text);
                json.WriteNumber("start"u8, word.Start);
                json.WriteNumber("end"u8, word.End);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteStartObject("usage"u8);
        json.WriteString("type"u8, "duration"u8);
        json.WriteNumber("seconds"u8, Math.Ceiling(transcript.Duration));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>OpenAI's members that Gemini has nothing for are there, since its libraries demand them, and 0.</summary>
    private static void WriteSegment(Utf8JsonWriter json, int number, in TranscriptSpan segment, double temperature)
    {
        json.WriteStartObject();
        json.WriteNumber("id"u8, number);
        json.WriteNumber("seek"u8, 0);
        json.WriteNumber("start"u8, segment.Start);
        json.WriteNumber("end"u8, segment.End);
        json.WriteString("text"u8, segment.Text);
        json.WriteStartArray("tokens"u8);
        json.WriteEndArray();
        json.WriteNumber("temperature"u8, temperature);
        json.WriteNumber("avg_logprob"u8, 0);
        json.WriteNumber("compression_ratio"u8, 0);
        json.WriteNumber("no_speech_prob"u8, 0);
        json.WriteEndObject();
    }
}
