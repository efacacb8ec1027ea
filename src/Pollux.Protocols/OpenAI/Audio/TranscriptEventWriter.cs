using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>Writes a transcript as server-sent events, as it is heard. Texts are carried as they are, not unescaped. Not thread-safe.</summary>
public sealed class TranscriptEventWriter
{
    private readonly RawText _all = new();
    private readonly RawText _delta = new();
    private GeminiUsage _usage;

    /// <summary>Whether the transcript has text so far.</summary>
    public bool Any => _all.HasText;

    /// <summary>Writes what an event adds.</summary>
    /// <returns>Whether it adds anything.</returns>
    public bool Write(Answer answer, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(output);
        if (answer.HasUsage)
            _usage = _usage.Update(answer.Usage);
        _delta.Clear();
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            foreach (ref readonly AnswerPart part in answer.PartsOf(candidate))
            {
                if (part.Kind != PartKind.Text || part.IsThought || part.IsEmptyText)
                    continue;
                _delta.AddToken(answer.Json.Slice(part.Value.Start, part.Value.Length));
                _all.AddEscaped(answer.Bytes(part.Value)[1..^1]);
            }
        }

        if (!_delta.HasText)
            return false;
        WriteEvent("transcript.text.delta"u8, "delta"u8, _delta, withUsage: false, output);
        return true;
    }

    /// <summary>Writes the end, with the whole text.</summary>
    public void WriteDone(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        WriteEvent("transcript.text.done"u8, "text"u8, _all, withUsage: true, output);
    }

    private void WriteEvent(ReadOnlySpan<byte> type, ReadOnlySpan<byte> member, RawText text, bool withUsage, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        using (var json = new Utf8JsonWriter(output, ChatJson.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, type);
            json.WritePropertyName(member);
            text.WriteTo(json);
            if (withUsage)
                AudioUsage.Write(json, _usage, withType: true);
            json.WriteEndObject();
        }

        output.Write("\n\n"u8);
    }
}
