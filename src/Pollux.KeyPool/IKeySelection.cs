namespace Pollux.KeyPool;

/// <summary>Orders the credentials that can serve. Called under the lane's lock: must be quick, must not call out.</summary>
internal interface IKeySelection
{
    /// <summary>Picks a credential.</summary>
    /// <param name="eligible">Those that can serve; at least one.</param>
    /// <param name="credentials">All credentials by index.</param>
    /// <param name="exclude">Those the request has tried.</param>
    /// <param name="cursor">A number the lane keeps for the strategy.</param>
    /// <returns><see langword="null"/> when all are excluded.</returns>
    Credential? Pick(EligibleSet eligible, Credential?[] credentials, AttemptedCredentials? exclude, ref int cursor);
}

/// <summary>
/// Walks round the credentials and takes, of the next few, the least busy; among equally busy ones that unused for longest.
/// With nothing running this is exact rotation; a slow key is passed by until its attempts end.
/// </summary>
internal sealed class LeastRecentlyUsed : IKeySelection
{
    private const int Window = 4; // enough to step around a busy key, few enough to stay within a cache line or two

    public static readonly LeastRecentlyUsed Instance = new();

    private LeastRecentlyUsed()
    {
    }

    public Credential? Pick(EligibleSet eligible, Credential?[] credentials, AttemptedCredentials? exclude, ref int cursor)
    {
        if (cursor >= eligible.Count)
            cursor = 0;

        Credential? best = null;
        var (bestInFlight, bestLastUsed) = (0, 0L);
        var position = cursor;
        for (int looked = 0, seen = 0; looked < eligible.Count && seen < Window; looked++)
        {
            var candidate = credentials[eligible[position]]!;
            if (++position == eligible.Count)
                position = 0;
            if (exclude is not null && exclude.Contains(candidate.Id))
                continue;
            seen++;
            var (inFlight, lastUsed) = (candidate.InFlight, candidate.LastUsed);
            if (best is not null && (inFlight > bestInFlight || (inFlight == bestInFlight && lastUsed >= bestLastUsed)))
                continue;
            (best, bestInFlight, bestLastUsed) = (candidate, inFlight, lastUsed);
        }
        cursor++;
        return best;
    }
}
