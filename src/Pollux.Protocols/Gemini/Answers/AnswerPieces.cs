using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pollux.Protocols.Pacing;

namespace Pollux.Protocols.Gemini.Answers;

/// <summary>
/// Cuts an answer, or one event of it, into events as Google might have sent them: visible text in pieces that split no
/// character, every other part whole. Calls that stand together stay together: only the first of them is signed, and a client
/// that keeps each event as a turn of its own would else send back a turn without a signature. What belongs to the answer as a whole (finish reasons, token counts, evidence) is in
/// the last event alone; a signature stays on the last piece of its text. All carry the answer's id. Reused from answer to
/// answer; not thread-safe.
/// </summary>
public sealed class AnswerPieces : IDisposable
{
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
    private readonly List<string?> _texts = []; // of each part in order; null for one that is not cut
    private Answer _answer = new();
    private int _candidate;
    private int _part;   // within the candidate
    private int _offset; // within its text

    /// <summary>How many characters of visible text are left.</summary>
    public int Characters { get; private set; }

    /// <summary>Whether an event is left.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Whether <paramref name="answer"/> has text that can be cut.</summary>
    public static bool HasText(Answer answer)
    {
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            foreach (ref readonly AnswerPart part in answer.PartsOf(candidate))
            {
                if (IsVisibleText(part))
                    return true;
            }
        }

