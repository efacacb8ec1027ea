namespace Pollux.KeyPool;

/// <summary>
/// How long to pause before another attempt after 5xx, broken connections and empty answers: exponential with full jitter,
/// so that callers who failed together do not come back together. Pure: chance is given.
/// </summary>
/// <param name="First">The bound of the first pause (<c>GEMINI_RETRY_DELAY</c>); zero or less = no pauses.</param>
/// <param name="Longest">The bound of any pause.</param>
public sealed record BackOff(TimeSpan First, TimeSpan Longest)
{
    private const int MaxDoublings = 30;

    /// <summary>Half a second, doubling up to eight.</summary>
    public static BackOff Default { get; } = new(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(8));

    /// <summary>The pause before a retry: between half and the whole of <see cref="First"/> doubled per earlier retry.</summary>
    /// <param name="retry">0 for the first retry.</param>
    /// <param name="random">Chance.</param>
    /// <param name="atLeast">What the upstream asked for; never undercut, also not by <see cref="Longest"/>.</param>
    public TimeSpan Pause(int retry, Random random, TimeSpan? atLeast = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(retry);
        var pause = TimeSpan.Zero;
        if (First > TimeSpan.Zero)
        {
            var bound = Math.Min(First.TotalSeconds * Math.Pow(2, Math.Min(retry, MaxDoublings)), Longest.TotalSeconds);
            pause = TimeSpan.FromSeconds(bound * (0.5 + (random.NextDouble() / 2)));
        }
        return atLeast is { } asked && asked > pause ? asked : pause;
    }
}
