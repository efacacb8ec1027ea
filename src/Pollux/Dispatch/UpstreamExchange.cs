using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Dispatch;

/// <summary>A committed stream together with the lease that pays for it: whoever disposes it settles the lease.</summary>
/// <param name="stream">The stream.</param>
/// <param name="lease">Its lease.</param>
/// <param name="lifetime">How long somebody waits.</param>
/// <param name="owned">Disposed of with it.</param>
internal sealed class UpstreamExchange(UpstreamStream stream, Lease lease, RequestLifetime lifetime, IDisposable? owned = null) : IAnswerEvents
{
    private bool _ended;
    private bool _abandoned;

    /// <summary>The events.</summary>
    public UpstreamStream Stream => stream;

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

    /// <summary>Ends a reading that is under way and whose result nobody wants: that is nobody's fault.</summary>
    public void Abandon()
    {
        _abandoned = true;
        stream.Abandon();
    }

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
        if (_abandoned)
            lease.Settle(new AttemptReport(AttemptOutcome.Cancelled, null, usage));
        else if (stream.Fault is { } fault)
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
