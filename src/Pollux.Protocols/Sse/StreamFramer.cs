using System.Buffers;

namespace Pollux.Protocols.Sse;

/// <summary>
/// Cuts the bytes of a streamed answer into <see cref="Frame"/>s, however the network cut them. The reader writes into
/// <see cref="GetMemory"/>, calls <see cref="Advance"/>, and takes frames until there is none; after the end of the
/// stream it takes what is left with <see cref="TryReadLast"/>. Not thread-safe; dispose it to give the buffer back.
/// </summary>
/// <param name="large">Gives buffers of a megabyte and more; <see langword="null"/>: the shared pool of arrays does.</param>
public abstract class StreamFramer(MemoryPool<byte>? large = null) : IDisposable
{
    /// <summary>The largest unit that is accepted: a picture of 4K comes as one event of some 30 MB.</summary>
    public const int MaxFrameBytes = 128 * 1024 * 1024;

    /// <summary>From this size on a buffer comes from the pool of large ones.</summary>
    public const int LargeBytes = 1024 * 1024;

    private const int InitialBytes = 8 * 1024;
    private byte[]? _array = ArrayPool<byte>.Shared.Rent(InitialBytes); // one of the two is there
    private IMemoryOwner<byte>? _large;

    /// <summary>Where unread bytes begin.</summary>
    private protected int Start { get; private set; }

    /// <summary>Where received bytes end.</summary>
    private protected int End { get; private set; }

    /// <summary>Everything received and not yet taken lies between <see cref="Start"/> and <see cref="End"/> here.</summary>
    private protected ReadOnlySpan<byte> Bytes => _array is { } array ? array.AsSpan(0, End) : Buffer.Span[..End];

    private Memory<byte> Buffer => _array ?? _large?.Memory ?? throw new ObjectDisposedException(GetType().Name);

    /// <summary>How large the next read makes the buffer, in bytes, where it makes it large; else 0. It may have to wait for room.</summary>
    public int NextLargeBytes
    {
        get
        {
            int capacity = Buffer.Length;
            return capacity >= LargeBytes / 2 && IsFull(capacity) && End - Start > capacity / 2 ? capacity * 2 : 0;
        }
    }

    /// <summary>Room for the next read. Frames taken before become invalid.</summary>
    /// <exception cref="InvalidDataException">A single unit is larger than <see cref="MaxFrameBytes"/>.</exception>
    public Memory<byte> GetMemory()
    {
        if (Start == End && Start > 0)
        {
            Moved(Start);
            Start = End = 0;
        }

        if (_array is { } array && !IsFull(array.Length))
            return array.AsMemory(End);

        Memory<byte> buffer = Buffer;
        if (!IsFull(buffer.Length))
            return buffer[End..];

        int unread = End - Start;
        if (unread > MaxFrameBytes)
            throw new InvalidDataException($"A streamed unit is larger than {MaxFrameBytes} bytes.");

        if (unread > buffer.Length / 2)
            Grow(buffer.Length * 2);
        else
            buffer[Start..End].CopyTo(buffer);
        Moved(Start);
        End = unread;
        Start = 0;
        return Buffer[End..];
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
        if (Interlocked.Exchange(ref _array, null) is { } array)
            ArrayPool<byte>.Shared.Return(array);
        Interlocked.Exchange(ref _large, null)?.Dispose();
    }

    /// <summary>The unread bytes moved towards the front: remembered positions shrink by <paramref name="by"/>.</summary>
    private protected abstract void Moved(int by);

    /// <summary>Marks everything before <paramref name="position"/> as taken.</summary>
    private protected void TakeUntil(int position) => Start = position;

    private protected ReadOnlyMemory<byte> Slice(int from, int to) => _array is { } array ? array.AsMemory(from, to - from) : Buffer[from..to];

    private bool IsFull(int capacity) => capacity - End < InitialBytes / 2;

    private void Grow(int bytes)
    {
        Memory<byte> unread = Buffer[Start..End];
        if (large is not null && bytes >= LargeBytes)
        {
            IMemoryOwner<byte> larger = large.Rent(bytes);
            unread.CopyTo(larger.Memory);
            Dispose(disposing: true);
            _large = larger;
            return;
        }

        byte[] array = ArrayPool<byte>.Shared.Rent(bytes);
        unread.CopyTo(array);
        Dispose(disposing: true);
        _array = array;
    }
}
