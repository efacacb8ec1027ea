using System.Collections.Immutable;

namespace Pollux.KeyPool;

/// <summary>
/// What was sent in the last minute, request by request, so that each leaves the count exactly when it must. Counting the
/// trailing minute is safe whether Google counts clock minutes or trailing ones: what fits into any sixty seconds fits into
/// each minute of a clock. Requests that come close together share an entry once there are many, so that a project with
/// thousands a minute costs some ten kilobytes. Not thread-safe: the lane's lock protects it.
/// </summary>
internal sealed class MinuteLog
{
    private const int ExactEntries = 256;
    private const long SharedTicks = 20 * TimeSpan.TicksPerMillisecond;

    private Entry[] _ring = [];
    private int _head;
    private int _count;
    private long _first; // sequence number of the entry at the head

    /// <summary>Requests in the last minute.</summary>
    public int Requests { get; private set; }

    /// <summary>Input tokens in the last minute: told ones, and estimates for requests still running.</summary>
    public long Tokens { get; private set; }

    /// <summary>Forgets what is older than <paramref name="span"/>.</summary>
    public void Expire(long now, long span)
    {
        while (_count > 0)
        {
            ref Entry oldest = ref _ring[_head];
            if (oldest.At + span > now)
                return;
            Requests -= oldest.Requests;
            Tokens -= oldest.Tokens;
            _head = Next(_head);
            _count--;
            _first++;
        }
    }

    /// <summary>Counts a request.</summary>
    /// <returns>The number of its entry, for <see cref="Correct"/>.</returns>
    public long Add(long now, long tokens)
    {
        Requests++;
        Tokens += tokens;
        if (_count > ExactEntries)
        {
            ref Entry last = ref _ring[Wrap(_head + _count - 1)];
            if (now - last.Since < SharedTicks)
            {
                last.At = now;
                last.Requests++;
                last.Tokens += tokens;
                return _first + _count - 1;
            }
        }

        if (_count == _ring.Length)
            Grow();
        _ring[Wrap(_head + _count)] = new Entry { Since = now, At = now, Requests = 1, Tokens = tokens };
        return _first + _count++;
    }

    /// <summary>Corrects an entry by what turned out; nothing happens when it is forgotten already.</summary>
    /// <param name="entry">What <see cref="Add"/> returned.</param>
    /// <param name="requests">-1 gives the request back, 0 leaves it counted.</param>
    /// <param name="tokens">The difference to what was counted.</param>
    public void Correct(long entry, int requests, long tokens)
    {
        if (entry < _first || entry >= _first + _count)
            return;
        ref Entry found = ref _ring[Wrap(_head + (int)(entry - _first))];
        found.Requests += requests;
        found.Tokens += tokens;
        Requests += requests;
        Tokens += tokens;
    }

    /// <summary>When enough is forgotten that at most so much is left.</summary>
    /// <param name="requests">At most so many requests.</param>
    /// <param name="tokens">At most so many tokens.</param>
    /// <param name="span">How long an entry counts.</param>
    /// <returns>UTC ticks; 0 = already.</returns>
    public long FreeAt(long requests, long tokens, long span)
    {
        long leftRequests = Requests;
        long leftTokens = Tokens;
        long at = 0;
        for (int i = 0; i < _count && (leftRequests > requests || leftTokens > tokens); i++)
        {
            ref Entry entry = ref _ring[Wrap(_head + i)];
            leftRequests -= entry.Requests;
            leftTokens -= entry.Tokens;
            at = entry.At + span;
        }

        return at;
    }

    /// <summary>What was counted at or after an instant.</summary>
    public (int Requests, long Tokens) Since(long instant)
    {
        int requests = 0;
        long tokens = 0;
        for (int i = _count - 1; i >= 0; i--)
        {
            ref Entry entry = ref _ring[Wrap(_head + i)];
            if (entry.At < instant)
                break;
            requests += entry.Requests;
            tokens += entry.Tokens;
        }

        return (requests, tokens);
    }

    /// <summary>Corrects the entry of an instant; nothing happens when there is none.</summary>
    public void CorrectAt(long instant, int requests, long tokens)
    {
        for (int i = _count - 1; i >= 0; i--)
        {
            ref Entry entry = ref _ring[Wrap(_head + i)];
            if (entry.At > instant)
                continue;
            if (entry.At == instant)
                Correct(_first + i, requests, tokens);
            return;
        }
    }

    /// <summary>All entries, the oldest first.</summary>
    public ImmutableArray<MinuteEntry> Export()
    {
        var entries = ImmutableArray.CreateBuilder<MinuteEntry>(_count);
        for (int i = 0; i < _count; i++)
        {
            ref Entry entry = ref _ring[Wrap(_head + i)];
            if (entry.Requests > 0)
                entries.Add(new MinuteEntry(new DateTimeOffset(entry.At, TimeSpan.Zero), entry.Requests, entry.Tokens));
        }

        return entries.DrainToImmutable();
    }

    /// <summary>Replaces all entries.</summary>
    public void Import(ImmutableArray<MinuteEntry> entries)
    {
        (_ring, _head, _count, Requests, Tokens) = (new Entry[Math.Max(4, entries.Length)], 0, entries.Length, 0, 0);
        for (int i = 0; i < entries.Length; i++)
        {
            long at = entries[i].At.UtcTicks;
            _ring[i] = new Entry { Since = at, At = at, Requests = entries[i].Requests, Tokens = entries[i].Tokens };
            Requests += entries[i].Requests;
            Tokens += entries[i].Tokens;
        }
    }

    private void Grow()
    {
        var larger = new Entry[Math.Max(4, _ring.Length * 2)];
        for (int i = 0; i < _count; i++)
            larger[i] = _ring[Wrap(_head + i)];
        (_ring, _head) = (larger, 0);
    }

    private int Next(int index) => index + 1 == _ring.Length ? 0 : index + 1;

    private int Wrap(int index) => index >= _ring.Length ? index - _ring.Length : index;

    private struct Entry
    {
        public long Since; // of its first request, UTC ticks
        public long At;    // of its last
        public int Requests;
        public long Tokens;
    }
}
