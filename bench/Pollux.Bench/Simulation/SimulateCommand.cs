using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Pollux.Bench.Simulation.Ideal;
using Pollux.Bench.Simulation.Strategies;
using Pollux.KeyPool;

namespace Pollux.Bench.Simulation;

/// <summary>
/// Plays a scenario against a simulated Google and prints what each strategy made of it: one JSON object to standard output,
/// progress to standard error. The same file gives the same numbers on any machine.
/// </summary>
internal static class SimulateCommand
{
    private const string Usage = "usage: simulate FILE.json   (scenarios: bench/scenarios)";

    /// <returns>The exit code: 0 good, 2 wrong call or scenario.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [var path] || path is "--help" or "-h")
        {
            await Console.Error.WriteLineAsync(Usage);
            return arguments is ["--help" or "-h"] ? 0 : 2;
        }

        SimulationSetup setup;
        try
        {
            setup = SimulationSetup.Read(await File.ReadAllTextAsync(path), warning => Console.Error.WriteLine($"{path}: {warning}"));
        }
        catch (Exception fault) when (fault is FormatException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{path}: {fault.Message}");
            return 2;
        }
        Console.WriteLine(JsonSerializer.Serialize(Run(setup, Console.Error.WriteLine), ReportJson.Default.SimulationReport));
        return 0;
    }

    /// <summary>Runs every strategy of a scenario.</summary>
    /// <param name="setup">The scenario.</param>
    /// <param name="progress">Told one line per step.</param>
    public static SimulationReport Run(SimulationSetup setup, Action<string> progress)
    {
        var watch = Stopwatch.StartNew();
        var arrivals = Workload.Draw(setup);
        GoogleErrors errors = new(setup);
        // A restart kills what runs, which differs between strategies; only then the ideal must be computed for each.
        IdealResult? shared = setup.Restarts.Length == 0 ? IdealService.Compute(setup, arrivals, new HashSet<int>()) : null;
        progress($"{arrivals.Length} requests{(shared is { } known ? $", {known.Served} could be served" : "")} ({Seconds(watch)})");

        List<StrategyReport> reports = [];
        foreach (var windows in setup.Windows)
        {
            foreach (var name in setup.Strategies)
            {
                watch.Restart();
                SimulationEngine engine = new(setup, windows, errors, arrivals);
                engine.Run(host => Create(name, host, setup));
                var report = Report(setup, windows, name, engine, shared ?? IdealService.Compute(setup, arrivals, engine.Killed));
                reports.Add(report);
                progress($"{windows,-7} {name,-19} served/ideal {report.ServedOverIdeal:0.0000}, 429 per 1,000 {report.Upstream429Per1000:0.0}, avoidable {report.Avoidable429Per1000:0.00} ({Seconds(watch)})");
            }
        }
        return new SimulationReport
        {
            Start = new DateTimeOffset(setup.Start, TimeSpan.Zero).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            Minutes = TimeSpan.FromTicks(setup.End - setup.Start).TotalMinutes,
            Seed = setup.Seed,
            Keys = setup.Projects.Sum(static project => project.Keys) + setup.InvalidKeys,
            Projects = setup.Projects.Length,
            Strategies = reports,
        };
    }

    private static ISimulatedStrategy Create(string name, SimulationEngine host, SimulationSetup setup) => name switch
    {
        "quota" => new QuotaStrategy(host, setup.Seed),
        "score" => new ScoreStrategy(host, setup.Models, (model, key) => host.ProjectOf(key)?.Limits[model] ?? default),
        "round-robin" => new RoundRobinStrategy(host),
        "random-stack" => new RandomStackStrategy(host, setup.Seed),
        "least-recently-used" => new LeastRecentlyUsedStrategy(host),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such strategy."),
    };

    private static StrategyReport Report(SimulationSetup setup, WindowKind windows, string name, SimulationEngine engine, IdealResult ideal)
    {
        var tally = engine.Tally;
        var waits = tally.Percentiles(0.5, 0.95, 0.99);
        return new StrategyReport
        {
            Strategy = name,
            Windows = windows == WindowKind.Fixed ? "fixed" : "rolling",
            Offered = tally.Offered,
            Served = tally.Served,
            Ideal = ideal.Served,
            IdealClairvoyant = ideal.Clairvoyant,
            ServedOverIdeal = ideal.Served == 0 ? 1 : Math.Round((double)tally.Served / ideal.Served, 5),
            Upstream429Per1000 = Per1000(tally.QuotaRefusals),
            Avoidable429Per1000 = Per1000(tally.AvoidableRefusals),
            ClientFailures = tally.Offered - tally.Served,
            WaitP50Ms = waits[0],
            WaitP95Ms = waits[1],
            WaitP99Ms = waits[2],
            LearningCost429 = tally.LearningRefusals,
            Upstream429 = tally.QuotaRefusals,
            Avoidable429 = tally.AvoidableRefusals,
            Upstream503 = tally.Overloads,
            InvalidKeyAnswers = tally.InvalidKeyAnswers,
            Attempts = tally.Attempts,
            UndeclaredKeys = setup.Projects.Sum(static project => project.Declared ? 0 : project.Keys),
            Days = PacificDay.Of(At(setup.End - 1)).DayNumber - PacificDay.Of(At(setup.Start)).DayNumber + 1,
        };

        // Of a run that served nobody the refusals themselves are told: nothing could be divided by.
        double Per1000(long count) => Math.Round(count * 1000.0 / Math.Max(1, tally.Served), 3);
    }

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);

    private static string Seconds(Stopwatch watch) => $"{watch.Elapsed.TotalSeconds:0.0} s";
}
