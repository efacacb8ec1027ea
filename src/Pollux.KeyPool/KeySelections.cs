using System.Runtime.InteropServices;

namespace Pollux.KeyPool;

/// <summary>How a key is picked among those that can serve (<c>KEY_SELECTION</c>).</summary>
public enum KeySelectionStrategy
{
    /// <summary>The one unused for longest, preferring the less busy among neighbours.</summary>
    LeastRecentlyUsed,

    /// <summary>By the quota that is left; one project after another comes into use as it is needed.</summary>
    Quota,

    /// <summary>By a weighted health score over the limits known.</summary>
    Score,

    /// <summary>One after the other.</summary>
    RoundRobin,

    /// <summary>In random order, each once before any twice.</summary>
    RandomStack,
}

/// <summary>The strategies. They have no state of their own.</summary>
internal static class KeySelections
{
    private static readonly IKeySelection[] All = [new LeastRecentlyUsed(), new QuotaSelection(), new ScoreSelection(), new RoundRobin(), new RandomStack()];

    /// <summary>The strategy of this name.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public static IKeySelection For(KeySelectionStrategy strategy) =>
        (uint)strategy < (uint)All.Length ? All[(int)strategy] : throw new ArgumentOutOfRangeException(nameof(strategy), strategy, "No such selection.");

    /// <summary>Anywhere, for a sample; where all fit into one, at the beginning.</summary>
    public static int AnyStart(CellSets sets, Random random)
    {
        int count = sets.Count(CellPlace.Ready);
        return count <= Candidates.Length ? 0 : random.Next(count);
    }

    /// <summary>Behind where the last search began.</summary>
    public static int NextStart(CellSets sets, ref SelectionState state)
    {
        if (state.Cursor >= sets.Count(CellPlace.Ready))
            state.Cursor = 0;
        return state.Cursor++;
    }
}

/// <summary>The project with the largest share left, by the window that has least; of nearly equal ones the one unused for longest.</summary>
internal sealed class QuotaSelection : IKeySelection
{
    private const double NearTie = 0.05;

    public bool OpensSparingly => true;

    public int Samples => Candidates.Length;

    public int Start(CellSets sets, ref SelectionState state, Random random) => KeySelections.AnyStart(sets, random);

    public int Choose(ReadOnlySpan<Candidate> candidates)
    {
        int best = 0;
        double bestScore = candidates[0].Cell.Score();
        for (int i = 1; i < candidates.Length; i++)
        {
            double score = candidates[i].Cell.Score();
            bool isBetter = Math.Abs(score - bestScore) < NearTie
                ? candidates[i].Member.LastUsed < candidates[best].Member.LastUsed
                : score > bestScore;
            if (isBetter)
                (best, bestScore) = (i, score);
        }

        return best;
    }
}

/// <summary>
/// A weighted sum of the shares left over the limits known: requests of the day 0.4, tokens of the day 0.3, requests of the
/// minute 0.2, tokens of the minute 0.1. Of those within 5 % of the best the one unused for longest.
/// </summary>
internal sealed class ScoreSelection : IKeySelection
{
    private const double GoodEnough = 0.95;

    public bool OpensSparingly => false;

    public int Samples => Candidates.Length;

    public int Start(CellSets sets, ref SelectionState state, Random random) => KeySelections.AnyStart(sets, random);

    public int Choose(ReadOnlySpan<Candidate> candidates)
    {
        Span<double> scores = stackalloc double[candidates.Length];
        double best = 0;
        for (int i = 0; i < candidates.Length; i++)
        {
            scores[i] = candidates[i].Cell.HealthScore();
            best = Math.Max(best, scores[i]);
        }

        int chosen = -1;
        for (int i = 0; i < candidates.Length; i++)
        {
            if (scores[i] >= best * GoodEnough && (chosen < 0 || candidates[i].Member.LastUsed < candidates[chosen].Member.LastUsed))
                chosen = i;
        }

        return chosen;
    }
}

/// <summary>
/// Walks round the projects and takes, of the next few, the least busy; among equally busy ones that unused for longest.
/// With nothing running this is exact rotation; a slow key is passed by until its attempts end.
/// </summary>
internal sealed class LeastRecentlyUsed : IKeySelection
{
    public bool OpensSparingly => false;

    public int Samples => 4; // enough to step around a busy key, few enough to stay within a cache line or two

    public int Start(CellSets sets, ref SelectionState state, Random random) => KeySelections.NextStart(sets, ref state);

    public int Choose(ReadOnlySpan<Candidate> candidates)
    {
        int best = 0;
        for (int i = 1; i < candidates.Length; i++)
        {
            Credential candidate = candidates[i].Member;
            Credential champion = candidates[best].Member;
            int busier = candidate.InFlight.CompareTo(champion.InFlight);
            if (busier < 0 || (busier == 0 && candidate.LastUsed < champion.LastUsed))
                best = i;
        }

        return best;
    }
}

/// <summary>One after the other.</summary>
internal sealed class RoundRobin : IKeySelection
{
    public bool OpensSparingly => false;

    public int Samples => 1;

    public int Start(CellSets sets, ref SelectionState state, Random random) => KeySelections.NextStart(sets, ref state);

    public int Choose(ReadOnlySpan<Candidate> candidates) => 0;
}

/// <summary>In random order, each once before any twice: a shuffled stack, renewed when it is empty.</summary>
internal sealed class RandomStack : IKeySelection
{
    public bool OpensSparingly => false;

    public int Samples => 1;

    public int Start(CellSets sets, ref SelectionState state, Random random)
    {
        List<int> stack = state.Stack ??= [];
        while (true)
        {
            while (stack.Count > 0)
            {
                int index = stack[^1];
                stack.RemoveAt(stack.Count - 1);
                if (sets.PlaceOf(index) == CellPlace.Ready)
                    return sets.PositionOf(index);
            }

            for (int i = 0; i < sets.Count(CellPlace.Ready); i++)
                stack.Add(sets.At(CellPlace.Ready, i));
            random.Shuffle(CollectionsMarshal.AsSpan(stack));
        }
    }

    public int Choose(ReadOnlySpan<Candidate> candidates) => 0;
}
