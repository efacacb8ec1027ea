using System.Runtime.CompilerServices;

namespace Pollux.KeyPool;

/// <summary>Orders the projects that have room. Called under the lane's lock: must be quick, must not call out.</summary>
internal interface IKeySelection
{
    /// <summary>Projects come into use one after another, as those in use are full; else all at once.</summary>
    bool OpensSparingly { get; }

    /// <summary>How many candidates it wants to choose from, 1 to <see cref="Candidates.Length"/>.</summary>
    int Samples { get; }

    /// <summary>Where to begin looking.</summary>
    /// <param name="sets">The lane's sets.</param>
    /// <param name="place">Among whom: those that are ready, or paid. There is at least one.</param>
    /// <param name="state">What the lane keeps for the strategy.</param>
    /// <param name="random">Chance.</param>
    /// <returns>A position among them.</returns>
    int Start(CellSets sets, CellPlace place, ref SelectionState state, Random random);

    /// <summary>How good it would be to use a project next; only the order means something.</summary>
    /// <param name="cell">The project's quota.</param>
    /// <param name="member">The credential it would serve with, if that is known already.</param>
    /// <param name="isRested">As it will be once the last minute is forgotten.</param>
    float Rank(QuotaCell cell, Credential? member, bool isRested);

    /// <summary>Chooses the best of some.</summary>
    /// <returns>Its position in <paramref name="candidates"/>.</returns>
    int Choose(ReadOnlySpan<Candidate> candidates);
}

/// <summary>A project that may serve.</summary>
/// <param name="Index">Which.</param>
/// <param name="Rank">The larger, the better.</param>
/// <param name="LastUsed">Number of the last lease; 0 = never used.</param>
internal readonly record struct Candidate(int Index, float Rank, long LastUsed);

/// <summary>Room for the candidates of one search.</summary>
[InlineArray(Length)]
internal struct Candidates
{
    /// <summary>Enough to find a good one among very many; more would not find a noticeably better one.</summary>
    public const int Length = 8;

    private Candidate _first;
}

/// <summary>What a lane keeps for its strategy.</summary>
internal struct SelectionState
{
    /// <summary>A position that walks on.</summary>
    public int Cursor;

    /// <summary>Projects that were not taken yet in this round.</summary>
    public List<int>? Stack;
}
