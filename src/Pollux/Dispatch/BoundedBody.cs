using System.Buffers;

namespace Pollux.Dispatch;

/// <summary>Reads whole bodies into pooled buffers, never more than a bound.</summary>
internal static class BoundedBody
{
    private const int FirstBytes = 16 * 1024;

    /// <summary>Reads <paramref name="stream"/> to its end.</summary>
    /// <param name="stream">Where from.</param>
    /// <param name="expected">The announced length, if any.</param>
    /// <param name="maximum">The bound in bytes.</param>
    /// <param name="attempt">Told after each read that the upstream was heard.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>A rented buffer, which the caller gives back, and the number of bytes in it.</returns>
    /// <exception cref="InvalidDataException">There is more than <paramref name="maximum"/>.</exception>
    public static async ValueTask<(byte[] Buffer, int Length)> ReadAsync(
        Stream stream, long? expected, int maximum, AttemptCancellation? attempt, CancellationToken cancellation)
    {
        if (expected > maximum)
            throw new InvalidDataException($"The body has more than {maximum} bytes.");

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min((expected ?? FirstBytes) + 1, maximum));
        int length = 0;
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                    buffer = Grow(buffer, length, maximum);

                int read = await stream.ReadAsync(buffer.AsMemory(length), cancellation).ConfigureAwait(false);
                if (read == 0)
                    return (buffer, length);

                length += read;
                attempt?.Heard();
                if (length > maximum)
                    throw new InvalidDataException($"The body has more than {maximum} bytes.");
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    private static byte[] Grow(byte[] buffer, int length, int maximum)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min((long)length * 2, (long)maximum + 1));
        Buffer.BlockCopy(buffer, 0, larger, 0, length);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
