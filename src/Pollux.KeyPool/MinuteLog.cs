using System.Collections.Immutable;

namespace Pollux.KeyPool;

/// <summary>
/// What was sent in the last minute, request by request, so that each leaves the count exactly when it must. Counting the
/// trailing minute is safe whether Google counts clock minutes or trailing ones: what fits into any sixty seconds fits into
/// each minute of a clock. Requests that come close together share an entry once there are many, so that a project with
/// thousands a minute costs some ten kilobytes. Not thread-safe: the lane's lock protects it. It changes and yet is a struct, so
/// that it lies within its cell: never copy one that is in use.
/// </summary>
internal struct MinuteLog()
{
    private const int ExactEntries = 256;
    private const long ExportedTicks = 250 * TimeSpan.TicksPerMillisecond;
    private const long SharedTicks = 20 * TimeSpan.TicksPerMillisecond;

    private Entry[] _ring = [];
    private int _head;
    private int _count;
    private long _first; // sequence number of the entry at the head
    private long _known; // entries before this number were imported: who counted them knows them by their instant

    /// <summary>Requests in the last minute.</summary>
    public int Requests { get; private set; }

    /// <summary>Entries kept.</summary>
    public int Entries => _count;

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
        long at = _count > 0 ? Math.Max(now, _ring[Wrap(_head + _count - 1)].At) : now; // threads read the clock before they wait for the lock; the order must hold
        if (_count > ExactEntries)
        {
            ref Entry last = ref _ring[Wrap(_head + _count - 1)];
            if (now - last.Since < SharedTicks)
            {
                last.At = at;
                last.Since = Math.Min(last.Since, now);
                last.Requests++;
                last.Tokens += tokens;
                return _first + _count - 1;
            }
        }

        if (_count == _ring.Length)
            Grow();
        _ring[Wrap(_head + _count)] = new Entry { Since = now, At = at, Requests = 1, Tokens = tokens };
        return _first + _count++;
    }

    /// <summary>Corrects an entry by what turned out; nothing happens when it is forgotten already.</summary>
    /// <param name="entry">What <see cref="Add"/> returned.</param>
    /// <param name="at">When it was added, in case it was taken over from another log since.</param>
    /// <param name="requests">-1 gives the request back, 0 leaves it counted.</param>
    /// <param name="tokens">The difference to what was counted.</param>
    public void Correct(long entry, long at, int requests, long tokens)
    {
        if (entry < _known)
            CorrectAt(at, requests, tokens);
        else if (entry >= _first && entry < _first + _count)
            CorrectEntry(entry, requests, tokens);
    }

    private void CorrectEntry(long entry, int requests, long tokens)
    {
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
        int found = -1;
        for (int i = _count - 1; i >= 0; i--)
        {
            ref Entry entry = ref _ring[Wrap(_head + i)];
            if (entry.At < instant)
                break;
            if (entry.Since > instant || entry.Requests + requests < 0)
                continue; // a later one, or one whose requests were all given back
            found = i;
            if (entry.Since == entry.At)
                break; // of that very instant, not shared by several
        }

        if (found >= 0)
            CorrectEntry(_first + found, requests, tokens);
    }

    /// <summary>Takes over what another log counted.</summary>
    public void Join(in MinuteLog other) => Take([.. All().Concat(other.All()).OrderBy(static entry => entry.At)]);

    /// <summary>
    /// All entries, the oldest first. Very many are put together by the quarter second, each at the time of its last request:
    /// what is kept on disk twice a second should be small, and counting a request too long is safe.
    /// </summary>
    public ImmutableArray<MinuteEntry> Export()
    {
        var entries = ImmutableArray.CreateBuilder<MinuteEntry>(Math.Min(_count, ExactEntries));
        for (int i = 0; i < _count; i++)
        {
            ref Entry entry = ref _ring[Wrap(_head + i)];
            if (entry.Requests <= 0)
                continue;
            var at = new DateTimeOffset(entry.At, TimeSpan.Zero);
            if (_count > ExactEntries && entries.Count > 0 && entries[^1].At.UtcTicks / ExportedTicks == entry.At / ExportedTicks)
                entries[^1] = new MinuteEntry(at, entries[^1].Requests + entry.Requests, entries[^1].Tokens + entry.Tokens);
            else
                entries.Add(new MinuteEntry(at, entry.Requests, entry.Tokens));
        }

        return entries.DrainToImmutable();
    }

    /// <summary>Replaces all entries.</summary>
    public void Import(ImmutableArray<MinuteEntry> entries) =>
        Take([.. entries.Select(static entry => new Entry { Since = entry.At.UtcTicks, At = entry.At.UtcTicks, Requests = entry.Requests, Tokens = entry.Tokens }).OrderBy(static entry => entry.At)]);

    private void Take(Entry[] entries)
    {
        _first += _count; // numbers given out before mean none of these
        (_ring, _head, _count, Requests, Tokens) = (entries, 0, entries.Length, 0, 0);
        _known = _first + _count;
        foreach (Entry entry in entries)
        {
            Requests += entry.Requests;
            Tokens += entry.Tokens;
        }
    }

    private IEnumerable<Entry> All()
    {
        for (int i = 0; i < _count; i++)
            yield return _ring[Wrap(_head + i)];
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
