namespace Pollux.Dispatch;

/// <summary>
/// How long somebody waits for a request: until the client goes away, or, with <c>TOTAL_TIMEOUT</c>, until that is over.
/// The two have different owners, so they can be told apart.
/// </summary>
internal sealed class RequestLifetime : IDisposable
{
    private readonly CancellationTokenSource? _total;
    private readonly CancellationTokenRegistration _registration;
    private readonly CancellationToken _aborted;

    /// <param name="total">The bound; zero = none.</param>
    /// <param name="clock">Measures it.</param>
    /// <param name="aborted">The client went away.</param>
    public RequestLifetime(TimeSpan total, TimeProvider clock, CancellationToken aborted)
    {
        (_aborted, Total) = (aborted, total);
        if (total <= TimeSpan.Zero)
            return;

        _total = new CancellationTokenSource(total, clock);
        _registration = aborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _total);
    }

    /// <summary>The bound; zero = none.</summary>
    public TimeSpan Total { get; }

    /// <summary>Cancelled when nobody waits any more.</summary>
    public CancellationToken Token => _total?.Token ?? _aborted;

    /// <summary>Whether the client went away.</summary>
    public bool ClientGone => _aborted.IsCancellationRequested;

    /// <summary>Whether the time is over while the client still waits.</summary>
    public bool TimedOut => !ClientGone && _total is { IsCancellationRequested: true };

    /// <inheritdoc/>
    public void Dispose()
    {
        _registration.Dispose();
        _total?.Dispose();
    }
}
