using System.Text;
using System.Text.Json;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>A stretch of a transcript.</summary>
/// <param name="Start">In seconds from the beginning.</param>
/// <param name="End">In seconds, not before <paramref name="Start"/>.</param>
/// <param name="Text">What is said, on one line.</param>
public readonly record struct TranscriptSpan(double Start, double End, string Text);

/// <summary>A transcript with times, as the model wrote it and as far as it can be true.</summary>
/// <param name="Language">The English name of the language, or empty.</param>
/// <param name="Segments">In the order of their times.</param>
/// <param name="Words">In the order of their times; empty when they were not asked for.</param>
public sealed record Transcript(string Language, IReadOnlyList<TranscriptSpan> Segments, IReadOnlyList<TranscriptSpan> Words)
{
    private const double Longest = 24 * 3600; // Google takes 9.5 hours of sound in one prompt

    /// <summary>In seconds, as far as something is said.</summary>
    public double Duration => Segments.Count > 0 ? Segments[^1].End : 0;

    /// <summary>All that is said.</summary>
    public string Text
    {
        get
        {
            var text = new StringBuilder();
            foreach (TranscriptSpan segment in Segments)
            {
                if (text.Length > 0 && segment.Text.Length > 0 && IsSpaced(text[^1]) && IsSpaced(segment.Text[0]))
                    text.Append(' ');
                text.Append(segment.Text);
            }

            return text.ToString();
        }
    }

    /// <summary>Reads what the model wrote.</summary>
    /// <param name="json">Its JSON.</param>
    /// <returns><see langword="null"/> when it is no transcript: not JSON, or with times that cannot be.</returns>
    public static Transcript? Read(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("segments", out JsonElement segments))
                return null;
            string language = root.TryGetProperty("language", out JsonElement name) ? name.GetString() ?? "" : "";
            return ReadSpans(segments, "text") is { } texts
                && (root.TryGetProperty("words", out JsonElement words) ? ReadSpans(words, "word") : []) is { } times
                ? new Transcript(language, texts, times)
                : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    private static List<TranscriptSpan>? ReadSpans(JsonElement list, string member)
    {
        var spans = new List<TranscriptSpan>(list.GetArrayLength());
        double last = 0;
        foreach (JsonElement item in list.EnumerateArray())
        {
            double start = item.GetProperty("start").GetDouble();
            double end = item.GetProperty("end").GetDouble();
            string text = OneLine(item.GetProperty(member).GetString());
            if (!(start >= last) || !(end >= start) || end > Longest)
                return null;
            last = start;
            if (text.Length > 0)
                spans.Add(new TranscriptSpan(start, end, text));
        }

        return spans;
    }

    /// <summary>An empty line ends a subtitle.</summary>
    private static string OneLine(string? text) => (text ?? "").ReplaceLineEndings(" ").Trim();

    /// <summary>Chinese, Japanese and Thai are written without blanks between sentences.</summary>
    private static bool IsSpaced(char c) => c is < '\u0E00' or (> '\u0E7F' and < '\u2E80') or (>= '\uAC00' and <= '\uD7A3');
}
