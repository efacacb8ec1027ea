namespace Pollux.KeyPool;

/// <summary>
/// What projects of a pool were told about their limits for one model. Projects mostly have the limits of their tier, so
/// what many were told is a good guess for those that were not told yet. Not thread-safe: the lane's lock protects it.
/// </summary>
internal sealed class LimitPriors
{
    private const int MaxValues = 16; // distinct limits remembered per tier and kind; there are a handful of tiers

    private readonly List<(long Value, int Count)>[] _told = new List<(long, int)>[3 * 4];

    /// <summary>A project was told.</summary>
    public void Add(ProjectTier tier, QuotaKind kind, long value)
    {
        Count(tier, kind, value);
        if (tier != ProjectTier.Unknown)
            Count(ProjectTier.Unknown, kind, value); // the guess for those whose tier is not known
    }

    /// <summary>The limit told most often; <see langword="null"/>: nobody was told.</summary>
    public long? Guess(ProjectTier tier, QuotaKind kind)
    {
        if (_told[Slot(tier, kind)] is not { Count: > 0 } values)
            return tier == ProjectTier.Unknown ? null : Guess(ProjectTier.Unknown, kind);
        (long best, int most) = values[0];
        foreach ((long value, int count) in values)
        {
            if (count > most)
                (best, most) = (value, count);
        }

        return best;
    }

    private void Count(ProjectTier tier, QuotaKind kind, long value)
    {
        List<(long Value, int Count)> values = _told[Slot(tier, kind)] ??= [];
        int at = values.FindIndex(told => told.Value == value);
        if (at >= 0)
            values[at] = (value, values[at].Count + 1);
        else if (values.Count < MaxValues)
            values.Add((value, 1));
    }

    private static int Slot(ProjectTier tier, QuotaKind kind) => ((int)tier * 4) + (int)kind;
}
