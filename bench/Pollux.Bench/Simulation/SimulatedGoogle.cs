using Pollux.KeyPool;

namespace Pollux.Bench.Simulation;

/// <summary>The upstream of a simulation: counts truly, knows its own projects, and answers as Google does.</summary>
internal sealed class SimulatedGoogle
{
    private const int InvalidProject = -1;

    private readonly SimulationSetup _setup;
    private readonly GoogleErrors _errors;
    private readonly int[] _projectOfKey;
    private readonly GoogleQuota[][] _quotas; // by project and model
    private long _dayEnd;

    public SimulatedGoogle(SimulationSetup setup, WindowKind windows, GoogleErrors errors)
    {
        _setup = setup;
        _errors = errors;
        _projectOfKey = DealKeys(setup);
        _quotas = [.. setup.Projects.Select(project => project.Limits.Select(limits => new GoogleQuota(limits, windows)).ToArray())];
        _dayEnd = EndOfDay(setup.Start);
    }

    /// <summary>Number of the quota day, from 0; a day ends at midnight in Los Angeles.</summary>
    public int Day { get; private set; }

    public int KeyCount => _projectOfKey.Length;

    /// <summary>The project of a key; <see langword="null"/>: Google does not know the key.</summary>
    public SimulatedProject? ProjectOf(int key) => _projectOfKey[key] == InvalidProject ? null : _setup.Projects[_projectOfKey[key]];

    /// <summary>The keys as an operator would enter them.</summary>
    public KeyEntry[] Entries() => [.. _projectOfKey.Select((project, key) => new KeyEntry(
        SecretOf(key),
        ProjectGroup: project != InvalidProject && _setup.Projects[project].Declared ? $"project-{project + 1}" : null))];

    /// <summary>Decides on a call at the instant at which it arrives.</summary>
    /// <param name="key">The key it came with.</param>
    /// <param name="arrival">The request.</param>
    /// <param name="request">Its number.</param>
    /// <param name="attempt">The attempt's number within the request.</param>
    /// <param name="now">UTC ticks, never going back.</param>
    public GoogleVerdict Decide(int key, in Arrival arrival, int request, int attempt, long now)
    {
        while (now >= _dayEnd)
        {
            Day++;
            _dayEnd = EndOfDay(_dayEnd);
        }
        var project = _projectOfKey[key];
        if (project == InvalidProject)
            return new GoogleVerdict(_errors.InvalidKey, default);
        if (_setup.OverloadShare > 0 && Chance.At(_setup.Seed, Purpose.Overload, request, attempt) < _setup.OverloadShare)
            return new GoogleVerdict(_errors.Overloaded, default); // says nothing about quotas and is not counted

        var quota = _quotas[project][arrival.Model];
        var verdict = quota.Take(arrival.Tokens, now, Day);
        if (verdict.Walls == Walls.None)
            return default;
        var seconds = DelayTold(verdict, request, attempt, now);
        return new GoogleVerdict(_errors.Quota(arrival.Model, quota.Limits, verdict.Walls, seconds, arrival.Estimate), verdict);
    }

    // Whole seconds, rounded up, so that the delay is true: after it the window has room. For days and limits of 0 it is some number.
    private int DelayTold(in QuotaVerdict verdict, int request, int attempt, long now)
    {
        if ((verdict.Walls & (Walls.DayRequests | Walls.Zero)) != Walls.None)
            return 5 + (int)(Chance.At(_setup.Seed, Purpose.DayDelay, request, attempt) * 55);
        var until = Math.Max(verdict.RequestsFreeAt, verdict.TokensFreeAt);
        return (int)((until - now + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond);
    }

    private static long EndOfDay(long ticks) => PacificDay.NextMidnight(new DateTimeOffset(ticks, TimeSpan.Zero)).UtcTicks;

    // Shuffled: neighbours in the list share a project only by chance, so no strategy gains or loses by the order of a file.
    private static int[] DealKeys(SimulationSetup setup)
    {
        List<int> projects = [.. Enumerable.Repeat(InvalidProject, setup.InvalidKeys)];
        for (var project = 0; project < setup.Projects.Length; project++)
            projects.AddRange(Enumerable.Repeat(project, setup.Projects[project].Keys));
        var dealt = projects.ToArray();
        new Chance(Chance.Seed(setup.Seed, Purpose.Keys)).Shuffle<int>(dealt);
        return dealt;
    }

    // The shape of a key of AI Studio; 39 characters that no reader takes for a sample.
    private static string SecretOf(int key)
    {
        Chance chance = new(Chance.Seed(key, Purpose.Keys, 1));
        return string.Create(39, chance, static (text, chance) =>
        {
            const string alphabet = "abcdefghijkmnopqrstuvwyzABCDEFGHJKLMNPQRSTUVWYZ23456789";
            "AIzaSy".CopyTo(text);
            for (var i = 6; i < text.Length; i++)
                text[i] = alphabet[chance.Next(alphabet.Length)];
        });
    }
}

/// <summary>What Google answers.</summary>
/// <param name="Fault"><see langword="null"/>: it serves.</param>
/// <param name="Quota">The walls hit, if that was the reason.</param>
internal readonly record struct GoogleVerdict(Fault? Fault, QuotaVerdict Quota);
