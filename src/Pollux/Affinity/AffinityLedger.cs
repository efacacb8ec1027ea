using System.Diagnostics.CodeAnalysis;

namespace Pollux.Affinity;

/// <summary>What the ledger may hold.</summary>
internal sealed record AffinityLedgerOptions
{
    /// <summary>Resources at most. Default 200,000.</summary>
    public int MaxEntries { get; init; } = 200_000;

    /// <summary>Bytes of names, owners and payloads at most. Default 64 MiB.</summary>
    public long MaxBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Whether callers see only their own files (<c>FILES_USER_ISOLATION_ENABLED</c>). All other kinds are always kept apart. Default yes.</summary>
    public bool IsolatesFiles { get; init; } = true;
}

/// <summary>
/// Which credential owns which remote resource, and for whom. Google's resources belong to a project, so each request about
/// one has to go to the key that made it. A name has one owner: who remembers it first keeps it until it is forgotten or
/// expires. Bounded: what is expired goes first, then what was not used for longest.
/// </summary>
/// <remarks>
/// Thread-safe: one lock, held for a look-up or a few links. Looking up allocates nothing. <see cref="Changed"/> is raised
/// under that lock, so that changes are told in their order; who listens must only take note.
/// </remarks>
internal sealed class AffinityLedger(TimeProvider clock, AffinityLedgerOptions options)
{
    /// <summary>The longest name, in characters. Google's are much shorter; handles of Live sessions are the longest.</summary>
    public const int MaxNameLength = 2048;

    /// <summary>The largest payload.</summary>
    public const int MaxPayloadBytes = 16 * 1024;

    private const int EntryBytes = 400; // what an entry costs beside its texts, roughly

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<(ResourceKind Kind, string Owner), List<Entry>> _lists = []; // in the order they were made
    private readonly PriorityQueue<Entry, long> _expiries = new(); // one whose instant is not its entry's is out of date
    private readonly LinkedList<Entry> _uses = []; // the oldest use first
    private long _bytes;
    private long _last;

    /// <summary>Is told of each resource that was remembered or changed, or (second argument) forgotten.</summary>
    public Action<RemoteResource, bool>? Changed { get; set; }

