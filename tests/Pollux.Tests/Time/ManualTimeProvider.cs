using System.Threading.Channels;

namespace Pollux.Tests.Time;

/// <summary>
/// A clock that stands still until a test advances it, and fires the timers that became due, in their order. Its timestamp
/// frequency is odd on purpose: code that takes timestamps for ticks or milliseconds fails here and not on some machine. A test can
/// wait until somebody has set a timer. The one clock of all tests. Thread-safe.
/// </summary>
public sealed class ManualTimeProvider(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly List<(TimeSpan From, TimeSpan To, TaskCompletionSource<TimeSpan> Set)> _waiters = [];
    private readonly Channel<bool> _created = Channel.CreateUnbounded<bool>();
    private readonly DateTimeOffset _start = start;
    private DateTimeOffset _now = start;

    public ManualTimeProvider()
        : this(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => 12_345_679;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
            return _now;
    }

    public override long GetTimestamp() => (long)((GetUtcNow() - _start).TotalSeconds * TimestampFrequency) + 987_654;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        _created.Writer.TryWrite(true);
        return timer;
    }

    /// <summary>Ends when somebody has made a timer; each is told once.</summary>
    public ValueTask<bool> SomebodyWaitsAsync(CancellationToken cancellation) => _created.Reader.ReadAsync(cancellation);

    /// <summary>Ends when a timer is set that is due after exactly this time.</summary>
    public Task TimerSetAsync(TimeSpan due) => TimerSetBetweenAsync(due, due);

    /// <summary>Ends when a timer is set that is due within this range, and tells after which time it is.</summary>
    public Task<TimeSpan> TimerSetBetweenAsync(TimeSpan from, TimeSpan to)
    {
        lock (_lock)
        {
            foreach (ManualTimer timer in _timers)
            {
                if (timer.DueAt - _now is var due && due >= from && due <= to)
                    return Task.FromResult(due);
            }

            var set = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((from, to, set));
            return set.Task;
        }
    }

    public void Advance(TimeSpan by) => AdvanceTo(GetUtcNow() + by);

    public void AdvanceTo(DateTimeOffset target)
    {
        while (true)
        {
            ManualTimer? due;
            lock (_lock)
            {
                due = _timers.Where(timer => timer.DueAt <= target).MinBy(timer => timer.DueAt);
                _now = due?.DueAt > _now ? due.DueAt : due is null && target > _now ? target : _now;
                due?.Elapse();
            }
            if (due is null)
                return;
            due.Fire(); // outside the lock: a callback may ask for the time or set a timer
        }
    }

    private sealed class ManualTimer(ManualTimeProvider clock, Action fire) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset DueAt { get; private set; } = DateTimeOffset.MaxValue;

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
