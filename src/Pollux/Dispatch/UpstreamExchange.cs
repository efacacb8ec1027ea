using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Upstream;

namespace Pollux.Dispatch;

/// <summary>A committed stream together with the lease that pays for it: whoever disposes it settles the lease.</summary>
/// <param name="stream">The stream.</param>
/// <param name="lease">Its lease; <see langword="null"/> for an answer that costs nothing.</param>
/// <param name="lifetime">How long somebody waits.</param>
/// <param name="owned">Disposed of with it.</param>
internal sealed class UpstreamExchange(UpstreamStream stream, Lease? lease, RequestLifetime lifetime, IDisposable? owned = null) : IAnswerEvents
{
    private bool _ended;
    private bool _abandoned;
    private Task<StreamStep>? _unread;

    /// <summary>A stream out of bytes that an upstream sent before: it costs nothing.</summary>
    /// <param name="bytes">Whole, in the form that <paramref name="call"/> asks for, and without an error.</param>
    /// <param name="headers">Headers of that answer.</param>
    /// <param name="call">What is asked.</param>
    /// <param name="lifetime">How long somebody waits.</param>
    /// <param name="clock">The clock.</param>
    public static UpstreamExchange Replay(
        byte[] bytes, IReadOnlyList<KeyValuePair<string, string>> headers, UpstreamCall call, RequestLifetime lifetime, TimeProvider clock)
    {
        var stream = new UpstreamStream(
            new HttpResponseMessage(), new MemoryStream(bytes, writable: false), call, new AttemptCancellation(TimeSpan.Zero, clock, lifetime.Token), room: null,
            static _ => FaultAttribution.FromTransport(TransportFault.MalformedAnswer))
        {
            Headers = headers,
        };
        return new UpstreamExchange(stream, lease: null, lifetime);
    }

    /// <summary>The events.</summary>
    public UpstreamStream Stream => stream;

    /// <summary>Looks on, if anybody does.</summary>
    public IStreamWitness? Witness { get; set; }

    /// <summary>How long its reader waits, where the stream may outlive that.</summary>
    public RequestLifetime? Reader { get; set; }

    /// <inheritdoc/>
    public Answer Answer => stream.Answer;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Raw => stream.Raw;

    /// <inheritdoc/>
    public Fault? Fault => stream.Fault;

    /// <inheritdoc/>
    public FinishReason FailedFinish => stream.FailedFinish;

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, string>> Headers => stream.Headers;

    /// <summary>Ends a reading that is under way and whose result nobody wants: that is nobody's fault. A witness may want the rest.</summary>
    public void Abandon()
    {
        if (Witness is not null)
            return; // its reader stops waiting by itself
        _abandoned = true;
        stream.Abandon();
    }

    /// <summary>Gives the next step and notes the end.</summary>
    /// <exception cref="OperationCanceledException">Nobody waits any more.</exception>
    public async ValueTask<StreamStep> NextAsync()
    {
        StreamStep step;
        if (Reader is null && _unread is null)
        {
            step = await stream.NextAsync();
        }
        else
        {
            _unread ??= stream.NextAsync().AsTask(); // a reader that leaves meanwhile leaves it to who reads on
            step = await (Reader is null ? _unread : _unread.WaitAsync(Reader.Token));
            _unread = null;
        }

        _ended |= step is StreamStep.End;
        Witness?.Saw(stream, step);
        return step;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Witness?.TakesOver(this) != true)
            await CloseAsync();
    }

    /// <summary>Settles the lease and closes the stream.</summary>
    public async ValueTask CloseAsync()
    {
        if (_unread is { } unread)
            await ((Task)unread).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // it was cancelled, or is over
        if (lease is not null)
        {
            TokenUsage usage = Attempt.ToTokenUsage(stream.Usage);
            if (_abandoned)
                lease.Settle(new AttemptReport(AttemptOutcome.Cancelled, null, usage));
            else if (stream.Fault is { } fault)
                lease.Settle(AttemptReport.Failure(fault, usage));
            else if (_ended)
                lease.Settle(AttemptReport.Success(usage));
            else if (lifetime.ClientGone)
                lease.Settle(new AttemptReport(AttemptOutcome.Cancelled, null, usage));
            lease.Dispose();
        }

        await stream.DisposeAsync();
        owned?.Dispose();
        Witness?.Dispose();
    }
}
