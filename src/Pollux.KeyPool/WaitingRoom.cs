using System.Runtime.InteropServices;

namespace Pollux.KeyPool;

/// <summary>A request that waits for a credential, and what became of it.</summary>
public sealed class WaitingLease
{
    private readonly Action<WaitingLease> _ended;

    internal WaitingLease(in LeaseRequest request, string caller, long deadline, long since, Action<WaitingLease> ended)
    {
        Request = request with { MayWait = true, Waiting = this };
        Caller = caller;
        Deadline = deadline;
        Since = since;
        _ended = ended;
    }

    /// <summary>What is wanted.</summary>
    public LeaseRequest Request { get; }

    /// <summary>Who waits: callers take turns, however many requests each has.</summary>
    public string Caller { get; }

    /// <summary>The lease, when it was granted.</summary>
    public Lease? Lease { get; private set; }

    /// <summary>Why there is none, when it was not granted.</summary>
    public LeaseRefusal Refusal { get; private set; }

    internal long Deadline { get; }

    internal long Since { get; }

    internal bool IsOver { get; set; } // changed under the queue's lock

    /// <summary>The cell that is kept for it, so that smaller prompts do not take its room away again and again; under the lane's lock.</summary>
    internal QuotaCell? Earmarked { get; set; }

    internal void End(Lease? lease, in LeaseRefusal refusal)
    {
        Lease = lease;
        Refusal = refusal;
        _ended(this);
    }
}

/// <summary>
/// Where requests wait when no credential is free now but one will be soon. Per model; callers take turns; bounded; each
/// waits no longer than its deadline. It wakes when an attempt ends and when the pool says that something changes.
/// </summary>
/// <remarks>Thread-safe: one lock, under which the pool is asked; whoever is served is told outside of it.</remarks>
public sealed class WaitingRoom
{
    private const int LooksPerCaller = 4; // a large prompt must not hold up the smaller ones behind it

    private readonly KeyPool _pool;
    private readonly TimeProvider _time;
    private readonly int _maxLength;
    private readonly Lock _lock = new();
    private readonly Dictionary<QueueLine, Line> _lines = []; // who needs one key holds up nobody who may have another
    private readonly PriorityQueue<WaitingLease, long> _deadlines = new();
    private volatile int _length;

    /// <param name="pool">Whose credentials.</param>
    /// <param name="time">The clock.</param>
    /// <param name="maxLength">How many may wait (<c>MAX_QUEUE_LENGTH</c>).</param>
    public WaitingRoom(KeyPool pool, TimeProvider time, int maxLength)
    {
        _pool = pool;
        _time = time;
        _maxLength = maxLength;
    }

    /// <summary>How many wait.</summary>
    public int Length => _length;

    /// <summary>Takes a credential, or a place in the queue.</summary>
    /// <param name="request">What for.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="deadline">How long it may wait.</param>
    /// <param name="lease">The lease, when there was one at once.</param>
    /// <param name="refusal">Why neither: nothing comes free before the deadline, or too many wait already.</param>
    /// <param name="ended">Told once, from any thread, when the waiting is over.</param>
    /// <param name="isRetry">It waited before: it goes in front of what its caller asked later.</param>
    /// <returns>The place in the queue; <see langword="null"/> when there is a lease, or a refusal.</returns>
    public WaitingLease? Enter(
        in LeaseRequest request, string caller, DateTimeOffset deadline, out Lease? lease, out LeaseRefusal refusal, Action<WaitingLease> ended, bool isRetry = false)
    {
        lease = null;
        lock (_lock)
        {
            long now = _time.GetUtcNow().UtcTicks;
            bool othersWait = _lines.TryGetValue(request.Line, out Line? line) && line.Count > 0;
            if (othersWait)
                refusal = new LeaseRefusal(LeaseRefusalReason.CoolingDown, line!.NextAt is var at && at != long.MaxValue ? new DateTimeOffset(at, TimeSpan.Zero) : null);
            else if (_pool.TryLease(request with { MayWait = deadline.UtcTicks > now }, out lease, out refusal))
                return null;

            if (refusal.Reason != LeaseRefusalReason.CoolingDown || deadline.UtcTicks <= now || (!othersWait && !(refusal.EarliestAt <= deadline)))
                return null;
            if (_length >= _maxLength)
            {
                refusal = refusal with { Reason = LeaseRefusalReason.QueueFull };
                return null;
            }

            var waiting = new WaitingLease(request, caller, deadline.UtcTicks, now, ended);
            line ??= _lines[request.Line] = new Line();
            line.Add(waiting, isRetry);
            line.NextAt = Math.Min(line.NextAt, refusal.EarliestAt?.UtcTicks ?? long.MaxValue);
            _deadlines.Enqueue(waiting, waiting.Deadline);
            _length++;
            return waiting;
        }
    }

    /// <summary>Gives a place up: the client went away.</summary>
    /// <returns><see langword="false"/> when the waiting was over already; a lease it may hold is then the caller's.</returns>
    public bool Leave(WaitingLease waiting)
    {
        ArgumentNullException.ThrowIfNull(waiting);
        lock (_lock)
        {
            if (waiting.IsOver)
                return false;
            waiting.IsOver = true;
            _lines[waiting.Request.Line].Count--;
            _length--;
            return true;
        }
    }

