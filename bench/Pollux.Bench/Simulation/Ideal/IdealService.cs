using System.Runtime.InteropServices;
using Pollux.KeyPool;

namespace Pollux.Bench.Simulation.Ideal;

/// <summary>
/// The most that anybody could serve who knows projects, limits and all requests to come. Models are independent of each
/// other: each has its own quotas. Faults other than quotas (503s, invalid keys) do not lower it.
/// </summary>
/// <remarks>
/// <para>
/// Without token limits this is a maximum flow: requests of a minute, by the last minute that their patience reaches -> the
/// minute in which they are served -> class of projects x quota day (the edge carries the class's requests per minute) -> sink
/// (requests per day). Projects with equal limits are one class with their capacities added, which changes nothing: what a
/// class serves can be dealt evenly to its projects.
/// </para>
/// <para>
/// The same bound serves rolling windows: who takes no more than the limit in any 60 seconds takes no more in a minute of the
/// clock either, so no schedule for rolling windows beats it. It may lie a little above the best one.
/// </para>
/// <para>
/// Where tokens bind, the exact answer is a packing problem nobody solves. Then two schedules are computed instead:
/// <see cref="TokenSchedule"/>. Tokens bind if the schedule in order of arrival serves less with token limits than without.
/// </para>
/// </remarks>
internal static class IdealService
{
    /// <summary>The slowest network, so that a request sent at its deadline counts in the minute that it reaches.</summary>
    private const long SlowestDelay = 60 * TimeSpan.TicksPerMillisecond;

    /// <param name="setup">Projects and limits.</param>
    /// <param name="arrivals">All requests.</param>
    /// <param name="without">Requests that do not count, since a restart killed them.</param>
    public static IdealResult Compute(SimulationSetup setup, Arrival[] arrivals, IReadOnlySet<int> without)
    {
        var byModel = new List<Demand>[setup.Models.Length];
        for (var model = 0; model < byModel.Length; model++)
            byModel[model] = [];
        for (var i = 0; i < arrivals.Length; i++)
        {
            var arrival = arrivals[i];
            if (!without.Contains(i))
                byModel[arrival.Model].Add(new Demand(MinuteOf(arrival.At), MinuteOf(arrival.At + setup.Patience + SlowestDelay), arrival.Tokens));
        }

        long ideal = 0;
        long clairvoyant = 0;
        var anyBound = false;
        for (var model = 0; model < byModel.Length; model++)
        {
            List<ProjectClass> classes = [.. setup.Projects.GroupBy(project => project.Limits[model]).Where(static group => !group.Key.IsZero)
                .Select(static group => new ProjectClass(group.Key, group.Count()))];
            var (one, other) = Compute(CollectionsMarshal.AsSpan(byModel[model]), classes);
            ideal += one;
            clairvoyant += other ?? one;
            anyBound |= other is not null;
        }
        return new IdealResult(ideal, anyBound ? clairvoyant : null);
    }

    /// <summary>One model: what could be served, and where tokens bind also what a clairvoyant serves.</summary>
    /// <param name="demands">In order of arrival.</param>
    /// <param name="classes">Projects that may use the model.</param>
    public static (long Ideal, long? Clairvoyant) Compute(ReadOnlySpan<Demand> demands, IReadOnlyList<ProjectClass> classes)
    {
        if (demands.IsEmpty || classes.Count == 0)
            return (0, null);
        var flow = Flow(demands, classes);
        if (!TokensMayBind(demands, classes))
            return (flow, null);

        var withTokens = TokenSchedule.InOrderOfArrival(demands, classes);
        var withoutTokens = TokenSchedule.InOrderOfArrival(demands, [.. classes.Select(static c => c with { Limits = c.Limits with { TpmInput = null } })]);
        return withTokens == withoutTokens
            ? (flow, null)
            : (withTokens, Math.Max(withTokens, TokenSchedule.SmallestFirst(demands, classes)));
    }

    /// <summary>The maximum flow, blind for tokens.</summary>
    internal static long Flow(ReadOnlySpan<Demand> demands, IReadOnlyList<ProjectClass> classes)
    {
        MaximumFlow flow = new();
        var (source, sink) = (flow.AddNode(), flow.AddNode());
        Dictionary<(long, long), long> groups = []; // first and last minute -> requests
        foreach (var demand in demands)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, (demand.FirstMinute, demand.LastMinute), out _);
            count++;
        }

        Dictionary<long, int> minutes = [];
        Dictionary<(int, DateOnly), int> days = [];
        foreach (var ((first, last), count) in groups)
        {
            var group = flow.AddNode();
            flow.AddEdge(source, group, count);
            for (var minute = first; minute <= last; minute++)
            {
                if (!minutes.TryGetValue(minute, out var node))
                {
                    minutes[minute] = node = flow.AddNode();
                    for (var c = 0; c < classes.Count; c++)
                        flow.AddEdge(node, DayNode(c, minute), Capacity(classes[c].Limits.Rpm, classes[c].Count, demands.Length));
                }
                flow.AddEdge(group, node, count);
            }
        }
        return flow.Run(source, sink);

        int DayNode(int index, long minute)
        {
            var of = classes[index];
            if (of.Limits.Rpd is null)
                return sink;
            var day = DayOf(minute);
            if (!days.TryGetValue((index, day), out var node))
            {
                days[(index, day)] = node = flow.AddNode();
                flow.AddEdge(node, sink, Capacity(of.Limits.Rpd, of.Count, int.MaxValue));
            }
            return node;
        }
    }

    /// <summary>The quota day of a minute of the clock. Midnight in Los Angeles is always at a full minute.</summary>
    internal static DateOnly DayOf(long minute) => PacificDay.Of(new DateTimeOffset(minute * TimeSpan.TicksPerMinute, TimeSpan.Zero));

    // They cannot where even the largest requests, as many as a minute allows, stay within the limit.
    private static bool TokensMayBind(ReadOnlySpan<Demand> demands, IReadOnlyList<ProjectClass> classes)
    {
        long largest = 0;
        foreach (var demand in demands)
            largest = Math.Max(largest, demand.Tokens);
        return classes.Any(c => c.Limits.TpmInput is { } tpm && (c.Limits.Rpm is not { } rpm || rpm * largest > tpm));
    }

    private static long Capacity(int? limit, int count, long unlimited) => limit is { } each ? (long)each * count : unlimited;

    private static long MinuteOf(long ticks) => ticks / TimeSpan.TicksPerMinute;
}

/// <summary>One request, as far as the ideal cares.</summary>
/// <param name="FirstMinute">Minute of the clock, counted from year 1, in which it comes.</param>
/// <param name="LastMinute">The last one in which it may be served.</param>
/// <param name="Tokens">True input tokens.</param>
internal readonly record struct Demand(long FirstMinute, long LastMinute, int Tokens);

/// <summary>Projects with equal limits for one model.</summary>
internal readonly record struct ProjectClass(ModelLimits Limits, int Count);

/// <summary>What could be served.</summary>
/// <param name="Served">A bound where only requests are limited; the schedule in order of arrival where tokens bind.</param>
/// <param name="Clairvoyant">Where tokens bind: what serving small requests first would reach.</param>
internal readonly record struct IdealResult(long Served, long? Clairvoyant);
