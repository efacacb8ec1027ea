namespace Pollux.Bench.Simulation;

/// <summary>The clock of a simulation: stands still until the engine moves it.</summary>
internal sealed class VirtualTime : TimeProvider
{
    /// <summary>Now, in UTC ticks.</summary>
    public long Ticks { get; set; }

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => new(Ticks, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long GetTimestamp() => Ticks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        throw new NotSupportedException("Virtual time makes no timers: a strategy asks the host for an instant.");
}
