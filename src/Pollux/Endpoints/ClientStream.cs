using System.Buffers;

namespace Pollux.Endpoints;

/// <summary>
/// A streamed answer on its way to the client. The header goes out with the first write; until then a failure can still
/// be told with its true status. During a long silence a sign of life keeps the connection alive; a blank line, unless the
/// dialect has one of its own: a comment line would break the parser of the Gemini command-line agent. One writer at a time: enter, write, and <see cref="FlushAsync"/>,
/// which waits for a slow reader, so nothing piles up.
/// </summary>
internal sealed class ClientStream : IAsyncDisposable
{
    private readonly HttpResponse _response;
    private readonly string _contentType;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _keepAlive;
    private readonly Action<IBufferWriter<byte>> _signOfLife;
    private readonly SemaphoreSlim? _writing; // without a timer there is but one writer
    private readonly CancellationTokenSource? _stopping;
    private readonly Task _keepingAlive = Task.CompletedTask;
    private AnswerOutput? _output;
    private long _lastWrite;

    /// <param name="response">The answer.</param>
    /// <param name="contentType">What the header will say.</param>
    /// <param name="keepAlive">The silence after which a sign of life is sent; zero = never.</param>
    /// <param name="clock">Measures it.</param>
    /// <param name="signOfLife">Writes it; <see langword="null"/>: a blank line.</param>
    public ClientStream(HttpResponse response, string contentType, TimeSpan keepAlive, TimeProvider clock, Action<IBufferWriter<byte>>? signOfLife = null)
    {
        _signOfLife = signOfLife ?? WriteBlankLine;
        _response = response;
        _contentType = contentType;
        _clock = clock;
        _keepAlive = keepAlive;
        _lastWrite = clock.GetTimestamp();
        if (keepAlive <= TimeSpan.Zero)
            return;

        _writing = new SemaphoreSlim(1, 1);
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(response.HttpContext.RequestAborted);
        _keepingAlive = KeepAliveAsync(_writing, _stopping.Token);
    }

    /// <summary>Whether the header went out: from then on a failure can only be told inside the stream.</summary>
    public bool Started => _response.HasStarted;

    private AnswerOutput Output => _output ??= new AnswerOutput(_response.BodyWriter);

    /// <summary>Takes the right to write.</summary>
    /// <param name="aborted">The client went away.</param>
    /// <param name="begin">Whether the header of a good answer is set; not for an error that may still have its own.</param>
    public ValueTask<AnswerOutput> EnterAsync(CancellationToken aborted, bool begin = true)
    {
        if (_writing is null || _writing.Wait(0, CancellationToken.None))
            return new(Begin(begin));
        return WaitAsync(_writing, begin, aborted);
    }

    /// <summary>Gives the right to write back without having written.</summary>
    public void Leave() => _writing?.Release();

    /// <summary>Sends what was written and gives the right to write back.</summary>
    public async ValueTask FlushAsync(CancellationToken aborted)
    {
        try
        {
            await Output.FlushAsync(aborted);
        }
        finally
        {
            _lastWrite = _clock.GetTimestamp();
            _writing?.Release();
        }
    }

    /// <summary>Writes <paramref name="bytes"/> and sends them.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken aborted)
    {
        AnswerOutput output = await EnterAsync(aborted);
        output.WriteSlice(bytes);
        await FlushAsync(aborted);
    }

    /// <summary>Stops keeping alive; nothing is written afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping is not null)
        {
            await _stopping.CancelAsync();
            await _keepingAlive;
            _stopping.Dispose();
        }

        _writing?.Dispose();
    }

    private static void WriteBlankLine(IBufferWriter<byte> output) => output.Write("\n"u8);

    private async ValueTask<AnswerOutput> WaitAsync(SemaphoreSlim writing, bool begin, CancellationToken aborted)
    {
        await writing.WaitAsync(aborted);
        return Begin(begin);
    }

    private AnswerOutput Begin(bool begin)
    {
        if (begin && !_response.HasStarted)
        {
            _response.StatusCode = StatusCodes.Status200OK;
            _response.ContentType = _contentType;
            _response.Headers.CacheControl = "no-cache";
            _response.Headers["X-Accel-Buffering"] = "no"; // nginx would hold events back
        }

        return Output;
    }

    private async Task KeepAliveAsync(SemaphoreSlim writing, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(_keepAlive, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                // A tick may come shortly after a write: the silence then lasts a little longer than asked, never twice as long.
                if (_clock.GetElapsedTime(_lastWrite) < _keepAlive / 2 || !writing.Wait(0, CancellationToken.None))
                    continue;

                _signOfLife(Begin(begin: true));
                await FlushAsync(stopping);
            }
        }
        catch (OperationCanceledException)
        {
            // the stream ended, or the client went away: both are told elsewhere
        }
    }
}
