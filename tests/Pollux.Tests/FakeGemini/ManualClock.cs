using System.Threading.Channels;

namespace Pollux.Tests.FakeGemini;

/// <summary>A clock that only a test moves. Timers fire inside <see cref="Advance"/>.</summary>
internal sealed class ManualClock(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly Channel<bool> _created = Channel.CreateUnbounded<bool>();
    private DateTimeOffset _now = start;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _now;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(callback, state, GetUtcNow() + dueTime);
        lock (_lock) _timers.Add(timer);
        _created.Writer.TryWrite(true);
        return timer;
    }

    /// <summary>Ends when somebody has begun to wait; each wait is told once.</summary>
    public ValueTask<bool> SomebodyWaitsAsync(CancellationToken cancellation) => _created.Reader.ReadAsync(cancellation);

    public void Advance(TimeSpan by)
    {
        ManualTimer[] due;
        lock (_lock)
        {
            _now += by;
            due = [.. _timers.Where(timer => timer.Due <= _now)];
            _timers.RemoveAll(timer => timer.Due <= _now);
        }

        foreach (ManualTimer timer in due) timer.Fire();
    }

    private sealed class ManualTimer(TimerCallback callback, object? state, DateTimeOffset due) : ITimer
    {
        private volatile bool _disposed;

        public DateTimeOffset Due { get; } = due;

        public void Fire()
        {
            if (!_disposed) callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => false;

        public void Dispose() => _disposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
