using System.Diagnostics.CodeAnalysis;
using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.Dispatch;

/// <summary>A lease, or why there is none.</summary>
/// <param name="Lease">To be settled.</param>
/// <param name="Refusal">Meaningful without a lease.</param>
/// <param name="Waited">How long it took; zero: it was had, or refused, at once.</param>
internal readonly record struct LeaseOutcome(Lease? Lease, LeaseRefusal Refusal, TimeSpan Waited);

/// <summary>
/// Where leases are had: at once, or after waiting in the pool's queue for at most <c>MAX_QUEUE_SECONDS</c>. The queue is looked
/// after whenever an attempt ends and at the instant the pool named.
/// </summary>
internal sealed class LeaseDesk : IDisposable
{
    private readonly KeyPool.KeyPool _pool;
    private readonly WaitingRoom _waiting;
    private readonly SettingsHolder _settings;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private DateTimeOffset _timerAt = DateTimeOffset.MaxValue;

    public LeaseDesk(KeyPool.KeyPool pool, SettingsHolder settings, TimeProvider clock)
    {
        _pool = pool;
        _settings = settings;
        _clock = clock;
        _waiting = new WaitingRoom(pool, clock, settings.Current.Pool.MaxQueueLength);
        _timer = clock.CreateTimer(static desk => ((LeaseDesk)desk!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        pool.Settled += OnSettled;
    }

    /// <summary>How many wait.</summary>
    public int Waiting => _waiting.Length;

    /// <summary>Takes a lease.</summary>
    /// <param name="request">What for.</param>
    /// <param name="caller">Who asks: callers take turns.</param>
    /// <param name="isRetry">An attempt was made already: it goes in front of its caller's later requests.</param>
    /// <param name="gone">Nobody waits any more.</param>
    /// <param name="atMost">Waits no longer than this, even if <c>MAX_QUEUE_SECONDS</c> allows more.</param>
    /// <exception cref="OperationCanceledException">Because of <paramref name="gone"/>.</exception>
    public ValueTask<LeaseOutcome> LeaseAsync(in LeaseRequest request, string caller, bool isRetry, CancellationToken gone, TimeSpan? atMost = null)
    {
        TimeSpan patience = _settings.Current.Pool.MaxQueueTime;
        if (atMost < patience)
            patience = atMost.Value;
        if (patience <= TimeSpan.Zero)
            return new(_pool.TryLease(request, out Lease? taken, out LeaseRefusal refused) ? new LeaseOutcome(taken, default, TimeSpan.Zero) : new LeaseOutcome(null, refused, TimeSpan.Zero));

        if (_waiting.Length == 0 && _pool.TryLease(request with { MayWait = true }, out Lease? free, out _))
            return new(new LeaseOutcome(free, default, TimeSpan.Zero)); // the common case: nothing is made for waiting

        return EnterAsync(request, caller, patience, isRetry, gone);
    }

    /// <summary>Takes a lease that is to be had now, for something that can be done without: it never takes what others wait for.</summary>
    public bool TryLease(in LeaseRequest request, [NotNullWhen(true)] out Lease? lease)
    {
        lease = null;
        return _waiting.Length == 0 && _pool.TryLease(request with { MayWait = true }, out lease, out _);
    }

    private ValueTask<LeaseOutcome> EnterAsync(in LeaseRequest request, string caller, TimeSpan patience, bool isRetry, CancellationToken gone)
    {
        var over = new TaskCompletionSource<WaitingLease>(TaskCreationOptions.RunContinuationsAsynchronously);
        WaitingLease? place = _waiting.Enter(
            request, caller, _clock.GetUtcNow() + patience, out Lease? lease, out LeaseRefusal refusal, ended =>
            {
                if (!over.TrySetResult(ended))
                    ended.Lease?.Dispose(); // it went away at that very moment
            }, isRetry);
        if (place is null)
            return new(new LeaseOutcome(lease, refusal, TimeSpan.Zero));

        Pump();
        return WaitAsync(place, over, gone);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pool.Settled -= OnSettled;
        _timer.Dispose();
    }

    private async ValueTask<LeaseOutcome> WaitAsync(WaitingLease place, TaskCompletionSource<WaitingLease> over, CancellationToken gone)
    {
        long asked = _clock.GetTimestamp();
        await using CancellationTokenRegistration leaving = gone.UnsafeRegister(
            (_, token) =>
            {
                _waiting.Leave(place);
                over.TrySetCanceled(token);
            },
            null);
        WaitingLease ended = await over.Task;
        return new LeaseOutcome(ended.Lease, ended.Refusal, _clock.GetElapsedTime(asked));
    }

    private void OnSettled(object? sender, EventArgs args) => Pump();

    private void OnTimer()
    {
        lock (_lock)
            _timerAt = DateTimeOffset.MaxValue;
        Pump();
    }

    private void Pump()
    {
        if (_waiting.Pump() is not { } next)
            return;
        lock (_lock)
        {
            if (next >= _timerAt)
                return;
            _timerAt = next;
            TimeSpan due = next - _clock.GetUtcNow();
            _timer.Change(due > TimeSpan.Zero ? due + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero, Timeout.InfiniteTimeSpan); // timers round down
        }
    }
}
