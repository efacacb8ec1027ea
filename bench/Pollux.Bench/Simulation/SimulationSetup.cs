using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Pollux.Bench.Simulation;

/// <summary>A scenario that was read and found good: numbers instead of names, ticks instead of texts.</summary>
internal sealed class SimulationSetup
{
    /// <summary>The strategies that can be named, in the order in which they run.</summary>
    public static readonly ImmutableArray<string> AllStrategies = ["quota", "score", "round-robin", "random-stack", "least-recently-used"];

    // Mean and 95th percentile determine a log-normal: ln(p95/mean) = z s - s²/2, which is greatest at s = z, where it is z²/2.
    private const double Z95 = 1.6448536269514722;
    private const double MostArrivals = 20_000_000;
    private const double LongestMinutes = 60 * 24 * 60;

    private SimulationSetup(Scenario scenario, List<string> faults)
    {
        Seed = scenario.Seed;
        Start = ReadStart(scenario.Start, faults);
        Check(scenario.Minutes is > 0 and <= LongestMinutes, $"minutes: {scenario.Minutes} is not above 0 and at most {LongestMinutes} (60 days).", faults);
        End = Start + TicksOf(Math.Clamp(scenario.Minutes, 0, LongestMinutes), TimeSpan.TicksPerMinute);
        Check(scenario.PatienceSeconds is >= 0 and <= 3600, $"patience_seconds: {scenario.PatienceSeconds} is not within 0 and 3600.", faults);
        Patience = TicksOf(Math.Clamp(scenario.PatienceSeconds, 0, 3600), TimeSpan.TicksPerSecond);
        Windows = ReadWindows(scenario.Windows, faults);
        Strategies = ReadStrategies(scenario.Strategies, faults);
        Models = [.. scenario.Models ?? [.. scenario.Arrivals.Select(static a => a.Model).Distinct()]];
        Check(Models.Distinct().Count() == Models.Length && !Models.Any(string.IsNullOrWhiteSpace), "models: a name is empty or comes twice.", faults);
        OverloadShare = scenario.Faults.OverloadShare;
        Check(OverloadShare is >= 0 and < 1, $"faults.503_share: {OverloadShare} is not at least 0 and below 1.", faults);
        InvalidKeys = scenario.Faults.InvalidKeys;
        Check(InvalidKeys is >= 0 and <= 100_000, $"faults.invalid_keys: {InvalidKeys} is not within 0 and 100000.", faults);
        Restarts = [.. scenario.RestartAt.Order().Select(minute => Start + TicksOf(minute, TimeSpan.TicksPerMinute))];
        Check(scenario.RestartAt.TrueForAll(minute => minute > 0 && minute < scenario.Minutes), "restart_at: a minute is not within the run.", faults);
        Projects = ReadProjects(scenario.Projects, faults);
        Arrivals = ReadArrivals(scenario, faults);
    }

    public long Seed { get; }

    /// <summary>UTC ticks.</summary>
    public long Start { get; }

    /// <summary>UTC ticks after which no request comes.</summary>
    public long End { get; }

    /// <summary>Ticks.</summary>
    public long Patience { get; }

    public ImmutableArray<WindowKind> Windows { get; }

    public ImmutableArray<string> Strategies { get; }

    public ImmutableArray<string> Models { get; }

    public ImmutableArray<SimulatedProject> Projects { get; }

    public ImmutableArray<ArrivalStream> Arrivals { get; }

    public int InvalidKeys { get; }

    public double OverloadShare { get; }

    /// <summary>UTC ticks, ascending.</summary>
    public ImmutableArray<long> Restarts { get; }