    /// <summary>How many are known; those that expired since the last change included.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _byName.Count;
        }
    }

    /// <summary>Bytes held, roughly.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <summary>Remembers a resource, or a new expiry or payload of one that its owner has already.</summary>
    /// <returns><see langword="false"/>: the name belongs to another credential or caller, is too long, or has expired already.</returns>
    public bool Remember(RemoteResource resource) => Add(resource, isNews: true);

    /// <summary>Takes back what was stored; nobody is told.</summary>
    public bool Restore(RemoteResource resource) => Add(resource, isNews: false);

    /// <summary>Looks a name up. To find is to use: it is forgotten later.</summary>
    /// <param name="name">The name at the upstream.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="resource">What it is; only when it is the caller's own.</param>
    public ResourceClaim Find(ReadOnlySpan<char> name, string caller, out RemoteResource? resource)
    {
        resource = null;
        lock (_lock)
        {
            if (!_byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out Entry? entry) || IsOver(entry.Resource))
                return ResourceClaim.Unknown;
            if (!Sees(caller, entry.Resource))
                return ResourceClaim.Foreign;
            Use(entry);
            resource = entry.Resource;
            return ResourceClaim.Own;
        }
    }

    /// <summary>Looks up a caller's own resource of one kind.</summary>
    public bool TryFind(ResourceKind kind, ReadOnlySpan<char> name, string caller, [NotNullWhen(true)] out RemoteResource? resource)
    {
        if (Find(name, caller, out resource) == ResourceClaim.Own && resource!.Kind == kind)
            return true;
        resource = null;
        return false;
    }

    /// <summary>Looks up what is its own credential: the id of an upload, whoever presents it.</summary>
    public bool TryFindUpload(ReadOnlySpan<char> name, [NotNullWhen(true)] out RemoteResource? resource) => TryFindBearer(ResourceKind.Upload, name, out resource);

    /// <summary>Looks up an ephemeral token, which is its own credential too.</summary>
    public bool TryFindToken(ReadOnlySpan<char> name, [NotNullWhen(true)] out RemoteResource? resource) => TryFindBearer(ResourceKind.AuthToken, name, out resource);

    private bool TryFindBearer(ResourceKind kind, ReadOnlySpan<char> name, [NotNullWhen(true)] out RemoteResource? resource)
    {
        resource = null;
        lock (_lock)
        {
            if (!_byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out Entry? entry) || IsOver(entry.Resource) || entry.Resource.Kind != kind)
                return false;
            Use(entry);
            resource = entry.Resource;
            return true;
        }
    }

    /// <summary>What is known under a name, whoever asks; this is no use of it. For the gateway's own ends: what callers ask goes to <see cref="Find"/>.</summary>
    public RemoteResource? Peek(ReadOnlySpan<char> name)
    {
        lock (_lock)
            return _byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out Entry? entry) && !IsOver(entry.Resource) ? entry.Resource : null;
    }

    /// <summary>Moves the expiry of a resource that was used to a later instant; never to an earlier one.</summary>
    /// <returns>Whether it is known.</returns>
    public bool Extend(ReadOnlySpan<char> name, DateTimeOffset expiresAt)
    {
        lock (_lock)
        {
            if (!_byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out Entry? entry) || IsOver(entry.Resource))
                return false;
            Use(entry);
            if (expiresAt > entry.Resource.ExpiresAt)
                Replace(entry, entry.Resource with { ExpiresAt = expiresAt }, isNews: true);
            return true;
        }
    }

    /// <summary>Forgets a resource: it was deleted, or the upstream does not know it any more.</summary>
    /// <returns>Whether it was known.</returns>
    public bool Forget(ReadOnlySpan<char> name)
    {
        lock (_lock)
        {
            if (!_byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out Entry? entry))
                return false;
            Remove(entry);
            return true;
        }
    }

    /// <summary>A page of what a caller has of one kind, the newest first.</summary>
    /// <param name="kind">Which kind.</param>
    /// <param name="caller">Who asks; of files that are not kept apart everybody sees all.</param>
    /// <param name="before">The place where the page before ended; <see cref="long.MaxValue"/>: from the newest on.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="next">The place where this page ends; <see langword="null"/>: nothing follows.</param>
    public IReadOnlyList<RemoteResource> List(ResourceKind kind, string caller, long before, int count, out long? next)
    {
        next = null;
        var page = new List<RemoteResource>(Math.Min(count, 100));
        lock (_lock)
        {
            if (!_lists.TryGetValue(ListOf(kind, caller), out List<Entry>? all))
                return page;
            long last = 0;
            for (int i = PlaceOf(all, before) - 1; i >= 0; i--)
            {
                if (IsOver(all[i].Resource))
                    continue;
                if (page.Count == count)
                {
                    next = last;
                    break;
                }

                page.Add(all[i].Resource);
                last = all[i].Number;
            }
        }

        return page;
    }

    /// <summary>Forgets what has expired.</summary>
    /// <param name="atMost">How many at most, so that nobody waits long for the lock.</param>
    /// <returns>What was forgotten.</returns>
    public IReadOnlyList<RemoteResource> ForgetExpired(int atMost)
    {
        var gone = new List<RemoteResource>();
        lock (_lock)
        {
            while (gone.Count < atMost && NextExpired() is { } entry)
            {
                gone.Add(entry.Resource);
                Remove(entry);
            }
        }

        return gone;
    }

    private bool Add(RemoteResource resource, bool isNews)
    {
        if (resource.Name.Length is 0 or > MaxNameLength || resource.Payload.Length > MaxPayloadBytes || IsOver(resource))
            return false;
        lock (_lock)
        {
            if (_byName.TryGetValue(resource.Name, out Entry? known))
            {
                if (!IsOver(known.Resource))
                {
                    if (known.Resource.Credential != resource.Credential || known.Resource.Owner != resource.Owner || known.Resource.Kind != resource.Kind)
                        return false;
                    Use(known);
                    Replace(known, resource with { CreatedAt = known.Resource.CreatedAt }, isNews);
                    return true;
                }

                Remove(known);
            }

            if (resource.CreatedAt == default)
                resource = resource with { CreatedAt = clock.GetUtcNow() };
            var entry = new Entry(resource, ++_last);
            entry.Use = _uses.AddLast(entry);
            _byName.Add(resource.Name, entry);
            _bytes += SizeOf(resource);
            if (!_lists.TryGetValue(ListOf(resource.Kind, resource.Owner), out List<Entry>? list))
                _lists[ListOf(resource.Kind, resource.Owner)] = list = [];
            list.Add(entry);
            Queue(entry);
            MakeRoom(entry);
            if (isNews)
                Changed?.Invoke(resource, false);
            return true;
        }
    }

    private void Replace(Entry entry, RemoteResource resource, bool isNews)
    {
        bool isMoved = resource.ExpiresAt != entry.Resource.ExpiresAt;
        _bytes += SizeOf(resource) - SizeOf(entry.Resource);
        entry.Resource = resource;
        if (isMoved)
            Queue(entry);
        MakeRoom(entry);
        if (isNews)
            Changed?.Invoke(resource, false);
    }

    private void MakeRoom(Entry kept)
    {
        while (_byName.Count > options.MaxEntries || _bytes > options.MaxBytes)
        {
            Entry? victim = NextExpired() ?? _uses.First?.Value;
            if (victim is null || victim == kept)
                break; // alone it is never too large
            Remove(victim);
        }
    }

    private void Remove(Entry entry)
    {
        RemoteResource resource = entry.Resource;
        _byName.Remove(resource.Name);
        _uses.Remove(entry.Use!);
        _bytes -= SizeOf(resource);
        entry.IsGone = true;
        (ResourceKind, string) key = ListOf(resource.Kind, resource.Owner);
        List<Entry> list = _lists[key];
        list.RemoveAt(PlaceOf(list, entry.Number));
        if (list.Count == 0)
            _lists.Remove(key);
        Changed?.Invoke(resource, true);
    }

    private void Use(Entry entry)
    {
        _uses.Remove(entry.Use!);
        _uses.AddLast(entry.Use!);
    }

    private void Queue(Entry entry)
    {
        entry.QueuedAt = entry.Resource.ExpiresAt.UtcTicks;
        _expiries.Enqueue(entry, entry.QueuedAt);
        if (_expiries.Count <= (2 * _byName.Count) + 64)
            return;
        _expiries.Clear(); // most of it is out of date
        foreach (Entry known in _byName.Values)
            _expiries.Enqueue(known, known.QueuedAt);
    }

    private Entry? NextExpired()
    {
        long now = clock.GetUtcNow().UtcTicks;
        while (_expiries.TryPeek(out Entry? entry, out long at))
        {
            bool isCurrent = !entry.IsGone && entry.QueuedAt == at;
            if (isCurrent && at > now)
                return null;
            _expiries.Dequeue();
            if (isCurrent)
                return entry;
        }

        return null;
    }

    private (ResourceKind Kind, string Owner) ListOf(ResourceKind kind, string caller) => (kind, IsShared(kind) ? "" : caller);

    private bool Sees(string caller, RemoteResource resource) => IsShared(resource.Kind) || string.Equals(caller, resource.Owner, StringComparison.Ordinal);

    private bool IsShared(ResourceKind kind) => kind == ResourceKind.File && !options.IsolatesFiles;

    private bool IsOver(RemoteResource resource) => resource.ExpiresAt <= clock.GetUtcNow();

    private static long SizeOf(RemoteResource resource) => EntryBytes + ((long)(resource.Name.Length + resource.Owner.Length) * sizeof(char)) + resource.Payload.Length;

    /// <summary>The place of the first entry whose number is not smaller.</summary>
    private static int PlaceOf(List<Entry> list, long number)
    {
        int low = 0, high = list.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (list[middle].Number < number)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private sealed class Entry(RemoteResource resource, long number)
    {
        public RemoteResource Resource = resource;
        public readonly long Number = number;
        public LinkedListNode<Entry>? Use;
        public long QueuedAt; // UTC ticks
        public bool IsGone;
    }
}
