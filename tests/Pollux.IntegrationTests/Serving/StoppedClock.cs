namespace Pollux.IntegrationTests.Serving;

/// <summary>
/// A clock that stands still until a test advances it. The gateway's waits end when the test says so, and a test can wait
/// until the gateway has set a timer. Thread-safe.
/// </summary>
internal sealed class StoppedClock : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<StoppedTimer> _timers = [];
    private readonly List<(TimeSpan From, TimeSpan To, TaskCompletionSource<TimeSpan> Set)> _waiters = [];
    private DateTimeOffset _now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
            return _now;
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new StoppedTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Ends when a timer is set that is due after exactly this time.</summary>
    public Task TimerSetAsync(TimeSpan due) => TimerSetBetweenAsync(due, due);

    /// <summary>Ends when a timer is set that is due within this range, and tells after which time it is.</summary>
    public Task<TimeSpan> TimerSetBetweenAsync(TimeSpan from, TimeSpan to)
    {
        lock (_lock)
        {
            foreach (StoppedTimer timer in _timers)
            {
                if (timer.DueAt - _now is var due && due >= from && due <= to)
                    return Task.FromResult(due);
            }

            var set = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((from, to, set));
            return set.Task;
        }
    }

    /// <summary>Lets time pass, and fires what becomes due in its order.</summary>
    public void Advance(TimeSpan by)
    {
        DateTimeOffset target = GetUtcNow() + by;
        while (true)
        {
            StoppedTimer? due;
            lock (_lock)
            {
                due = _timers.Where(timer => timer.DueAt <= target).MinBy(static timer => timer.DueAt);
                _now = due is null ? target : due.DueAt > _now ? due.DueAt : _now;
                due?.Elapse();
            }

            if (due is null)
                return;
            due.Fire(); // outside the lock: a callback may ask for the time or set a timer
        }
    }

    private sealed class StoppedTimer(StoppedClock clock, Action fire) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset DueAt { get; private set; }

        public Action Fire => fire;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                clock._timers.Remove(this);
                _period = period;
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                DueAt = clock._now + dueTime;
                clock._timers.Add(this);
                foreach ((TimeSpan from, TimeSpan to, TaskCompletionSource<TimeSpan> set) in clock._waiters)
                {
                    if (dueTime >= from && dueTime <= to)
                        set.TrySetResult(dueTime);
                }

                clock._waiters.RemoveAll(static waiter => waiter.Set.Task.IsCompleted);
                return true;
            }
        }

        /// <summary>Called under the clock's lock.</summary>
        public void Elapse()
        {
            if (_period <= TimeSpan.Zero)
                clock._timers.Remove(this);
            else
                DueAt += _period;
        }

        public void Dispose()
        {
            lock (clock._lock)
                clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
