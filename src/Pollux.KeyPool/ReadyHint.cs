using System.Runtime.InteropServices;

namespace Pollux.KeyPool;

/// <summary>
/// What was known about a project with room when it was looked at last. Lies beside its like in memory, so that comparing a
/// handful out of a hundred thousand projects touches four cache lines, not a dozen for each; only the chosen one is looked at again.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct ReadyHint
{
    /// <summary>The project's index.</summary>
    public int Index;

    /// <summary>Its rank then; the larger, the better.</summary>
    public float Now;

    /// <summary>The rank it would have once its last minute is forgotten.</summary>
    public float Rested;

    /// <summary>When that was; UTC ticks, 0 = it was never looked at.</summary>
    public long At;

    /// <summary>Number of the last lease; 0 = never used.</summary>
    public long LastUsed;

    /// <summary>It as a candidate.</summary>
    /// <param name="now">UTC ticks.</param>
    /// <param name="dayBegan">What is older than this counted another quota day.</param>
    public readonly Candidate AsCandidate(long now, long dayBegan) => new(Index, RankAt(now, dayBegan), LastUsed);

    /// <summary>The rank at present, if nothing was sent since.</summary>
    private readonly float RankAt(long now, long dayBegan)
    {
        if (At < dayBegan)
            return 1;
        long age = now - At;
        return age >= TimeSpan.TicksPerMinute ? Rested : Now + ((Rested - Now) * Math.Max(0, age) / TimeSpan.TicksPerMinute);
    }
}