        return false;
    }

    /// <summary>Begins with <paramref name="answer"/>, whose bytes must stay as they are until all events are written.</summary>
    public void Begin(Answer answer)
    {
        _answer = answer;
        _texts.Clear();
        _candidate = _part = _offset = Characters = 0;
        HasMore = true;
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            foreach (ref readonly AnswerPart part in answer.PartsOf(candidate))
            {
                string? text = IsVisibleText(part) ? Unescape(answer.Bytes(part.Value)) : null;
                Characters += text is null ? 0 : TextElements.Count(text);
                _texts.Add(text);
            }
        }

        if (!PartsStandWhereTheyShould(answer))
            _candidate = answer.Candidates.Length; // one event, as it came
        SkipWhatIsOver();
    }

    /// <summary>Writes the next event as JSON on one line.</summary>
    /// <param name="characters">How many characters of text it may have, at least 1.</param>
    /// <param name="output">Receives it.</param>
    /// <returns>How many characters it has.</returns>
    public int Write(int characters, IBufferWriter<byte> output)
    {
        ReadOnlySpan<AnswerCandidate> candidates = _answer.Candidates;
        if (_candidate >= candidates.Length)
        {
            HasMore = false;
            (int all, Characters) = (Characters, 0);
            WriteCompact(_answer.Json.Span, output);
            return all;
        }

        ref readonly AnswerCandidate candidate = ref candidates[_candidate];
        int taken = 0;
        int length = 0;
        bool endsPart = true;
        if (Text(candidate, _part) is { } text)
        {
            length = TextElements.LengthOf(text.AsSpan(_offset), characters, out taken);
            endsPart = _offset + length == text.Length;
        }

        Characters -= taken;
        int parts = PartsTogether(candidate);
        if (endsPart && IsEnd(candidates, _part + parts))
        {
            HasMore = false;
            WriteLast(parts, output);
            return taken;
        }

        WriteOne(candidate, parts, length, endsPart, output);
        if (!endsPart)
        {
            _offset += length;
            return taken;
        }

        _offset = 0;
        _part += parts;
        SkipWhatIsOver();
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private static bool IsVisibleText(in AnswerPart part) => part is { Kind: PartKind.Text, IsThought: false, IsEmptyText: false };

    /// <summary>The text of a token; <see langword="null"/> when it holds half a character: only as the raw token does it survive.</summary>
    private static string? Unescape(ReadOnlySpan<byte> token)
    {
        try
        {
            var reader = new Utf8JsonReader(token);
            return reader.Read() ? reader.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Not when a member stands there twice: nobody can say then which one is cut.</summary>
    private static bool PartsStandWhereTheyShould(Answer answer)
    {
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            if (candidate.PartCount > 0 && answer.PartsOf(candidate)[0].Whole.Start < candidate.Parts.Start)
                return false;
        }

        return true;
    }

    private string? Text(in AnswerCandidate candidate, int part) => _texts[candidate.FirstPart + part];

    private void SkipWhatIsOver()
    {
        ReadOnlySpan<AnswerCandidate> candidates = _answer.Candidates;
        while (_candidate < candidates.Length && _part >= candidates[_candidate].PartCount)
        {
            _candidate++;
            _part = 0;
        }
    }

    private int PartsTogether(in AnswerCandidate candidate)
    {
        ReadOnlySpan<AnswerPart> parts = _answer.PartsOf(candidate)[_part..];
        int count = 0;
        while (count < parts.Length && parts[count].Kind == PartKind.FunctionCall)
            count++;
        return Math.Max(1, count);
    }

    /// <summary>Whether nothing follows when the present candidate has given all its parts before <paramref name="next"/>.</summary>
    private bool IsEnd(ReadOnlySpan<AnswerCandidate> candidates, int next)
    {
        if (next < candidates[_candidate].PartCount)
            return false;
        for (int later = _candidate + 1; later < candidates.Length; later++)
        {
            if (candidates[later].PartCount > 0)
                return false;
        }

        return true;
    }

    private void WriteOne(in AnswerCandidate candidate, int parts, int length, bool endsPart, IBufferWriter<byte> output)
    {
        output.Write("{\"candidates\":[{\"content\":{\"parts\":["u8);
        WriteParts(candidate, parts, length, endsPart, output);
        output.Write("],\"role\":\"model\"},\"index\":"u8);
        _json.Reset(output);
        _json.WriteNumberValue(candidate.Index);
        _json.Flush();
        output.Write("}]"u8);
        WriteMember(",\"modelVersion\":"u8, _answer.ModelVersion, output);
        WriteMember(",\"responseId\":"u8, _answer.ResponseId, output);
        output.Write("}"u8);
    }

    /// <summary>The answer as it came, but for the parts that were sent before.</summary>
    private void WriteLast(int parts, IBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> json = _answer.Json.Span;
        int copied = 0;
        for (int i = 0; i < _answer.Candidates.Length; i++)
        {
            ref readonly AnswerCandidate candidate = ref _answer.Candidates[i];
            if (candidate.PartCount == 0)
                continue;
            WriteCompact(json[copied..candidate.Parts.Start], output);
            output.Write("["u8);
            if (i == _candidate)
                WriteParts(candidate, parts, Text(candidate, _part) is { } text ? text.Length - _offset : 0, endsPart: true, output);
            output.Write("]"u8);
            copied = candidate.Parts.Start + candidate.Parts.Length;
        }

        WriteCompact(json[copied..], output);
    }

    private void WriteParts(in AnswerCandidate candidate, int parts, int length, bool endsPart, IBufferWriter<byte> output)
    {
        WriteFirst(candidate, length, endsPart, output);
        for (int i = 1; i < parts; i++)
        {
            output.Write(","u8);
            WriteCompact(_answer.Bytes(_answer.PartsOf(candidate)[_part + i].Whole), output);
        }
    }

    private void WriteFirst(in AnswerCandidate candidate, int length, bool endsPart, IBufferWriter<byte> output)
    {
        ref readonly AnswerPart part = ref _answer.PartsOf(candidate)[_part];
        if (Text(candidate, _part) is not { } text || (_offset == 0 && endsPart))
        {
            WriteCompact(_answer.Bytes(part.Whole), output);
            return;
        }

        ReadOnlySpan<byte> json = _answer.Json.Span;
        if (endsPart)
            WriteCompact(json[part.Whole.Start..part.Value.Start], output);
        else
            output.Write("{\"text\":"u8);
        _json.Reset(output);
        _json.WriteStringValue(text.AsSpan(_offset, length));
        _json.Flush();
        if (endsPart)
            WriteCompact(json[(part.Value.Start + part.Value.Length)..(part.Whole.Start + part.Whole.Length)], output);
        else
            output.Write("}"u8);
    }

    private void WriteMember(ReadOnlySpan<byte> name, Slice value, IBufferWriter<byte> output)
    {
        if (!value.Exists)
            return;
        output.Write(name);
        output.Write(_answer.Bytes(value));
    }

    private static void WriteCompact(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        if (!json.IsEmpty)
            output.Advance(CompactJson.Write(json, output.GetSpan(json.Length)));
    }
}
