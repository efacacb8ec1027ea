namespace Pollux.KeyPool;

// What survives a restart.
public sealed partial class KeyPool
{
    /// <summary>The quota cells that changed since this was asked last. For the writer that keeps them, about once a second.</summary>
    public IReadOnlyList<QuotaCellState> TakeChanges()
    {
        List<QuotaCellState> changes = [];
        var now = NowTicks;
        foreach (var lane in _lanes.Values)
            lane.TakeChanges(changes, now);
        return changes;
    }

    /// <summary>
    /// Gives the pool what an earlier process knew. Call it when the credentials are in the pool and before anything is leased:
    /// what a cell knows already is replaced.
    /// </summary>
    /// <returns>How many cells belong to a project that is in the pool.</returns>
    public int Restore(IEnumerable<QuotaCellState> states)
    {
        ArgumentNullException.ThrowIfNull(states);
        var restored = 0;
        var now = NowTicks;
        var calls = new Dictionary<ProjectGroup, long>();
        foreach (var state in states)
        {
            ProjectGroup? group;
            lock (_gate)
                group = state.Project is { } declared ? _groupsByName.GetValueOrDefault(declared) : Find(state.Credential)?.Group;
            if (group is null || group.Section.HasNoWalls()) // nothing is counted there
                continue;
            LaneOf(state.Model, group.Section).Restore(group, state, now);
            if (state.DayEnds.UtcTicks > now)
                calls[group] = calls.GetValueOrDefault(group) + state.RequestsToday;
            restored++;
        }

        foreach (var (group, made) in calls)
        {
            var members = group.Usable;
            foreach (var member in members)
                member.SetCalls(DayEnds(now), (int)Math.Min(int.MaxValue, (made + members.Length - 1) / members.Length));
        }

        return restored;
    }
}
