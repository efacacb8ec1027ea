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

/// <summary>The strategies. What they remember, the lane keeps for them.</summary>
internal static class KeySelections
{
    /// <summary>The strategy that the options ask for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public static IKeySelection For(KeyPoolOptions options) => options.Selection switch
    {
        KeySelectionStrategy.LeastRecentlyUsed => new LeastRecentlyUsed(),
        KeySelectionStrategy.Quota => new QuotaSelection(),
        KeySelectionStrategy.Score => new ScoreSelection(options.ScoreWeights),
        KeySelectionStrategy.RoundRobin => new RoundRobin(),
        KeySelectionStrategy.RandomStack => new RandomStack(),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Selection, "No such selection."),
    };

    /// <summary>The one unused for longest, where nothing is counted.</summary>
    public static IKeySelection InTurns { get; } = new LeastRecentlyUsed();

    /// <summary>Behind the last sample; where all fit into one, at the beginning. Neighbours lie near in memory, so the next ones are there already.</summary>
    public static int NextSample(CellSets sets, CellPlace place, ref SelectionState state)
    {
        int count = sets.Count(place);
        if (count <= Candidates.Length)
            return 0;
        state.Cursor += Candidates.Length;
        if (state.Cursor >= count)
            state.Cursor %= count; // not to zero: so the samples are others each time around
        return state.Cursor;
    }

    /// <summary>Behind where the last search began.</summary>
    public static int NextStart(CellSets sets, CellPlace place, ref SelectionState state)
    {
        if (state.Cursor >= sets.Count(place))
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

    public int Start(CellSets sets, CellPlace place, ref SelectionState state, Random random) => KeySelections.NextSample(sets, place, ref state);

    public float Rank(QuotaCell cell, Credential? member, bool isRested) => (float)(isRested ? cell.DayShare() : cell.Score());

    public int Choose(ReadOnlySpan<Candidate> candidates)
    {
        int best = 0;
        for (int i = 1; i < candidates.Length; i++)
        {
            float more = candidates[i].Rank - candidates[best].Rank;
            if (Math.Abs(more) < NearTie ? candidates[i].LastUsed < candidates[best].LastUsed : more > 0)
                best = i;
        }

        return best;
    }
}

/// <summary>
/// A weighted sum of the shares left over the limits known. Of those within 5 % of the best the one unused for longest.
/// </summary>
internal sealed class ScoreSelection(ScoreWeights weights) : IKeySelection
{
    private const float GoodEnough = 0.95f;

    public bool OpensSparingly => false;

    public int Samples => Candidates.Length;

    public int Start(CellSets sets, CellPlace place, ref SelectionState state, Random random) => KeySelections.NextSample(sets, place, ref state);

    public float Rank(QuotaCell cell, Credential? member, bool isRested) => (float)cell.HealthScore(weights, isRested);

    public int Choose(ReadOnlySpan<Candidate> candidates)
    {
        float best = 0;
        foreach (ref readonly Candidate candidate in candidates)
            best = Math.Max(best, candidate.Rank);
        int chosen = -1;
        for (int i = 0; i < candidates.Length; i++)
        {
            if (candidates[i].Rank >= best * GoodEnough && (chosen < 0 || candidates[i].LastUsed < candidates[chosen].LastUsed))
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

    public int Start(CellSets sets, CellPlace place, ref SelectionState state, Random random) => KeySelections.NextStart(sets, place, ref state);

    public float Rank(QuotaCell cell, Credential? member, bool isRested) => -(member?.InFlight ?? cell.InFlight);

    public int Choose(ReadOnlySpan<Candidate> candidates)
    {
        int best = 0;
        for (int i = 1; i < candidates.Length; i++)
        {
            float more = candidates[i].Rank - candidates[best].Rank;
            if (more > 0 || (more == 0 && candidates[i].LastUsed < candidates[best].LastUsed))
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

    public int Start(CellSets sets, CellPlace place, ref SelectionState state, Random random) => KeySelections.NextStart(sets, place, ref state);

    public float Rank(QuotaCell cell, Credential? member, bool isRested) => 0;

    public int Choose(ReadOnlySpan<Candidate> candidates) => 0;
}

/// <summary>In random order, each once before any twice: a shuffled stack, renewed when it is empty.</summary>
internal sealed class RandomStack : IKeySelection
{
    public bool OpensSparingly => false;

    public int Samples => 1;

    public int Start(CellSets sets, CellPlace place, ref SelectionState state, Random random)
    {
        List<int> stack = state.Stack ??= [];
        while (true)
        {
            while (stack.Count > 0)
            {
                int index = stack[^1];
                stack.RemoveAt(stack.Count - 1);
                if (sets.PlaceOf(index) == place)
                    return sets.PositionOf(index);
            }

            for (int i = 0; i < sets.Count(place); i++)
                stack.Add(sets.At(place, i));
            random.Shuffle(CollectionsMarshal.AsSpan(stack));
        }
    }

    public float Rank(QuotaCell cell, Credential? member, bool isRested) => 0;

    public int Choose(ReadOnlySpan<Candidate> candidates) => 0;
}
