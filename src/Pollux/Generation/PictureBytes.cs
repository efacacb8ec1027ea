using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Pollux.Buffers;

namespace Pollux.Generation;

/// <summary>Reads the bytes of a picture out of an answer.</summary>
internal static class PictureBytes
{
    /// <summary>Decodes base64.</summary>
    /// <param name="token">A JSON string.</param>
    /// <returns>The bytes, in a buffer that the caller disposes; <see langword="null"/>: it is not base64.</returns>
    public static PooledBuffer? Decode(ReadOnlySpan<byte> token)
    {
        ReadOnlySpan<byte> base64 = token[1..^1];
        var buffer = new PooledBuffer(Base64.GetMaxDecodedFromUtf8Length(base64.Length) + 3);
        if (Base64.DecodeFromUtf8(base64, buffer.GetSpan(Base64.GetMaxDecodedFromUtf8Length(base64.Length)), out _, out int written) == OperationStatus.Done)
        {
            buffer.Advance(written);
            return buffer;
        }

        var reader = new Utf8JsonReader(token); // Google writes = as an escape in some answers
        if (reader.Read() && reader.TryGetBytesFromBase64(out byte[]? bytes))
        {
            buffer.Write(bytes);
            return buffer;
        }

        buffer.Dispose();
        return null;
    }
}
