namespace Pollux.KeyPool;

// What survives a restart.
internal sealed partial class ModelLane
{
    private readonly List<QuotaCell> _changed = [];

    public void TakeChanges(List<QuotaCellState> changes, long now)
    {
        lock (_lock)
        {
            foreach (QuotaCell cell in _changed)
            {
                cell.IsChanged = false;
                cell.Advance(now);
                changes.Add(cell.Export(Model));
            }

            _changed.Clear();
        }
    }

    public void Restore(ProjectGroup group, QuotaCellState state, long now)
    {
        lock (_lock)
        {
            if (group.Index >= _groups.Length || _groups[group.Index] is null)
                Admitted(group);
            QuotaCell cell = CellOf(group);
            if (cell.Place == CellPlace.Fresh)
                _opened++;
            cell.Import(state, now);
            if (state.Tier != ProjectTier.Unknown)
                group.Tier = state.Tier;
            foreach (QuotaLimitState limit in state.Limits)
            {
                if (limit.Learned is { } learned)
                    _priors.Add(group.Tier, limit.Kind, learned);
            }

            if (cell.Place != CellPlace.Absent)
                Arrange(cell, now);
        }
    }

    private void Note(QuotaCell cell)
    {
        if (cell.IsChanged)
            return;
        cell.IsChanged = true;
        _changed.Add(cell);
    }
}
