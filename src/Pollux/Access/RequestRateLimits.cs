using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Pollux.Access;

/// <summary>
/// Counts requests per client address in windows of a minute and of a day; a window begins with its first request. Addresses live in a table of
/// fixed size, sets of eight: a new address takes the place of the one in its set that matters least, so a flood of
/// addresses costs precision and never memory. IPv6 counts by /64, which is what one subscriber gets.
/// </summary>
/// <remarks>Thread-safe: a set is protected by one of 64 locks, held for some dozen instructions.</remarks>
internal sealed class RequestRateLimits
{
    private const int Ways = 8;
    private const int Sets = 1 << 15; // 262,144 addresses of 40 bytes: 10 MB at most
    private const int Locks = 64;
    private const long MinuteMs = 60_000;
    private const long DayMs = 24 * 60 * MinuteMs;

    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly Lock[] _locks = new Lock[Locks];
    private readonly Entry[] _entries = new Entry[Sets * Ways];

    public RequestRateLimits(TimeProvider time)
    {
        _time = time;
        _began = time.GetTimestamp();
        for (var i = 0; i < Locks; i++)
            _locks[i] = new Lock();
    }

    /// <summary>Counts a request if the limits admit it; one that is refused does not count.</summary>
    /// <param name="address">The client; <see langword="null"/> (no address) is one client of its own.</param>
    /// <param name="perMinute">Requests per minute; 0 or less = no limit.</param>
    /// <param name="perDay">Requests per 24 hours; 0 or less = no limit.</param>
    public RateDecision Count(IPAddress? address, int perMinute, int perDay)
    {
        if (perMinute <= 0 && perDay <= 0)
            return RateDecision.Unlimited;

        var now = (long)_time.GetElapsedTime(_began).TotalMilliseconds;
        var key = KeyOf(address);
        var set = (int)((uint)HashCode.Combine(key) % Sets); // the seed is the process's own: nobody can aim at a set
        lock (_locks[set % Locks])
        {
            ref var entry = ref Find(_entries.AsSpan(set * Ways, Ways), key, now);
            if (now >= entry.MinuteEnds)
                (entry.MinuteEnds, entry.MinuteCount) = (now + MinuteMs, 0);
            if (now >= entry.DayEnds)
                (entry.DayEnds, entry.DayCount) = (now + DayMs, 0);

            var minuteFull = perMinute > 0 && entry.MinuteCount >= perMinute;
            var dayFull = perDay > 0 && entry.DayCount >= perDay;
            if (!minuteFull && !dayFull)
            {
                entry.MinuteCount++;
                entry.DayCount++;
            }
            // The window that binds: the fuller one; of two full ones the one that ends later.
            var byDay = dayFull || (!minuteFull && perDay > 0 && (perMinute <= 0 || perDay - entry.DayCount < perMinute - entry.MinuteCount));
            var (limit, count, ends) = byDay ? (perDay, entry.DayCount, entry.DayEnds) : (perMinute, entry.MinuteCount, entry.MinuteEnds);
            return new RateDecision(!minuteFull && !dayFull, limit, Math.Max(0, limit - count), TimeSpan.FromMilliseconds(ends - now), byDay);
        }
    }

    private static ref Entry Find(Span<Entry> set, UInt128 key, long now)
    {
        var least = 0;
        for (var way = 0; way < set.Length; way++)
        {
            if (set[way].Key == key && set[way].DayEnds != 0)
                return ref set[way];
            if (Worth(set[way], now) < Worth(set[least], now))
                least = way;
        }
        set[least] = new Entry { Key = key };
        return ref set[least];
    }

    // An address whose day is over is worth nothing; otherwise the more it has used, the more forgetting it would give away.
    private static int Worth(in Entry entry, long now) => now >= entry.DayEnds ? 0 : entry.DayCount;

    private static UInt128 KeyOf(IPAddress? address)
    {
        if (address is null)
            return UInt128.MaxValue;
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (address.AddressFamily == AddressFamily.InterNetwork || address.IsIPv4MappedToIPv6)
        {
            bytes[10] = bytes[11] = 0xff; // apart from all IPv6 prefixes, whose lower half is cleared
            AddressSet.Unmapped(address).TryWriteBytes(bytes[12..], out _);
        }
        else
        {
            address.TryWriteBytes(bytes, out _);
            bytes[8..].Clear();
        }
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Entry
    {
        public UInt128 Key;
        public long MinuteEnds; // milliseconds since the start of the process
        public long DayEnds;    // 0 = nobody's
        public int MinuteCount;
        public int DayCount;
    }
}

/// <summary>What the limits say to one request.</summary>
/// <param name="IsAdmitted">It may go on.</param>
/// <param name="Limit">The limit that binds most; 0 = there is none.</param>
/// <param name="Remaining">Requests left in that window.</param>
/// <param name="ResetAfter">When that window ends.</param>
/// <param name="IsDay">That window is the day's.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RateDecision(bool IsAdmitted, int Limit, int Remaining, TimeSpan ResetAfter, bool IsDay)
{
    /// <summary>No limit is set.</summary>
    public static RateDecision Unlimited { get; } = new(true, 0, 0, TimeSpan.Zero, false);

    /// <summary>Tells limit, rest and reset in the headers OpenAI's clients read.</summary>
    public void WriteHeaders(IHeaderDictionary headers)
    {
        if (Limit == 0)
            return;
        headers["x-ratelimit-limit-requests"] = Limit.ToString();
        headers["x-ratelimit-remaining-requests"] = Remaining.ToString();
        headers["x-ratelimit-reset-requests"] = $"{WholeSeconds(ResetAfter)}s";
    }

    /// <summary>Seconds rounded up, at least one: who comes back earlier is refused again.</summary>
    public static long WholeSeconds(TimeSpan duration) => Math.Max(1, (long)Math.Ceiling(duration.TotalSeconds));
}
