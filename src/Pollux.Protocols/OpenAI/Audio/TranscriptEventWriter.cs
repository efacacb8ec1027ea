using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;
using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>
/// Writes a transcript as server-sent events, as it is heard. Texts are carried as they are, not unescaped. What may still
/// become <see cref="TranscriptionTranslator.NoSpeech"/> is held back: a silence has an empty text. Not thread-safe.
/// </summary>
public sealed class TranscriptEventWriter : IDisposable
{
    private const int MostHeld = 64; // bytes

    private readonly Utf8JsonWriter _json = new(Stream.Null, ChatJson.WriterOptions);
    private readonly RawText _all = new();
    private readonly RawText _delta = new();
    private readonly ArrayBufferWriter<byte> _held = new(); // escaped, no longer than the words for silence and some blanks
    private bool _holds = true;
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
                if (part.Kind == PartKind.Text && !part.IsThought && !part.IsEmptyText)
                    Take(answer.Json.Slice(part.Value.Start, part.Value.Length));
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
        if (_holds && _held.WrittenCount > 0 && !Trim(_held.WrittenSpan).SequenceEqual(Silence))
        {
            _delta.Clear();
            Release();
            WriteEvent("transcript.text.delta"u8, "delta"u8, _delta, withUsage: false, output);
        }

        WriteEvent("transcript.text.done"u8, "text"u8, _all, withUsage: true, output);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    /// <summary>As in a JSON string: nothing of it needs an escape.</summary>
    private static ReadOnlySpan<byte> Silence => "[no speech]"u8;

    private void Take(ReadOnlyMemory<byte> token)
    {
        if (_holds)
        {
            _held.Write(token.Span[1..^1]);
            ReadOnlySpan<byte> said = Trim(_held.WrittenSpan);
            if (_held.WrittenCount <= MostHeld && Silence.StartsWith(said))
                return;
            Release();
            return;
        }

        _delta.AddToken(token);
        _all.AddEscaped(token.Span[1..^1]);
    }

    /// <summary>It was speech after all.</summary>
    private void Release()
    {
        _holds = false;
        _delta.AddEscaped(_held.WrittenSpan);
        _all.AddEscaped(_held.WrittenSpan);
    }

    /// <summary>Without blanks and escaped line ends on either side.</summary>
    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> escaped)
    {
        while (true)
        {
            if (escaped.StartsWith(" "u8))
                escaped = escaped[1..];
            else if (escaped.StartsWith("\\n"u8) || escaped.StartsWith("\\r"u8))
                escaped = escaped[2..];
            else if (escaped.EndsWith(" "u8))
                escaped = escaped[..^1];
            else if (escaped.EndsWith("\\n"u8) || escaped.EndsWith("\\r"u8))
                escaped = escaped[..^2];
            else
                return escaped;
        }
    }

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
