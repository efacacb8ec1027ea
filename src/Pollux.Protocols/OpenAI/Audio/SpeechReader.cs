using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>
/// Takes the samples out of a spoken answer, event by event. Google sends <c>audio/L16;codec=pcm;rate=24000</c>, which in
/// spite of its name is little-endian, or a whole WAV file from newer models, whose header is taken off. Not thread-safe.
/// </summary>
public sealed class SpeechReader
{
    /// <summary>The rate of Google's speech where it tells none, in samples per second.</summary>
    public const int UsualRate = 24_000;

    private readonly ArrayBufferWriter<byte> _samples = new();

    /// <summary>Samples per second.</summary>
    public int Rate { get; private set; } = UsualRate;

    /// <summary>1 for mono.</summary>
    public int Channels { get; private set; } = 1;

    /// <summary>Whether any sound came so far.</summary>
    public bool Any { get; private set; }

    /// <summary>Whether sound came in a form that is not known here.</summary>
    public bool IsUnreadable { get; private set; }

    /// <summary>The samples of the last event: 16 bits, little-endian.</summary>
    public ReadOnlyMemory<byte> Samples => _samples.WrittenMemory;

    /// <summary>Reads an event, or a whole answer.</summary>
    /// <returns>Whether it brought sound.</returns>
    public bool Read(Answer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        _samples.ResetWrittenCount();
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            foreach (ref readonly AnswerPart part in answer.PartsOf(candidate))
            {
                if (part.Kind == PartKind.InlineData && !part.IsThought)
                    Take(answer.Bytes(part.Name), answer.Bytes(part.Content));
            }

            break; // one voice is enough
        }

        Any |= _samples.WrittenCount > 0;
        return _samples.WrittenCount > 0;
    }

    private void Take(ReadOnlySpan<byte> type, ReadOnlySpan<byte> token)
    {
        int before = _samples.WrittenCount;
        if (type.Length < 2 || token.Length < 2 || !Decode(token))
        {
            IsUnreadable = true;
            return;
        }

        ReadOnlySpan<byte> name = type[1..^1];
        ReadOnlySpan<byte> bytes = _samples.WrittenSpan[before..];
        if (bytes.StartsWith("RIFF"u8))
        {
            int header = ReadHeader(bytes);
            byte[] samples = bytes[header..].ToArray();
            Rewind(before);
            _samples.Write(samples);
        }
        else if (StartsWith(name, "audio/l16"u8) || StartsWith(name, "audio/pcm"u8))
        {
            ReadRate(name);
        }
        else
        {
            Rewind(before);
            IsUnreadable = true;
        }
    }

    private bool Decode(ReadOnlySpan<byte> token)
    {
        ReadOnlySpan<byte> base64 = token[1..^1];
        if (base64.Contains((byte)'\\')) // Google writes = as \u003d at times
        {
            var reader = new Utf8JsonReader(token);
            if (!reader.Read() || !reader.TryGetBytesFromBase64(out byte[]? whole))
                return false;
            _samples.Write(whole);
            return true;
        }

        Span<byte> space = _samples.GetSpan(Math.Max(1, Base64.GetMaxDecodedFromUtf8Length(base64.Length)));
        if (Base64.DecodeFromUtf8(base64, space, out _, out int written) != OperationStatus.Done)
            return false;
        _samples.Advance(written);
        return true;
    }

    private void Rewind(int to)
    {
        byte[] kept = _samples.WrittenSpan[..to].ToArray();
        _samples.ResetWrittenCount();
        _samples.Write(kept);
    }

    private void ReadRate(ReadOnlySpan<byte> type)
    {
        int at = type.IndexOf("rate="u8);
        if (at >= 0 && Utf8Parser.TryParse(type[(at + "rate="u8.Length)..], out int rate, out _) && IsSane(rate))
            Rate = rate;
    }

    /// <summary>Reads the header of a WAV file.</summary>
    /// <returns>Where the samples begin.</returns>
    private int ReadHeader(ReadOnlySpan<byte> file)
    {
        const int FormatBytes = 16;
        int at = 12; // RIFF, size, WAVE
        while (at + 8 <= file.Length)
        {
            ReadOnlySpan<byte> name = file.Slice(at, 4);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(file[(at + 4)..]);
            at += 8;
            if (name.SequenceEqual("data"u8))
                return at;
            if (name.SequenceEqual("fmt "u8) && at + FormatBytes <= file.Length)
            {
                int channels = BinaryPrimitives.ReadUInt16LittleEndian(file[(at + 2)..]);
                int rate = BinaryPrimitives.ReadInt32LittleEndian(file[(at + 4)..]);
                if (channels is 1 or 2 && IsSane(rate))
                    (Channels, Rate) = (channels, rate);
                IsUnreadable |= BinaryPrimitives.ReadUInt16LittleEndian(file[(at + 14)..]) != 16;
            }

            if (size > file.Length - at)
                break;
            at += (int)size + (int)(size & 1);
        }

        IsUnreadable = true;
        return file.Length;
    }

    private static bool IsSane(int rate) => rate is >= 8000 and <= 192_000;

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower) =>
        text.Length >= lower.Length && System.Text.Ascii.EqualsIgnoreCase(text[..lower.Length], lower);

    /// <summary>The rate as text, for the media type of bare samples.</summary>
    public string PcmType => Rate == UsualRate ? "audio/pcm" : string.Create(CultureInfo.InvariantCulture, $"audio/pcm;rate={Rate}");
}
