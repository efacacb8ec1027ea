using System.Diagnostics.CodeAnalysis;
using Pollux.Settings;

namespace Pollux.Replies;

/// <summary>
/// The replies that are kept, in memory alone. Bounded by count, bytes and age; beyond the bounds goes first what was not asked
/// for longest. Thread-safe: one lock around both orders.
/// </summary>
internal sealed class ReplyStore : IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    private readonly SettingsHolder _settings;
    private readonly TimeProvider _clock;
    private readonly ITimer? _sweeping;
    private readonly Lock _lock = new();
    private readonly Dictionary<ReplyKey, Entry> _entries = [];
    private readonly LinkedList<Entry> _byUse = []; // the longest unused first
    private readonly LinkedList<Entry> _byAge = []; // the oldest first
    private long _bytes;
    private long _reserved;

    /// <param name="settings">The bounds.</param>
    /// <param name="clock">Measures the age.</param>
    public ReplyStore(SettingsHolder settings, TimeProvider clock)
    {
        (_settings, _clock) = (settings, clock);
        if (settings.Current.Replies.Enabled)
            _sweeping = clock.CreateTimer(static store => ((ReplyStore)store!).Sweep(), this, SweepInterval, SweepInterval);
    }

    /// <summary>How many are kept, and the memory they take.</summary>
    public (int Count, long Bytes) Kept
    {
        get
        {
            lock (_lock)
                return (_entries.Count, _bytes);
        }
    }

    /// <summary>Gives the reply for <paramref name="key"/>; with <c>CACHE_SINGLE_USE</c> to exactly one who asks.</summary>
    public bool TryTake(in ReplyKey key, [NotNullWhen(true)] out StoredReply? reply)
    {
        ReplySettings settings = _settings.Current.Replies;
        reply = null;
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out Entry? entry))
                return false;
            if (_clock.GetElapsedTime(entry.StoredAt) >= settings.Expiry)
            {
                Remove(entry);
                return false;
            }

            reply = entry.Reply;
            if (settings.SingleUse)
            {
                Remove(entry);
            }
            else
            {
                _byUse.Remove(entry.Use);
                _byUse.AddLast(entry.Use);
            }

            return true;
        }
    }

    /// <summary>Keeps a reply, in place of an older one for the same key. One that is larger than all may be together is not kept.</summary>
    public void Put(in ReplyKey key, StoredReply reply)
    {
        ReplySettings settings = _settings.Current.Replies;
        if (reply.Bytes > settings.MaxBytes)
            return;
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out Entry? older))
                Remove(older);
            Forget(settings.Expiry);
            while (_entries.Count > 0 && (_entries.Count >= settings.MaxEntries || _bytes + reply.Bytes > settings.MaxBytes))
                Remove(_byUse.First!.Value);
            var entry = new Entry(key, reply, _clock.GetTimestamp());
            _entries.Add(key, entry);
            _byUse.AddLast(entry.Use);
            _byAge.AddLast(entry.Age);
            _bytes += reply.Bytes;
        }
    }

    /// <summary>Asks for memory for events whose answer is not whole yet; they are bounded together as what is kept is.</summary>
    public bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref _reserved, bytes) <= _settings.Current.Replies.MaxBytes)
            return true;
        Release(bytes);
        return false;
    }

    /// <summary>Gives such memory back.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _reserved, -bytes);

    /// <inheritdoc/>
    public void Dispose() => _sweeping?.Dispose();

    private void Sweep()
    {
        lock (_lock)
            Forget(_settings.Current.Replies.Expiry);
    }

    private void Forget(TimeSpan expiry)
    {
        while (_byAge.First is { } oldest && _clock.GetElapsedTime(oldest.Value.StoredAt) >= expiry)
            Remove(oldest.Value);
    }

    private void Remove(Entry entry)
    {
        _entries.Remove(entry.Key);
        _byUse.Remove(entry.Use);
        _byAge.Remove(entry.Age);
        _bytes -= entry.Reply.Bytes;
    }

    private sealed class Entry
    {
        public Entry(in ReplyKey key, StoredReply reply, long storedAt)
        {
            (Key, Reply, StoredAt) = (key, reply, storedAt);
            Use = new LinkedListNode<Entry>(this);
            Age = new LinkedListNode<Entry>(this);
        }

        public ReplyKey Key { get; }

        public StoredReply Reply { get; }

        public long StoredAt { get; }

        public LinkedListNode<Entry> Use { get; }

        public LinkedListNode<Entry> Age { get; }
    }
}
