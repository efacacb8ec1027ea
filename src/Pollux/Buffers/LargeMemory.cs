using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Pollux.Buffers;

/// <summary>
/// Bytes outside the collected heap, for bodies of megabytes. Giving them back gives them back to the system at once: arrays
/// of that size would stay with the collector or in a pool, and what stays piles up. Not thread-safe, but for giving back.
/// </summary>
/// <remarks>
/// Only pages that were written to take memory, so capacity costs nothing. What is never given back, because something that
/// was cancelled may still read it, is freed when nothing refers to it any more. Such a reader is always one that sends: it
/// holds the request, and with it this object, until it has sent, and the socket pins what it reads.
/// </remarks>
internal sealed unsafe class LargeMemory : MemoryManager<byte>
{
    /// <summary>
    /// glibc serves what is larger than its threshold by a mapping of its own and returns it whole. The threshold adapts to what
    /// was freed, up to 32 MB (mallopt(3), M_MMAP_THRESHOLD); anything above never lands on a heap that fragments.
    /// </summary>
    public const int LeastMapped = (32 * 1024 * 1024) + (64 * 1024);

    private byte* _start;
    private int _capacity;

    /// <param name="bytes">How many at least.</param>
    public LargeMemory(int bytes)
    {
        _capacity = Math.Max(bytes, LeastMapped);
        _start = (byte*)NativeMemory.Alloc((nuint)_capacity);
    }

#pragma warning disable CA2015, MA0055 // no span outlives the object: see the remarks
    /// <summary>Frees what nobody gave back.</summary>
    ~LargeMemory() => Free();
#pragma warning restore CA2015, MA0055

    /// <summary>How many bytes there is room for.</summary>
    public int Capacity => _capacity;

    /// <summary>Makes room for more and keeps what is there. Spans that were handed out are void then, memories are not.</summary>
    public void Grow(int bytes)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        if (bytes <= _capacity)
            return;
        _start = (byte*)NativeMemory.Realloc(_start, (nuint)bytes);
        _capacity = bytes;
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        return new(_start, _capacity);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, _capacity);
        return new MemoryHandle(_start + elementIndex, pinnable: this);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        // it does not move
    }

    /// <inheritdoc/>
    [SuppressMessage("Usage", "CA2215", Justification = "The base has nothing to dispose of.")]
    protected override void Dispose(bool disposing) => Free();

    private void Free()
    {
        byte* start = _start;
        _start = null;
        NativeMemory.Free(start);
    }
}
