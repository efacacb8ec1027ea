namespace Pollux.KeyPool;

// What survives a restart.
internal sealed partial class ModelLane
{
    private readonly List<QuotaCell> _changed = [];

    public void TakeChanges(List<QuotaCellState> changes, long now)
    {
        using (_gate.Enter())
        {
            foreach (QuotaCell cell in _changed)
            {
                cell.IsChanged = false;
                if (section.HasNoWalls())
                    continue; // nothing of it outlives a minute
                if (cell.JoinedTo is not null)
                    continue; // the other one counts for both
                cell.Advance(now);
                changes.Add(cell.Export(Model));
            }

            _changed.Clear();
        }
    }

    public void Restore(ProjectGroup group, QuotaCellState state, long now)
    {
        using (_gate.Enter())
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
                    AddPrior(group.Tier, limit.Kind, learned);
            }

            if (cell.Place != CellPlace.Absent)
                Arrange(cell, now);
        }
    }

    /// <summary>Two groups turned out to be one project.</summary>
    public void Join(ProjectGroup joining, ProjectGroup target, long now)
    {
        using (_gate.Enter())
        {
            Admitted(target); // it may be new, and out
            if (!target.Usable.IsEmpty && _sets.PlaceOf(target.Index) == CellPlace.Absent)
            {
                if (CellIfAny(target.Index) is { } known)
                    Arrange(known, now);
                else
                    MoveTo(target.Index, _opensSparingly ? CellPlace.Fresh : CellPlace.Ready);
            }

            if (CellIfAny(joining.Index) is not { } cell)
            {
                MoveTo(joining.Index, CellPlace.Absent);
                return;
            }

            EndCanary(cell);
            MoveTo(joining.Index, CellPlace.Absent);
            QuotaCell taken = CellOf(target);
            EndCanary(taken);
            if (taken.Place == CellPlace.Fresh)
                _opened++;
            taken.Join(cell, now);
            _cells[joining.Index] = null;
            Note(taken);
            if (taken.Place != CellPlace.Absent)
                Arrange(taken, now);
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