    /// <summary>Reads a scenario file.</summary>
    /// <param name="text">The file.</param>
    /// <param name="warn">Told about members that mean nothing.</param>
    /// <exception cref="FormatException">It is not JSON, or says what cannot be; the message tells all such faults.</exception>
    public static SimulationSetup Read(string text, Action<string> warn)
    {
        Scenario scenario;
        try
        {
            scenario = JsonSerializer.Deserialize(text, ScenarioJson.Default.Scenario) ?? throw new FormatException("The scenario is null.");
        }
        catch (JsonException fault)
        {
            throw new FormatException($"Not a scenario: {fault.Message}", fault);
        }
        if (scenario.Projects is null || scenario.Arrivals is null || scenario.Faults is null || scenario.RestartAt is null || scenario.Projects.Contains(null!)
            || scenario.Arrivals.Exists(static a => a?.Tokens is null || a.PerMinute is null) || scenario.Projects.Exists(static p => p.Limits is null))
            throw new FormatException("Not a scenario: null stands where a list or an object is needed. Leave a member out instead.");

        foreach (var name in UnknownMembers(scenario))
            warn($"'{name}' means nothing here and is ignored.");
        List<string> faults = [];
        var setup = new SimulationSetup(scenario, faults);
        return faults.Count == 0 ? setup : throw new FormatException(string.Join('\n', faults));
    }

    private static IEnumerable<string> UnknownMembers(Scenario scenario) =>
        new[] { scenario.Unknown, scenario.Faults.Unknown }
            .Concat(scenario.Projects.Select(static p => p.Unknown))
            .Concat(scenario.Projects.SelectMany(static p => p.Limits.Values).Select(static l => l?.Unknown))
            .Concat(scenario.Arrivals.Select(static a => a.Unknown))
            .Concat(scenario.Arrivals.Select(static a => a.Tokens.Unknown))
            .SelectMany(static members => members?.Keys ?? Enumerable.Empty<string>())
            .Distinct();

    private static long ReadStart(string start, List<string> faults)
    {
        var good = DateTimeOffset.TryParse(start, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant);
        Check(good && instant.Year is > 2000 and < 9000, $"start: '{start}' is not an instant as 2026-06-01T16:00:00Z.", faults);
        return good ? instant.UtcTicks : DateTimeOffset.UnixEpoch.UtcTicks;
    }

    private static ImmutableArray<WindowKind> ReadWindows(string? windows, List<string> faults)
    {
        Check(windows is null or "both" or "fixed" or "rolling", $"windows: '{windows}' is none of fixed, rolling, both.", faults);
        return windows switch
        {
            "fixed" => [WindowKind.Fixed],
            "rolling" => [WindowKind.Rolling],
            _ => [WindowKind.Fixed, WindowKind.Rolling],
        };
    }

    private static ImmutableArray<string> ReadStrategies(List<string>? names, List<string> faults)
    {
        foreach (var name in names ?? [])
            Check(AllStrategies.Contains(name), $"strategies: '{name}' is none of {string.Join(", ", AllStrategies)}.", faults);
        return names is null or [] ? AllStrategies : [.. names.Distinct()];
    }

    private ImmutableArray<SimulatedProject> ReadProjects(List<ScenarioProject> groups, List<string> faults)
    {
        Check(groups.Count > 0, "projects: at least one is needed.", faults);
        var projects = ImmutableArray.CreateBuilder<SimulatedProject>();
        for (var at = 0; at < groups.Count; at++)
        {
            var group = groups[at];
            Check(group.Count is >= 1 and <= 100_000 && group.Keys is >= 1 and <= 100_000 && (long)group.Count * group.Keys <= 200_000,
                $"projects[{at}]: {group.Count} projects of {group.Keys} keys; 1 to 200000 keys can be simulated.", faults);
            foreach (var (model, limits) in group.Limits)
            {
                Check(limits is null || (limits.Rpm is null or >= 0 && limits.Rpd is null or >= 0 && limits.TpmInput is null or >= 0),
                    $"projects[{at}].limits.{model}: a limit is below 0.", faults);
                Check(Models.Contains(model), $"projects[{at}].limits.{model}: no such model in models.", faults);
            }
            ImmutableArray<ModelLimits> ofModels = [.. Models.Select(model => group.Limits.TryGetValue(model, out var limits)
                ? new ModelLimits(limits?.Rpm, limits?.Rpd, limits?.TpmInput)
                : ModelLimits.NotEntitled)];
            for (var number = 0; faults.Count == 0 && number < group.Count; number++)
                projects.Add(new SimulatedProject(group.Keys, group.Declared, ofModels));
        }
        return projects.ToImmutable();
    }

