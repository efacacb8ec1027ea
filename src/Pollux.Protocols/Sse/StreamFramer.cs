using System.Buffers;

namespace Pollux.Protocols.Sse;

/// <summary>
/// Cuts the bytes of a streamed answer into <see cref="Frame"/>s, however the network cut them. The reader writes into
/// <see cref="GetMemory"/>, calls <see cref="Advance"/>, and takes frames until there is none; after the end of the
/// stream it takes what is left with <see cref="TryReadLast"/>. Not thread-safe; dispose it to give the buffer back.
/// </summary>
public abstract class StreamFramer : IDisposable
{
    /// <summary>The largest unit that is accepted: a picture of 4K comes as one event of some 30 MB.</summary>
    public const int MaxFrameBytes = 128 * 1024 * 1024;

    private const int InitialBytes = 8 * 1024;
    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(InitialBytes);

    /// <summary>Where unread bytes begin.</summary>
    private protected int Start { get; private set; }

    /// <summary>Where received bytes end.</summary>
    private protected int End { get; private set; }

    /// <summary>Everything received and not yet taken lies between <see cref="Start"/> and <see cref="End"/> here.</summary>
    private protected ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, End);

    private byte[] Buffer => _buffer ?? throw new ObjectDisposedException(GetType().Name);

    /// <summary>Room for the next read. Frames taken before become invalid.</summary>
    /// <exception cref="InvalidDataException">A single unit is larger than <see cref="MaxFrameBytes"/>.</exception>
    public Memory<byte> GetMemory()
    {
        byte[] buffer = Buffer;
        if (Start == End && Start > 0)
        {
            Moved(Start);
            Start = End = 0;
        }

        if (buffer.Length - End >= InitialBytes / 2)
            return buffer.AsMemory(End);

        int unread = End - Start;
        if (unread > MaxFrameBytes)
            throw new InvalidDataException($"A streamed unit is larger than {MaxFrameBytes} bytes.");

        byte[] target = unread > buffer.Length / 2 ? ArrayPool<byte>.Shared.Rent(buffer.Length * 2) : buffer;
        System.Buffer.BlockCopy(buffer, Start, target, 0, unread);
        if (!ReferenceEquals(target, buffer))
        {
            _buffer = target;
            ArrayPool<byte>.Shared.Return(buffer);
        }

        Moved(Start);
        End = unread;
        Start = 0;
        return target.AsMemory(End);
    }

    /// <summary>Tells that <paramref name="bytes"/> bytes were written into the memory of <see cref="GetMemory"/>.</summary>
    public void Advance(int bytes) => End += bytes;

    /// <summary>Takes the next complete unit, if one is there.</summary>
    public abstract bool TryRead(out Frame frame);

    /// <summary>
    /// Takes what the end of the stream completes: a last event without its blank line, or a bare JSON value. Call it
    /// until it gives <see langword="false"/>.
    /// </summary>
    public abstract bool TryReadLast(out Frame frame);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the buffer back.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>The unread bytes moved towards the front: remembered positions shrink by <paramref name="by"/>.</summary>
    private protected abstract void Moved(int by);

    /// <summary>Marks everything before <paramref name="position"/> as taken.</summary>
    private protected void TakeUntil(int position) => Start = position;

    private protected ReadOnlyMemory<byte> Slice(int from, int to) => Buffer.AsMemory(from, to - from);
}
