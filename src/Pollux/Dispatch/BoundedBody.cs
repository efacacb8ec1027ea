using Pollux.Buffers;

namespace Pollux.Dispatch;

/// <summary>Reads whole bodies, never more than a bound.</summary>
internal static class BoundedBody
{
    private const int FirstBytes = 16 * 1024;

    /// <summary>What a large body of unknown length is taken for: a picture of 4K has some 27 MB.</summary>
    private const int UnannouncedBytes = 32 * 1024 * 1024;

    /// <summary>Reads <paramref name="stream"/> to its end.</summary>
    /// <param name="stream">Where from.</param>
    /// <param name="expected">The announced length, if any.</param>
    /// <param name="maximum">The bound in bytes.</param>
    /// <param name="attempt">Told after each read that the upstream was heard; ends the reading.</param>
    /// <param name="room">Where a large body gets its share; <see langword="null"/> where the bound is small.</param>
    /// <param name="waits">Whether it waits for its share.</param>
    /// <returns>The body and its share, both the caller's.</returns>
    /// <exception cref="InvalidDataException">There is more than <paramref name="maximum"/>.</exception>
    /// <exception cref="NoRoomException">There was no share in time.</exception>
    public static async ValueTask<(PooledBuffer Body, BodyShare? Share)> ReadAsync(
        Stream stream, long? expected, int maximum, AttemptCancellation attempt, AnswerRoom? room = null, bool waits = true)
    {
        if (expected > maximum)
            throw new InvalidDataException($"The body has more than {maximum} bytes.");

        BodyShare? share = null;
        PooledBuffer? buffer = null;
        try
        {
            if (expected >= PooledBuffer.LargeBytes && room is not null)
                share = await room.TakeAsync(expected.Value, waits, attempt);
            buffer = new PooledBuffer((int)Math.Min((expected ?? FirstBytes) + 1, maximum));
            while (true)
            {
                if (share is null && room is not null && buffer.Length >= PooledBuffer.LargeBytes / 2)
                    share = await room.TakeAsync(UnannouncedBytes, waits, attempt);

                int read = await stream.ReadAsync(buffer.GetMemory(), attempt.Token).ConfigureAwait(false);
                if (read == 0)
                    break;

                buffer.Advance(read);
                attempt.Heard();
                if (buffer.Length > maximum)
                    throw new InvalidDataException($"The body has more than {maximum} bytes.");
            }

            if (share is not null)
                AnswerRoom.Fit(share, buffer.Length);
            return (buffer, share);
        }
        catch
        {
            buffer?.Dispose();
            share?.Dispose();
            throw;
        }
    }
}
