using System.Buffers;

namespace Pollux.Buffers;

/// <summary>Gives each who asks <see cref="LargeMemory"/> of its own, which is gone when it is given back.</summary>
internal sealed class LargeMemoryPool : MemoryPool<byte>
{
    /// <summary>The only one: it holds nothing.</summary>
    public static readonly LargeMemoryPool Instance = new();

    private LargeMemoryPool()
    {
    }

    /// <inheritdoc/>
    public override int MaxBufferSize => Array.MaxLength;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => new LargeMemory(minBufferSize);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // there is nothing to give back
    }
}
