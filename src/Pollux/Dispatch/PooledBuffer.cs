using System.Buffers;

namespace Pollux.Dispatch;

/// <summary>A growing buffer out of the shared pool. Dispose it when nothing refers to its bytes any more.</summary>
internal sealed class PooledBuffer(int firstBytes) : IBufferWriter<byte>, IDisposable
{
    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(firstBytes);
    private int _length;

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => Buffer.AsMemory(0, _length);

    private byte[] Buffer => _buffer ?? throw new ObjectDisposedException(nameof(PooledBuffer));

    /// <inheritdoc/>
    public void Advance(int count) => _length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return Buffer.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return Buffer.AsSpan(_length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Reserve(int more)
    {
        byte[] buffer = Buffer;
        if (buffer.Length - _length >= more)
            return;

        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(buffer.Length * 2L, (long)_length + more), Array.MaxLength));
        System.Buffer.BlockCopy(buffer, 0, larger, 0, _length);
        _buffer = larger;
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
