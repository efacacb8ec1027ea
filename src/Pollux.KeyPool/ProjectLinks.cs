using System.Runtime.InteropServices;

namespace Pollux.KeyPool;

/// <summary>Why two credentials are taken to belong to one project.</summary>
public enum ProjectLinkSource
{
    /// <summary>Errors named the same project for both.</summary>
    SameProjectNumber,

    /// <summary>Again and again one was refused just when both together had used up a limit.</summary>
    CorrelatedRefusals,

    /// <summary>An earlier process had found it out, or the user said so.</summary>
    Given,
}

/// <summary>Two credentials that share one quota though nobody declared it. May be taken back: <see cref="KeyPool.Unlink"/>.</summary>
/// <param name="Credential">The one that joined.</param>
/// <param name="With">The one it was joined with.</param>
/// <param name="Source">Why.</param>
/// <param name="At">When.</param>
/// <param name="Evidence">A sentence for the operator.</param>
public sealed record ProjectLink(CredentialId Credential, CredentialId With, ProjectLinkSource Source, DateTimeOffset At, string Evidence);

/// <summary>
/// Gathers signs that two groups share one project. A single event never decides: among many keys a match by chance is
/// frequent, and joining two projects by mistake halves what they can serve.
/// </summary>
/// <remarks>Thread-safe: one small lock, the innermost of all.</remarks>
internal sealed class ProjectLinks
{
    private const double Enough = 2;      // two matches that fitted nobody else
    private const double Contradiction = 0.75;
    private const int MaxMatches = 4;     // more say nothing
    private const int MaxPairs = 50_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(int Low, int High), Signs> _pairs = [];
    private readonly Dictionary<int, HashSet<int>> _partners = []; // who has signs with whom
    private readonly Queue<(int Low, int High, int Events)> _found = [];

    /// <summary>Something was found that <see cref="TryTake"/> gives.</summary>
    public bool HasFound { get; private set; }

    /// <summary>A group was refused earlier than its own count explains, and these others would explain it.</summary>
    /// <param name="group">Whose refusal.</param>
    /// <param name="matches">Groups that had used just what was missing.</param>
    /// <param name="now">UTC ticks; refusals of one minute are one sign.</param>
    public void Refused(int group, ReadOnlySpan<int> matches, long now)
    {
        lock (_lock)
        {
            Contradict(group, matches, now);
            if (matches.IsEmpty || matches.Length > MaxMatches)
                return;
            foreach (int other in matches)
            {
                (int, int) pair = Pair(group, other);
                if (_pairs.Count >= MaxPairs && !_pairs.ContainsKey(pair))
                    Forget();
                ref Signs signs = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, pair, out _);
                if (signs.LastAt + TimeSpan.TicksPerMinute > now || signs.IsOver)
                    continue;
                signs.LastAt = now;
                signs.Weight += 1.0 / matches.Length;
                signs.Events++;
                Partners(group).Add(other);
                Partners(other).Add(group);
                if (signs.Weight < Enough || signs.Events < 2)
                    continue;
                signs.IsOver = true;
                _found.Enqueue((pair.Item1, pair.Item2, signs.Events));
                HasFound = true;
            }
        }
    }

    /// <summary>The groups with which this one shares signs; empty for nearly all.</summary>
    public int[] PartnersOf(int group)
    {
        lock (_lock)
            return _partners.TryGetValue(group, out HashSet<int>? partners) ? [.. partners] : [];
    }

    /// <summary>Both together were served more than one project may have: they are two.</summary>
    public void Refute(int one, int other)
    {
        lock (_lock)
        {
            ref Signs signs = ref CollectionsMarshal.GetValueRefOrNullRef(_pairs, Pair(one, other));
            if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref signs))
                signs.IsOver = true;
            if (_partners.TryGetValue(one, out HashSet<int>? partners))
                partners.Remove(other);
            if (_partners.TryGetValue(other, out partners))
                partners.Remove(one);
        }
    }

    /// <summary>The next pair that was found.</summary>
    public bool TryTake(out int low, out int high, out int events)
    {
        lock (_lock)
        {
            bool any = _found.TryDequeue(out (int Low, int High, int Events) found);
            (low, high, events) = found;
            HasFound = _found.Count > 0;
            return any;
        }
    }

    /// <summary>Two groups were joined or parted: what was gathered about them is out of date.</summary>
    public void Drop(int group)
    {
        lock (_lock)
        {
            if (!_partners.Remove(group, out HashSet<int>? partners))
                return;
            foreach (int other in partners)
            {
                _pairs.Remove(Pair(group, other));
                if (_partners.TryGetValue(other, out HashSet<int>? back))
                    back.Remove(group);
            }
        }
    }

    private void Contradict(int group, ReadOnlySpan<int> matches, long now)
    {
        if (!_partners.TryGetValue(group, out HashSet<int>? partners))
            return;
        foreach (int other in partners)
        {
            if (matches.Contains(other))
                continue;
            ref Signs signs = ref CollectionsMarshal.GetValueRefOrNullRef(_pairs, Pair(group, other));
            if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref signs) && signs.LastAt + TimeSpan.TicksPerMinute <= now)
                signs.Weight = Math.Max(0, signs.Weight - Contradiction);
        }
    }

    private void Forget()
    {
        _pairs.Clear(); // signs that led to nothing among so many pairs are noise
        _partners.Clear();
    }

    private HashSet<int> Partners(int group)
    {
        ref HashSet<int>? partners = ref CollectionsMarshal.GetValueRefOrAddDefault(_partners, group, out _);
        return partners ??= [];
    }

    private static (int Low, int High) Pair(int one, int other) => one < other ? (one, other) : (other, one);

    private struct Signs
    {
        public double Weight;
        public int Events;
        public long LastAt; // UTC ticks
        public bool IsOver; // found, or refuted
    }
}