    private ImmutableArray<ArrivalStream> ReadArrivals(Scenario scenario, List<string> faults)
    {
        Check(scenario.Arrivals.Count > 0, "arrivals: at least one stream is needed.", faults);
        var streams = ImmutableArray.CreateBuilder<ArrivalStream>();
        double expected = 0;
        for (var at = 0; at < scenario.Arrivals.Count; at++)
        {
            var arrivals = scenario.Arrivals[at];
            var model = Models.IndexOf(arrivals.Model);
            Check(model >= 0, $"arrivals[{at}].model: '{arrivals.Model}' is not in models.", faults);
            Check(arrivals.PerMinute.Length > 0 && Array.TrueForAll(arrivals.PerMinute, static rate => rate is >= 0 and <= 1e6),
                $"arrivals[{at}].per_minute: a number or a list of numbers within 0 and 1000000 is needed.", faults);
            Check(arrivals.MediaShare is >= 0 and <= 1, $"arrivals[{at}].media_share: {arrivals.MediaShare} is not within 0 and 1.", faults);
            Check(arrivals.Spacing is "poisson" or "even", $"arrivals[{at}].spacing: '{arrivals.Spacing}' is neither poisson nor even.", faults);
            var (mean, p95) = (arrivals.Tokens.Mean, arrivals.Tokens.P95 ?? 2 * arrivals.Tokens.Mean);
            Check(mean is >= 1 and <= 1e7, $"arrivals[{at}].tokens.mean: {mean} is not within 1 and 10000000.", faults);
            Check(p95 >= mean, $"arrivals[{at}].tokens.p95: {p95} is below the mean of {mean}.", faults);
            var root = (Z95 * Z95) - (2 * Math.Log(p95 / mean));
            Check(!(root < 0), $"arrivals[{at}].tokens: no log-normal has a p95 of {p95 / mean:0.###} times its mean; 3.868 is the most.", faults);
            if (faults.Count > 0)
                continue;
            expected += arrivals.PerMinute.Average() * scenario.Minutes;
            var sigma = Z95 - Math.Sqrt(root);
            streams.Add(new ArrivalStream(model, [.. arrivals.PerMinute], arrivals.Spacing == "even", Math.Log(mean) - (sigma * sigma / 2), sigma, arrivals.MediaShare));
        }
        Check(expected <= MostArrivals, $"arrivals: some {expected:0} requests; at most {MostArrivals:0} can be simulated.", faults);
        return streams.ToImmutable();
    }

    private static long TicksOf(double value, long unit) => (long)Math.Round(value * unit);

    private static void Check(bool holds, string fault, List<string> faults)
    {
        if (!holds)
            faults.Add(fault);
    }
}

/// <summary>How the simulated Google counts a minute.</summary>
internal enum WindowKind
{
    /// <summary>Minutes of the clock.</summary>
    Fixed,

    /// <summary>The 60 seconds before now.</summary>
    Rolling,
}

/// <summary>A project of the simulated Google.</summary>
/// <param name="Keys">How many keys it has.</param>
/// <param name="Declared">Strategies are told which keys they are.</param>
/// <param name="Limits">By index of the model.</param>
internal sealed record SimulatedProject(int Keys, bool Declared, ImmutableArray<ModelLimits> Limits);

/// <summary>True limits of a project for one model; <see langword="null"/> = none.</summary>
internal readonly record struct ModelLimits(int? Rpm, int? Rpd, long? TpmInput)
{
    /// <summary>A model the project may not use at all.</summary>
    public static ModelLimits NotEntitled => new(0, 0, 0);

    /// <summary>Nothing can ever be served.</summary>
    public bool IsZero => Rpm == 0 || Rpd == 0 || TpmInput == 0;
}

/// <summary>One stream of requests.</summary>
/// <param name="Model">Index of the model.</param>
/// <param name="PerMinute">Mean arrivals, repeated minute by minute.</param>
/// <param name="Even">Evenly spaced instead of by chance.</param>
/// <param name="Mu">Mean of the logarithm of the tokens.</param>
/// <param name="Sigma">Its deviation.</param>
/// <param name="MediaShare">Share whose estimate is poor.</param>
internal sealed record ArrivalStream(int Model, ImmutableArray<double> PerMinute, bool Even, double Mu, double Sigma, double MediaShare);
