namespace Pollux.Dispatch;

/// <summary>
/// Ends an attempt when the request ends or the upstream stays silent too long, and can tell which it was: the two have
/// different owners. The timer is set anew only when a 64th of the bound has passed since it was set last, not at each
/// event: the silence that ends an attempt may be shorter than the bound by that much.
/// </summary>
internal sealed class AttemptCancellation : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _registration;
    private readonly CancellationToken _request;
    private readonly TimeSpan _silence;
    private readonly TimeProvider _clock;
    private long _setAt;

    /// <param name="silence">The longest silence; zero = no bound.</param>
    /// <param name="clock">Measures it.</param>
    /// <param name="request">Ends with the client's request.</param>
    public AttemptCancellation(TimeSpan silence, TimeProvider clock, CancellationToken request)
    {
        _silence = silence > TimeSpan.Zero ? silence : Timeout.InfiniteTimeSpan;
        _clock = clock;
        _request = request;
        _setAt = clock.GetTimestamp();
        _source = new CancellationTokenSource(_silence, clock);
        _registration = request.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
    }

    /// <summary>Cancelled by silence or with the request.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether the request is over, so that nobody waits for this attempt any more.</summary>
    public bool RequestEnded => _request.IsCancellationRequested;

    /// <summary>The upstream was heard: the silence begins anew.</summary>
    public void Heard()
    {
        if (_silence == Timeout.InfiniteTimeSpan)
            return;

        long now = _clock.GetTimestamp();
        if (_clock.GetElapsedTime(_setAt, now) < _silence / 64)
            return;

        _setAt = now;
        _source.CancelAfter(_silence);
    }

    /// <summary>It is us who do not read: until <see cref="Resume"/> no silence counts.</summary>
    public void Suspend() => _source.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>Reading goes on: the silence begins anew.</summary>
    public void Resume()
    {
        _setAt = _clock.GetTimestamp();
        _source.CancelAfter(_silence);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _registration.Dispose();
        _source.Dispose();
    }
}
