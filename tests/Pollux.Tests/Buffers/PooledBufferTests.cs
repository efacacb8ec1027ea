using System.Buffers;
using Pollux.Buffers;

namespace Pollux.Tests.Buffers;

/// <summary>A buffer keeps its bytes over every growth, from the pool into memory of its own.</summary>
public sealed class PooledBufferTests
{
    [Theory]
    [InlineData(16, 1_000, 3_000_000)]
    [InlineData(16, 100_000, 40_000_000)]  // beyond what is mapped at first
    [InlineData(2_000_000, 70_000, 5_000_000)]
    [InlineData(0, 1, 5_000)]
    public void What_was_written_stays(int first, int piece, int total)
    {
        using var buffer = new PooledBuffer(first);
        byte[] bytes = new byte[piece];
        for (int written = 0; written < total; written += piece)
        {
            for (int i = 0; i < piece; i++)
                bytes[i] = (byte)((written + i) * 31 >> 3);
            buffer.Write(bytes);
        }

        ReadOnlySpan<byte> read = buffer.Written.Span;
        Assert.Equal((total + piece - 1) / piece * piece, read.Length);
        for (int i = 0; i < read.Length; i++)
        {
            if (read[i] != (byte)(i * 31 >> 3))
                Assert.Fail($"Byte {i} is another.");
        }
    }

    [Fact]
    public void Who_reads_what_was_given_back_is_told()
    {
        var large = new PooledBuffer(2_000_000);
        large.Write("x"u8);
        Memory<byte> memory = large.GetMemory(10);
        large.Dispose();
        large.Dispose();

        Assert.Throws<ObjectDisposedException>(() => large.Written);
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
    }
}
