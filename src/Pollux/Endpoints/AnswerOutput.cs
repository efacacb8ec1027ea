using System.Buffers;
using System.IO.Pipelines;
using Pollux.Protocols.Output;

namespace Pollux.Endpoints;

/// <summary>
/// What is written to a client. Small things go straight into the connection's pipe; a large slice is only noted, and sent piece
/// by piece when all is written, so that megabytes never stand in the pipe at once. Not thread-safe.
/// </summary>
internal sealed class AnswerOutput(PipeWriter pipe) : ISliceWriter
{
    /// <summary>So much is given to the connection at once: as much as it holds before it makes its writer wait.</summary>
    private const int PieceBytes = 64 * 1024;

    private List<ReadOnlyMemory<byte>>? _slices;
    private ArrayBufferWriter<byte>? _behind; // what stands behind the slices, up to the marks
    private List<int>? _marks;                // one for each slice: how much of that stands before it

    private bool Holds => _slices is { Count: > 0 };

    /// <inheritdoc/>
    public void Advance(int count)
    {
        if (Holds)
            _behind!.Advance(count);
        else
            pipe.Advance(count);
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => Holds ? _behind!.GetMemory(sizeHint) : pipe.GetMemory(sizeHint);

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => Holds ? _behind!.GetSpan(sizeHint) : pipe.GetSpan(sizeHint);

    /// <inheritdoc/>
    public void WriteSlice(ReadOnlyMemory<byte> slice)
    {
        if (slice.Length <= PieceBytes)
        {
            this.Write(slice.Span);
            return;
        }

        (_slices ??= []).Add(slice);
        _behind ??= new ArrayBufferWriter<byte>();
        (_marks ??= []).Add(_behind.WrittenCount);
    }

    /// <summary>Sends what was written. Waits for a slow reader.</summary>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public ValueTask<FlushResult> FlushAsync(CancellationToken aborted) => Holds ? FlushSlicesAsync(aborted) : pipe.FlushAsync(aborted);

    private async ValueTask<FlushResult> FlushSlicesAsync(CancellationToken aborted)
    {
        ReadOnlyMemory<byte> behind = _behind!.WrittenMemory;
        int written = 0;
        FlushResult result = default;
        for (int i = 0; i < _slices!.Count && !result.IsCompleted; i++)
        {
            pipe.Write(behind.Span[written.._marks![i]]);
            written = _marks[i];
            for (ReadOnlyMemory<byte> left = _slices[i]; !left.IsEmpty && !result.IsCompleted; left = left[Math.Min(left.Length, PieceBytes)..])
            {
                pipe.Write(left.Span[..Math.Min(left.Length, PieceBytes)]);
                result = await pipe.FlushAsync(aborted);
            }
        }

        pipe.Write(behind.Span[written..]);
        _slices.Clear();
        _marks!.Clear();
        _behind = null;
        return await pipe.FlushAsync(aborted);
    }
}
