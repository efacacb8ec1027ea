using System.Buffers;
using System.Text.Json;

namespace Pollux.Protocols.Output;

/// <summary>Writes JSON strings of megabytes around a <see cref="Utf8JsonWriter"/>, which would want room for all of it at once.</summary>
internal static class LargeJson
{
    /// <summary>From this size on, in bytes, a slice is worth going around the writer.</summary>
    public const int LargeBytes = 64 * 1024;

    /// <summary>Writes a JSON string token as a value.</summary>
    /// <param name="json">Writes to <paramref name="output"/>, without validation.</param>
    /// <param name="output">Where it writes to.</param>
    /// <param name="token">The token, with its quotation marks.</param>
    public static void WriteToken(Utf8JsonWriter json, IBufferWriter<byte> output, ReadOnlyMemory<byte> token)
    {
        if (token.Length < LargeBytes)
        {
            json.WriteRawValue(token.Span, skipInputValidation: true);
            return;
        }

        Begin(json, "\""u8);
        WriteSlice(output, token[1..]); // with the quotation mark at its end
    }

    /// <summary>Begins a value whose rest goes to the output itself: for the writer it stands there from now on.</summary>
    /// <param name="json">The writer; what it holds is in the output afterwards.</param>
    /// <param name="first">The first bytes of the value.</param>
    public static void Begin(Utf8JsonWriter json, ReadOnlySpan<byte> first)
    {
        json.WriteRawValue(first, skipInputValidation: true);
        json.Flush();
    }

    /// <summary>Writes a slice, without copying it where the output can do that.</summary>
    public static void WriteSlice(IBufferWriter<byte> output, ReadOnlyMemory<byte> slice)
    {
        if (output is ISliceWriter slices)
            slices.WriteSlice(slice);
        else
            output.Write(slice.Span);
    }
}
