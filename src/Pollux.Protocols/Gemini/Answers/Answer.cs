using System.Text;
using System.Text.Json;

namespace Pollux.Protocols.Gemini.Answers;

/// <summary>
/// A Gemini answer, or one event of a streamed one, as a view of its JSON: nothing is copied, and reading the next event
/// into the same object allocates nothing once its lists have grown. Valid as long as the bytes given to
/// <see cref="AnswerReader.TryRead"/> are. Not thread-safe.
/// </summary>
public sealed class Answer
{
    private AnswerCandidate[] _candidates = new AnswerCandidate[1];
    private AnswerPart[] _parts = new AnswerPart[1];
    private int _candidateCount;
    private int _partCount;

    /// <summary>The JSON that all slices point into.</summary>
    public ReadOnlyMemory<byte> Json { get; private set; }

    /// <summary>The candidates of this event; a stream's event usually has one, the last may have none.</summary>
    public ReadOnlySpan<AnswerCandidate> Candidates => _candidates.AsSpan(0, _candidateCount);

    /// <summary>Token counts; valid when <see cref="HasUsage"/>.</summary>
    public GeminiUsage Usage { get; internal set; }

    /// <summary>Whether the event brought token counts.</summary>
    public bool HasUsage { get; internal set; }

    /// <summary>Why the whole prompt was refused, as a token; a refused prompt is HTTP 200 without candidates.</summary>
    public Slice BlockReason { get; internal set; }

    /// <summary>A sentence about the refusal, as a string token (Vertex AI).</summary>
    public Slice BlockMessage { get; internal set; }

    /// <summary>The model that answered, which may differ from the one asked; a string token.</summary>
    public Slice ModelVersion { get; internal set; }

    /// <summary>Google's id of the answer; a string token.</summary>
    public Slice ResponseId { get; internal set; }

    /// <summary>The object of an error that came instead of an answer.</summary>
    public Slice Error { get; internal set; }

    /// <summary>The parts of <paramref name="candidate"/>.</summary>
    public ReadOnlySpan<AnswerPart> PartsOf(in AnswerCandidate candidate) => _parts.AsSpan(candidate.FirstPart, candidate.PartCount);

    /// <summary>The bytes of <paramref name="slice"/>.</summary>
    public ReadOnlySpan<byte> Bytes(Slice slice) => Json.Span.Slice(slice.Start, slice.Length);

    /// <summary>The text of a string token, unescaped; <see langword="null"/> when it is absent.</summary>
    public string? Text(Slice slice)
    {
        if (!slice.Exists)
            return null;

        ReadOnlySpan<byte> token = Bytes(slice);
        if (token[0] != (byte)'"')
            return Encoding.UTF8.GetString(token);

        try
        {
            var reader = new Utf8JsonReader(token);
            return reader.Read() ? reader.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(token[1..^1]); // half a character or no UTF-8: as it stands, for want of better
        }
    }

    internal void Reset(ReadOnlyMemory<byte> json)
    {
        Json = json;
        _candidateCount = _partCount = 0;
        Usage = default;
        HasUsage = false;
        BlockReason = BlockMessage = ModelVersion = ResponseId = Error = default;
    }

    internal int NextPart => _partCount;

    internal void Add(in AnswerCandidate candidate)
    {
        if (_candidateCount == _candidates.Length)
            Array.Resize(ref _candidates, _candidateCount * 2);
        _candidates[_candidateCount++] = candidate;
    }

    internal void Add(in AnswerPart part)
    {
        if (_partCount == _parts.Length)
            Array.Resize(ref _parts, _partCount * 2);
        _parts[_partCount++] = part;
    }
}