    /// <summary>Serves whoever can be served, and refuses those whose time is over.</summary>
    /// <returns>When to look again at the latest; <see langword="null"/>: nobody waits.</returns>
    public DateTimeOffset? Pump()
    {
        if (_length == 0)
            return null;
        List<(WaitingLease Waiting, Lease? Lease, LeaseRefusal Refusal)> over = [];
        long next = long.MaxValue;
        lock (_lock)
        {
            long now = _time.GetUtcNow().UtcTicks;
            EndLate(now - 1, over); // whose last instant is now can still be served
            foreach (bool isRequired in (ReadOnlySpan<bool>)[true, false]) // first those who have no choice
            {
                foreach ((QueueLine kind, Line line) in _lines)
                {
                    if (kind.Required is not null == isRequired)
                        line.Serve(_pool, now, over);
                }
            }

            EndLate(now, over);
            foreach ((QueueLine key, Line line) in _lines)
            {
                if (line.Count == 0)
                    _lines.Remove(key);
                else
                    next = Math.Min(next, line.NextAt);
            }

            _length -= over.Count;
            while (_deadlines.TryPeek(out WaitingLease? first, out long deadline) && first.IsOver)
                _deadlines.Dequeue();
            if (_deadlines.TryPeek(out _, out long soonest))
                next = Math.Min(next, soonest);
        }

        foreach ((WaitingLease waiting, Lease? lease, LeaseRefusal refusal) in over)
            waiting.End(lease, refusal);
        return next == long.MaxValue ? null : new DateTimeOffset(next, TimeSpan.Zero);
    }

    private void EndLate(long now, List<(WaitingLease, Lease?, LeaseRefusal)> over)
    {
        while (_deadlines.TryPeek(out WaitingLease? waiting, out long deadline) && (waiting.IsOver || deadline <= now))
        {
            _deadlines.Dequeue();
            if (waiting.IsOver)
                continue;
            waiting.IsOver = true;
            _lines[waiting.Request.Line].Count--;
            over.Add((waiting, null, new LeaseRefusal(LeaseRefusalReason.CoolingDown, null)));
        }
    }

    /// <summary>Those who wait for one model.</summary>
    private sealed class Line
    {
        private readonly Dictionary<string, LinkedList<WaitingLease>> _callers = new(StringComparer.Ordinal);
        private readonly Queue<string> _turns = [];

        /// <summary>How many wait; those who left may still stand in the lists.</summary>
        public int Count { get; set; }

        /// <summary>When to look again; UTC ticks.</summary>
        public long NextAt { get; set; } = long.MaxValue;

        public void Add(WaitingLease waiting, bool first)
        {
            Count++;
            ref LinkedList<WaitingLease>? list = ref CollectionsMarshal.GetValueRefOrAddDefault(_callers, waiting.Caller, out bool known);
            if (!known)
            {
                list = [];
                _turns.Enqueue(waiting.Caller);
            }

            if (first)
                list!.AddFirst(waiting);
            else
                list!.AddLast(waiting);
        }

        public void Serve(KeyPool pool, long now, List<(WaitingLease, Lease?, LeaseRefusal)> over)
        {
            long next = long.MaxValue;
            bool dry = false;
            for (int misses = 0; _turns.Count > 0 && misses < _turns.Count && !dry;)
            {
                string caller = _turns.Peek();
                LinkedList<WaitingLease> list = _callers[caller];
                bool served = ServeOne(list, pool, over, ref next, ref dry);
                if (dry && list.Count > 0)
                    break; // it keeps its turn
                _turns.Dequeue();
                if (list.Count > 0)
                {
                    misses = served ? 0 : misses + 1;
                    _turns.Enqueue(caller);
                }
                else
                {
                    misses = served ? 0 : misses;
                    _callers.Remove(caller);
                }
            }

            NextAt = Math.Max(next, now + 1);
        }

        private bool ServeOne(LinkedList<WaitingLease> list, KeyPool pool, List<(WaitingLease, Lease?, LeaseRefusal)> over, ref long next, ref bool dry)
        {
            int looks = 0;
            for (LinkedListNode<WaitingLease>? node = list.First; node is not null && looks < LooksPerCaller;)
            {
                LinkedListNode<WaitingLease>? following = node.Next;
                WaitingLease waiting = node.Value;
                if (waiting.IsOver)
                {
                    list.Remove(node);
                }
                else if (pool.TryLease(waiting.Request, out Lease? lease, out LeaseRefusal refusal) || refusal.Reason != LeaseRefusalReason.CoolingDown)
                {
                    waiting.IsOver = true;
                    Count--;
                    list.Remove(node);
                    over.Add((waiting, lease, refusal));
                    if (lease is not null)
                        return true;
                }
                else
                {
                    looks++;
                    next = Math.Min(next, refusal.EarliestAt?.UtcTicks ?? long.MaxValue);
                    if (!refusal.IsForTokens)
                    {
                        dry = true; // nobody else would be served either
                        return false;
                    }
                }

                node = following;
            }

            return false;
        }
    }
}
