namespace Pollux.KeyPool;

/// <summary>
/// The right to make one attempt with one credential. Settle it with what happened; disposing of it unsettled counts as abandoned.
/// Only the first settlement counts, from whichever thread.
/// </summary>
public sealed class Lease : IDisposable
{
    private readonly KeyPool _pool;
    private int _settled;

    internal Lease(KeyPool pool, ModelLane lane, Credential credential, in LeaseRequest request, in Reservation reservation, in LeaseDecision decision)
    {
        _pool = pool;
        Lane = lane;
        Credential = credential;
        EstimatedPromptTokens = request.EstimatedPromptTokens;
        RequestId = request.RequestId;
        Reservation = reservation;
        Decision = decision;
    }

    /// <summary>What to send.</summary>
    public Credential Credential { get; }

    /// <summary>The model it is for, without <c>models/</c>.</summary>
    public string Model => Lane.Model;

    /// <summary>The estimate it was taken with.</summary>
    public int EstimatedPromptTokens { get; }

    /// <summary>The request it was taken for.</summary>
    public string? RequestId { get; }

    /// <summary>Why this credential.</summary>
    public LeaseDecision Decision { get; }

    internal ModelLane Lane { get; }

    internal Reservation Reservation { get; }

    /// <summary>Ends the lease and tells the pool what happened. A second call is ignored.</summary>
    /// <exception cref="ArgumentException">The attempt failed and no fault is given.</exception>
    public void Settle(in AttemptReport report)
    {
        if (report is { Outcome: AttemptOutcome.Failed, Fault: null })
            throw new ArgumentException("A failed attempt has a fault.", nameof(report));
        if (Interlocked.Exchange(ref _settled, 1) == 0)
            _pool.Settle(this, report);
    }

    /// <summary>Settles the lease as abandoned if nobody settled it.</summary>
    public void Dispose() => Settle(new AttemptReport(AttemptOutcome.Abandoned));
}
