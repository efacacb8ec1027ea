using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>Writes a transcript as server-sent events, as it is heard. Texts are carried as they are, not unescaped. Not thread-safe.</summary>
public sealed class TranscriptEventWriter : IDisposable
{
    private readonly Utf8JsonWriter _json = new(Stream.Null, ChatJson.WriterOptions);
    private readonly RawText _all = new();
    private readonly RawText _delta = new();
    private GeminiUsage _usage;

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

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void WriteEvent(ReadOnlySpan<byte> type, ReadOnlySpan<byte> member, RawText text, bool withUsage, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteString("type"u8, type);
        _json.WritePropertyName(member);
        text.WriteTo(_json, output);
        if (withUsage)
            AudioUsage.Write(_json, _usage, withType: true);
        _json.WriteEndObject();
        _json.Flush();
        output.Write("\n\n"u8);
    }
}
