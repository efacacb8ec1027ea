using System.Runtime.CompilerServices;
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
    private const double Ambiguous = 0.5; // so much of a pair's weight with somebody else, and nobody can say who it is
    private const int MaxPairs = 50_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(int Low, int High), Signs> _pairs = [];
    private readonly Dictionary<int, HashSet<int>> _partners = []; // who has signs with whom
    private readonly Dictionary<int, HashSet<int>> _rivals = [];   // who had signs with the same one
    private readonly HashSet<(int Low, int High)> _apart = []; // proved to be two projects
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
                (int Low, int High) pair = Pair(group, other);
                if (_apart.Contains(pair))
                    continue;
                if (_pairs.Count >= MaxPairs && !_pairs.ContainsKey(pair))
                    Forget();
                ref Signs signs = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, pair, out _);
                if (signs.LastAt + TimeSpan.TicksPerMinute > now || signs.IsOver)
                    continue;
                signs.LastAt = now;
                signs.Weight += 1.0 / matches.Length;
                signs.Events++;
                Among(_partners, group).Add(other);
                Among(_partners, other).Add(group);
                AddRivals(other, matches);
                Weigh(pair, ref signs);
            }
        }
    }

    /// <summary>The groups with which this one shares signs; empty for nearly all.</summary>
    public int[] PartnersOf(int group)
    {
        lock (_lock)
            return _partners.TryGetValue(group, out HashSet<int>? partners) ? [.. partners] : [];
    }

    /// <summary>The groups that this one is to be compared with: those it shares signs with, and those that share signs with the same one. Empty for nearly all.</summary>
    public int[] ComparedWith(int group)
    {
        lock (_lock)
        {
            _partners.TryGetValue(group, out HashSet<int>? partners);
            _rivals.TryGetValue(group, out HashSet<int>? rivals);
            return [.. partners ?? [], .. rivals ?? []];
        }
    }

    /// <summary>Both together were served more than one project may have: they are two.</summary>
    public void Refute(int one, int other)
    {
        lock (_lock)
        {
            if (_apart.Count >= MaxPairs)
                _apart.Clear();
            _apart.Add(Pair(one, other));
            _pairs.Remove(Pair(one, other));
            Part(_partners, one, other);
            Part(_rivals, one, other);
            WeighAll(one); // what was between two may be clear now
            WeighAll(other);
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

    /// <summary>Whether two groups, or any that joined them, were proved to be two projects.</summary>
    public bool AreApart(int one, int other)
    {
        lock (_lock)
            return _apart.Contains(Pair(one, other));
    }

    /// <summary>Two groups were joined: signs gathered about one of them are out of date, and who is apart from one is apart from both.</summary>
    public void Joined(int joining, int target)
    {
        lock (_lock)
        {
            Drop(joining);
            Drop(target);
            foreach ((int low, int high) in _apart.Where(pair => pair.Low == joining || pair.High == joining).ToList())
                _apart.Add(Pair(target, low == joining ? high : low));
        }
    }

    private void Drop(int group)
    {
        if (_rivals.Remove(group, out HashSet<int>? rivals))
        {
            foreach (int other in rivals)
                Part(_rivals, group, other);
        }

        if (!_partners.Remove(group, out HashSet<int>? partners))
            return;
        foreach (int other in partners)
        {
            _pairs.Remove(Pair(group, other));
            if (_partners.TryGetValue(other, out HashSet<int>? back))
                back.Remove(group);
        }
    }

    private void WeighAll(int group)
    {
        if (!_partners.TryGetValue(group, out HashSet<int>? partners))
            return;
        foreach (int other in partners)
        {
            (int Low, int High) pair = Pair(group, other);
            ref Signs signs = ref CollectionsMarshal.GetValueRefOrNullRef(_pairs, pair);
            if (!Unsafe.IsNullRef(ref signs) && !signs.IsOver)
                Weigh(pair, ref signs);
        }
    }

    private void Weigh((int Low, int High) pair, ref Signs signs)
    {
        if (signs.Weight < Enough || signs.Events < 2 || MayBeAnother(pair.Low, pair.High, signs.Weight) || MayBeAnother(pair.High, pair.Low, signs.Weight))
            return;
        signs.IsOver = true;
        _found.Enqueue((pair.Low, pair.High, signs.Events));
        HasFound = true;
    }

    /// <summary>Whether <paramref name="group"/> has signs with another one too that is surely not of the same project as <paramref name="other"/>.</summary>
    private bool MayBeAnother(int group, int other, double weight)
    {
        foreach (int third in _partners[group])
        {
            if (third != other && _apart.Contains(Pair(third, other)) && _pairs.TryGetValue(Pair(group, third), out Signs signs) && signs.Weight >= weight * Ambiguous)
                return true;
        }

        return false;
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
            if (!Unsafe.IsNullRef(ref signs) && signs.LastAt + TimeSpan.TicksPerMinute <= now)
                signs.Weight = Math.Max(0, signs.Weight - Contradiction);
        }
    }

    private void Forget()
    {
        _pairs.Clear(); // signs that led to nothing among so many pairs are noise
        _partners.Clear();
        _rivals.Clear();
    }

    /// <summary>Two that could both explain one refusal are two projects in most cases: which, their own traffic will tell.</summary>
    private void AddRivals(int one, ReadOnlySpan<int> matches)
    {
        foreach (int other in matches)
        {
            if (other != one && !_apart.Contains(Pair(one, other)))
                Among(_rivals, one).Add(other);
        }
    }

    private static void Part(Dictionary<int, HashSet<int>> sets, int one, int other)
    {
        if (sets.TryGetValue(one, out HashSet<int>? set))
            set.Remove(other);
        if (sets.TryGetValue(other, out set))
            set.Remove(one);
    }

    private static HashSet<int> Among(Dictionary<int, HashSet<int>> sets, int group)
    {
        ref HashSet<int>? set = ref CollectionsMarshal.GetValueRefOrAddDefault(sets, group, out _);
        return set ??= [];
    }

    private static (int Low, int High) Pair(int one, int other) => one < other ? (one, other) : (other, one);

    private struct Signs
    {
        public double Weight;
        public int Events;
        public long LastAt; // UTC ticks
        public bool IsOver; // found
    }
}
