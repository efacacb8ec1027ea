using System.Buffers;

namespace Pollux.Buffers;

/// <summary>
/// A growing buffer. Up to a megabyte it comes out of the shared pool, beyond that it is <see cref="LargeMemory"/>. Dispose it
/// when nothing refers to its bytes any more; if something may, let it go without, and the collector takes it.
/// </summary>
internal sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    /// <summary>From this size on a buffer, and a body, counts as large.</summary>
    public const int LargeBytes = 1024 * 1024;

    private byte[]? _small;
    private LargeMemory? _large;
    private int _length;

    /// <param name="firstBytes">How many are expected.</param>
    public PooledBuffer(int firstBytes)
    {
        if (firstBytes < LargeBytes)
            _small = ArrayPool<byte>.Shared.Rent(firstBytes);
        else
            _large = new LargeMemory(firstBytes);
    }

    /// <summary>How many were written.</summary>
    public int Length => _length;

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => Whole[.._length];

    private Memory<byte> Whole => _large?.Memory ?? _small ?? throw new ObjectDisposedException(nameof(PooledBuffer));

    private int Capacity => _large?.Capacity ?? _small?.Length ?? throw new ObjectDisposedException(nameof(PooledBuffer));

    /// <inheritdoc/>
    public void Advance(int count) => _length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return Whole[_length..];
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _small, null) is { } small)
            ArrayPool<byte>.Shared.Return(small);
        (Interlocked.Exchange(ref _large, null) as IDisposable)?.Dispose();
    }

    private void Reserve(int more)
    {
        int capacity = Capacity;
        if (capacity - _length >= more)
            return;

        int wanted = (int)Math.Min(Math.Max(capacity * 2L, (long)_length + more), Array.MaxLength);
        if (_large is not null)
        {
            _large.Grow(wanted);
            return;
        }

        byte[] small = _small!;
        if (wanted < LargeBytes)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(wanted);
            small.AsSpan(0, _length).CopyTo(larger);
            _small = larger;
        }
        else
        {
            var large = new LargeMemory(wanted);
            small.AsSpan(0, _length).CopyTo(large.GetSpan());
            (_large, _small) = (large, null);
        }

        ArrayPool<byte>.Shared.Return(small);
    }
}
