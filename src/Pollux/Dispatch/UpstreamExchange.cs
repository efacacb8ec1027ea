using Pollux.KeyPool;

namespace Pollux.Dispatch;

/// <summary>A committed stream together with the lease that pays for it: whoever disposes it settles the lease.</summary>
/// <param name="stream">The stream.</param>
/// <param name="lease">Its lease.</param>
/// <param name="lifetime">How long somebody waits.</param>
/// <param name="owned">Disposed of with it.</param>
internal sealed class UpstreamExchange(UpstreamStream stream, Lease lease, RequestLifetime lifetime, IDisposable? owned = null) : IAsyncDisposable
{
    private bool _ended;

    /// <summary>The events.</summary>
    public UpstreamStream Stream => stream;

    /// <summary>Gives the next step and notes the end.</summary>
    public async ValueTask<StreamStep> NextAsync()
    {
        StreamStep step = await stream.NextAsync();
        _ended |= step is StreamStep.End;
        return step;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        TokenUsage usage = Attempt.ToTokenUsage(stream.Usage);
        if (stream.Fault is { } fault)
            lease.Settle(AttemptReport.Failure(fault, usage));
        else if (_ended)
            lease.Settle(AttemptReport.Success(usage));
        else if (lifetime.ClientGone)
            lease.Settle(new AttemptReport(AttemptOutcome.Cancelled, null, usage));
        lease.Dispose();
        await stream.DisposeAsync();
        owned?.Dispose();
    }
}
