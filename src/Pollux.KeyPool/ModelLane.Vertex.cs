namespace Pollux.KeyPool;

// Credentials of Vertex AI, xAI and further upstreams: a refusal names no limit that could be counted, and a day has no wall.
internal sealed partial class ModelLane
{
    private const long FirstRetreatTicks = TimeSpan.TicksPerSecond;
    private const int MaxRetreats = 7; // 64 s, by which capacity of the minute is other

    /// <summary>Leaves a credential alone for twice as long each time it is refused, and never shorter than it was told.</summary>
    private void RetreatFrom(QuotaCell cell, Fault fault, long now)
    {
        EndCanary(cell);
        if (cell.BlockedUntil <= now) // attempts that were under way together are refused together: that counts once
            cell.Retreats = Math.Min(cell.Retreats + 1, MaxRetreats);
        long pause = FirstRetreatTicks << (cell.Retreats - 1);
        if (fault.RetryAfter is { } told && told.Ticks > pause)
            pause = Math.Min(told.Ticks, TimeSpan.TicksPerHour);
        Block(cell, now + pause, fault.Reason);
    }

    /// <summary>An answer: half of what refusals taught is forgotten.</summary>
    private static void Relax(QuotaCell cell) => cell.Retreats /= 2;
}
