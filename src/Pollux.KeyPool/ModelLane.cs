using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pollux.KeyPool;

/// <summary>
/// The usable credentials of the pool as one model sees them: who can serve now, and who may not before when. A credential is
/// either eligible or waits for its restriction to end; a wake-up queue ends restrictions, so that picking costs the same with ten keys and with a hundred thousand.
/// One lock protects everything in here; it is held for some dozen instructions and no other lock is taken under it.
/// </summary>
internal sealed class ModelLane(KeyPool pool, string model)
{
    private readonly Lock _lock = new();
    private readonly EligibleSet _eligible = new();
    private readonly Dictionary<int, Restriction> _restrictions = []; // by credential index; also of credentials that are out at the moment
    private readonly PriorityQueue<int, long> _wakeUps = new();       // instants in UTC ticks; may be earlier than the restriction's end, never later
    private int _cursor;
    private int _waiting; // usable credentials with a restriction
    private int _parked;  // those of them that are not entitled to the model
    private long _overloadedAt;

    public string Model { get; } = model;

    /// <summary>The last 503 that no success followed; UTC ticks, 0 = none.</summary>
    public long OverloadedAt { get => Volatile.Read(ref _overloadedAt); set => Volatile.Write(ref _overloadedAt, value); }

    /// <summary>Nothing would be lost with this lane.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
                return _restrictions.Count == 0;
        }
    }

    /// <summary>Takes a credential; <see langword="null"/> when none can serve, and <paramref name="refusal"/> says why.</summary>
    public Credential? Take(in LeaseRequest request, IKeySelection selection, long now, out LeaseRefusal refusal)
    {
        lock (_lock)
        {
            Wake(now);
            if (Choose(request, selection) is not { } taken)
            {
                refusal = Refuse();
                return null;
            }
            taken.Begin(pool.NextUse()); // inside the lock: the next pick must see it busy
            refusal = default;
            return taken;
        }
    }

    /// <summary>Keeps a credential from this model until an instant; an earlier end never shortens a later one.</summary>
    public void Restrict(Credential credential, long until, FaultReason reason)
    {
        lock (_lock)
        {
            ref var restriction = ref CollectionsMarshal.GetValueRefOrAddDefault(_restrictions, credential.Index, out var existed);
            if (existed && restriction.Until >= until)
                return;
            if (!existed)
                restriction.IsWaiting = _eligible.Remove(credential.Index);
            else
                Count(restriction, -1);
            restriction.Until = until;
            restriction.Reason = reason;
            Count(restriction, +1);
            Queue(credential.Index, ref restriction);
        }
    }

    /// <summary>A credential became usable: it is eligible, or waits for its restriction to end.</summary>
    public void Admit(Credential credential)
    {
        lock (_lock)
        {
            ref var restriction = ref CollectionsMarshal.GetValueRefOrNullRef(_restrictions, credential.Index);
            if (Unsafe.IsNullRef(ref restriction))
            {
                _eligible.Add(credential.Index);
            }
            else if (!restriction.IsWaiting)
            {
                restriction.IsWaiting = true;
                Count(restriction, +1);
                Queue(credential.Index, ref restriction);
            }
        }
    }

    /// <summary>A credential is usable no more. Its restriction stays known unless it is to be forgotten.</summary>
    public void Dismiss(Credential credential, bool forget)
    {
        lock (_lock)
        {
            _eligible.Remove(credential.Index);
            ref var restriction = ref CollectionsMarshal.GetValueRefOrNullRef(_restrictions, credential.Index);
            if (Unsafe.IsNullRef(ref restriction))
                return;
            Count(restriction, -1);
            restriction.IsWaiting = false;
            if (forget)
                _restrictions.Remove(credential.Index); // a wake-up that is left finds nothing to do
        }
    }

    public CredentialRestriction? RestrictionOf(Credential credential, long now)
    {
        lock (_lock)
        {
            return _restrictions.TryGetValue(credential.Index, out var restriction) && restriction.Until > now
                ? new CredentialRestriction(Model, Instant(restriction.Until), restriction.Reason)
                : null;
        }
    }

    public ModelSnapshot Snapshot(long now)
    {
        lock (_lock)
        {
            Wake(now);
            return new ModelSnapshot(Model, _eligible.Count, _waiting - _parked, _parked, NextWakeUp(), OverloadedAt == 0 ? null : Instant(OverloadedAt));
        }
    }

    private Credential? Choose(in LeaseRequest request, IKeySelection selection)
    {
        if (_eligible.Count == 0)
            return null;
        // Read under the lock: whoever is eligible was in the table before it was admitted, and stays there until it was dismissed.
        var credentials = pool.Table;
        if (request.Affinity is { } wished && _eligible.Contains(wished.Value - 1) && request.Exclude?.Contains(wished) != true)
            return credentials[wished.Value - 1];
        return selection.Pick(_eligible, credentials, request.Exclude, ref _cursor);
    }

    private LeaseRefusal Refuse()
    {
        var reason = LeaseRefusalReason.CoolingDown;
        if (_eligible.Count > 0)
            reason = LeaseRefusalReason.AllExcluded;
        else if (_waiting == 0)
            reason = LeaseRefusalReason.AllOut;
        else if (_waiting == _parked)
            reason = LeaseRefusalReason.NotEntitled;
        return new LeaseRefusal(reason, NextWakeUp());
    }

    private void Wake(long now)
    {
        while (_wakeUps.TryPeek(out var index, out var at) && at <= now)
        {
            _wakeUps.Dequeue();
            ref var restriction = ref CollectionsMarshal.GetValueRefOrNullRef(_restrictions, index);
            if (Unsafe.IsNullRef(ref restriction))
                continue;
            restriction.IsQueued = false;
            if (restriction.Until > now)
            {
                Queue(index, ref restriction);
                continue;
            }
            if (restriction.IsWaiting)
            {
                Count(restriction, -1);
                _eligible.Add(index);
            }
            _restrictions.Remove(index);
        }
    }

    private DateTimeOffset? NextWakeUp()
    {
        while (_wakeUps.TryPeek(out var index, out var at))
        {
            ref var restriction = ref CollectionsMarshal.GetValueRefOrNullRef(_restrictions, index);
            if (!Unsafe.IsNullRef(ref restriction))
            {
                if (restriction.IsWaiting && restriction.Until == at)
                    return Instant(at);
                restriction.IsQueued = false;
            }
            _wakeUps.Dequeue();
            if (!Unsafe.IsNullRef(ref restriction))
                Queue(index, ref restriction);
        }
        return null;
    }

    // One entry per waiting credential is enough: a restriction only grows, and an entry that comes early is put back.
    private void Queue(int index, ref Restriction restriction)
    {
        if (restriction.IsQueued || !restriction.IsWaiting)
            return;
        restriction.IsQueued = true;
        _wakeUps.Enqueue(index, restriction.Until);
    }

    private void Count(in Restriction restriction, int change)
    {
        if (!restriction.IsWaiting)
            return;
        _waiting += change;
        if (restriction.Reason is FaultReason.NotEntitled or FaultReason.ModelNotForKey)
            _parked += change;
    }

    private static DateTimeOffset Instant(long utcTicks) => new(utcTicks, TimeSpan.Zero);

    private struct Restriction
    {
        public long Until;
        public FaultReason Reason;
        public bool IsWaiting; // the credential is usable apart from this
        public bool IsQueued;
    }
}
