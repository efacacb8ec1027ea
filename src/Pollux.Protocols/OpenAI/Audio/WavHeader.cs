using System.Buffers;
using System.Buffers.Binary;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>The header of a WAV file with samples of 16 bits.</summary>
public static class WavHeader
{
    /// <summary>Its length in bytes.</summary>
    public const int Length = 44;

    private const uint Unknown = uint.MaxValue; // what OpenAI writes where the length is not known yet; players read to the end

    /// <summary>Writes it.</summary>
    /// <param name="rate">Samples per second.</param>
    /// <param name="channels">1 or 2.</param>
    /// <param name="samples">The length of what follows, in bytes; <see langword="null"/> when nobody knows yet.</param>
    /// <param name="output">Where to.</param>
    public static void Write(int rate, int channels, int? samples, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        Span<byte> header = output.GetSpan(Length)[..Length];
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], samples is { } known ? (uint)(known + Length - 8) : Unknown);
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteInt16LittleEndian(header[22..], (short)channels);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], rate);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], rate * channels * 2);
        BinaryPrimitives.WriteInt16LittleEndian(header[32..], (short)(channels * 2));
        BinaryPrimitives.WriteInt16LittleEndian(header[34..], 16);
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], samples is { } length ? (uint)length : Unknown);
        output.Advance(Length);
    }
}
