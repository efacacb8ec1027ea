using System.Diagnostics.CodeAnalysis;

namespace Pollux.KeyPool;

// Requests that other credentials than keys of the Gemini API may serve.
public sealed partial class KeyPool
{
    private const int LongestName = 256;

    private readonly int[] _bySection = new int[PoolSections.Count]; // changed under the gate

    /// <summary>How many credentials of any of these kinds are in the pool, usable or not.</summary>
    public int CountOf(CredentialKinds kinds)
    {
        int count = 0;
        for (PoolSection section = PoolSection.Ordinary; (int)section < PoolSections.Count; section++)
            count += kinds.Includes(section) ? Volatile.Read(ref _bySection[(int)section]) : 0;
        return count;
    }

    /// <summary>Asks the sections one after another; keys that cost nothing are asked for all they may have before one that costs.</summary>
    private bool TryLeaseBySection(in LeaseRequest request, [NotNullWhen(true)] out Lease? lease, out LeaseRefusal refusal)
    {
        lease = null;
        refusal = new LeaseRefusal(LeaseRefusalReason.NoKeys, null);
        for (PoolSection section = PoolSection.Ordinary; (int)section < PoolSections.Count; section++)
        {
            if (section == PoolSection.Reserved || !request.Kinds.Includes(section) || CountOf(section) == 0)
                continue;
            LeaseRefusal refused;
            if (section == PoolSection.Ordinary)
                TryLeaseKey(request.Kinds == CredentialKinds.GeminiApiKey ? request : request with { MayWait = false }, out lease, out refused);
            else
                lease = LaneOf(request.Model, section).Take(request, NowTicks, out refused);
            if (lease is not null)
            {
                refusal = default;
                return true;
            }

            refusal = Better(refusal, refused);
        }

        if (refusal.Reason == LeaseRefusalReason.AllOut)
            refusal = refusal with { EarliestAt = NextRecheckAt() };
        return false;
    }

    private int CountOf(PoolSection section) =>
        Volatile.Read(ref _bySection[(int)section]) + (section == PoolSection.Ordinary ? Volatile.Read(ref _bySection[(int)PoolSection.Reserved]) : 0);

    /// <summary>The refusal that leaves more hope; of two that wait, the one that waits shorter.</summary>
    private static LeaseRefusal Better(in LeaseRefusal one, in LeaseRefusal other)
    {
        if (one.Reason == other.Reason)
            return other.EarliestAt is { } at && !(one.EarliestAt <= at) ? other : one;
        return Hope(other.Reason) > Hope(one.Reason) ? other : one;

        static int Hope(LeaseRefusalReason reason) => reason switch
        {
            LeaseRefusalReason.AllExcluded => 4,
            LeaseRefusalReason.CoolingDown => 3,
            LeaseRefusalReason.NotEntitled => 2,
            LeaseRefusalReason.AllOut => 1,
            _ => 0,
        };
    }

    /// <summary>Finds a lane without making a string for its key: this is on the way of each request.</summary>
    private ModelLane LaneOf(string model, PoolSection section)
    {
        ReadOnlySpan<char> name = BareName(model);
        if (section == PoolSection.Ordinary || name.Length >= LongestName)
            return OpenLane(name.ToString(), section);
        Span<char> key = stackalloc char[LongestName];
        key[0] = Mark(section);
        name.CopyTo(key[1..]);
        return _lanesBySpan.TryGetValue(key[..(name.Length + 1)], out var lane) ? lane : OpenLane(name.ToString(), section);
    }

    private static string LaneKey(string model, PoolSection section) => section == PoolSection.Ordinary ? model : Mark(section) + model;

    /// <summary>No model's name begins with it.</summary>
    private static char Mark(PoolSection section) => (char)section;
}
