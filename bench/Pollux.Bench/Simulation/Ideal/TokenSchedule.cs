namespace Pollux.Bench.Simulation.Ideal;

/// <summary>
/// Schedules under token limits, with full knowledge of projects, limits and true sizes, in minutes of the clock. Each project
/// has its own exact windows; a request goes where it leaves the least room (best fit), to projects without a day quota first.
/// </summary>
internal static class TokenSchedule
{
    /// <summary>
    /// Serves in order of arrival: minute by minute first those that wait, then those that come. Nobody waits for whom there is
    /// room, and one that does not fit holds up nobody behind it.
    /// </summary>
    /// <returns>Requests served.</returns>
    public static long InOrderOfArrival(ReadOnlySpan<Demand> demands, IReadOnlyList<ProjectClass> classes)
    {
        Room room = new(classes);
        List<Demand> waiting = [];
        List<Demand> still = [];
        long served = 0;
        var next = 0;
        for (var minute = demands[0].FirstMinute; next < demands.Length || waiting.Count > 0; minute++)
        {
            if (waiting.Count == 0)
                minute = Math.Max(minute, demands[next].FirstMinute);
            room.Open(minute);
            foreach (var demand in waiting)
                Offer(demand);
            for (; next < demands.Length && demands[next].FirstMinute <= minute; next++)
                Offer(demands[next]);
            (waiting, still) = (still, waiting);
            still.Clear();

            void Offer(in Demand demand)
            {
                if (room.TryTake(demand.Tokens))
                    served++;
                else if (demand.LastMinute > minute)
                    still.Add(demand);
            }
        }
        return served;
    }

    /// <summary>
    /// Serves small requests first, whenever they come: each is put into the earliest minute within its patience that has room.
    /// Nobody without foresight does this; it tells how much the order of arrival costs.
    /// </summary>
    /// <returns>Requests served.</returns>
    public static long SmallestFirst(ReadOnlySpan<Demand> demands, IReadOnlyList<ProjectClass> classes)
    {
        var bySize = demands.ToArray();
        Array.Sort(bySize, static (one, other) => (one.Tokens, one.LastMinute).CompareTo((other.Tokens, other.LastMinute)));
        Dictionary<long, Room> rooms = [];
        Dictionary<DateOnly, long[]> days = []; // day quotas are shared by all minutes of a day
        long served = 0;
        foreach (var demand in bySize)
        {
            for (var minute = demand.FirstMinute; minute <= demand.LastMinute; minute++)
            {
                if (!rooms.TryGetValue(minute, out var room))
                {
                    var day = IdealService.DayOf(minute);
                    if (!days.TryGetValue(day, out var left))
                        days[day] = left = Room.DayQuotas(classes);
                    rooms[minute] = room = new Room(classes, left);
                }
                if (!room.TryTake(demand.Tokens))
                    continue;
                served++;
                break;
            }
        }
        return served;
    }

    /// <summary>What is left of every project's windows in one minute.</summary>
    private sealed class Room
    {
        private readonly IReadOnlyList<ProjectClass> _classes;
        private readonly int[] _starts;       // of each class among the projects; one more for the end
        private readonly int[] _order;        // of classes: those without a day quota first
        private readonly long[] _requests;
        private readonly long[] _tokens;
        private long[] _today;
        private DateOnly _day;
        private long _smallestRefused;

        public Room(IReadOnlyList<ProjectClass> classes)
            : this(classes, DayQuotas(classes))
        {
        }

        public Room(IReadOnlyList<ProjectClass> classes, long[] today)
        {
            _classes = classes;
            _today = today;
            _starts = new int[classes.Count + 1];
            for (var i = 0; i < classes.Count; i++)
                _starts[i + 1] = _starts[i] + classes[i].Count;
            _order = [.. Enumerable.Range(0, classes.Count).OrderByDescending(i => classes[i].Limits.Rpd ?? int.MaxValue)];
            _requests = new long[_starts[^1]];
            _tokens = new long[_starts[^1]];
            Refill();
        }

        public static long[] DayQuotas(IReadOnlyList<ProjectClass> classes) =>
            [.. classes.SelectMany(static c => Enumerable.Repeat((long?)c.Limits.Rpd ?? long.MaxValue, c.Count))];

        /// <summary>Goes on to another minute.</summary>
        public void Open(long minute)
        {
            var day = IdealService.DayOf(minute);
            if (day != _day)
                (_day, _today) = (day, DayQuotas(_classes));
            Refill();
        }

        public bool TryTake(int tokens)
        {
            if (tokens >= _smallestRefused)
                return false; // room only shrinks within a minute
            foreach (var index in _order)
            {
                var (best, least) = (-1, long.MaxValue);
                for (var project = _starts[index]; project < _starts[index + 1]; project++)
                {
                    if (_requests[project] == 0 || _today[project] == 0 || _tokens[project] < tokens || (best >= 0 && _tokens[project] >= least))
                        continue;
                    (best, least) = (project, _tokens[project]);
                }
                if (best < 0)
                    continue;
                _requests[best]--;
                _today[best]--;
                _tokens[best] -= tokens;
                return true;
            }
            _smallestRefused = tokens;
            return false;
        }

        private void Refill()
        {
            _smallestRefused = long.MaxValue;
            for (var index = 0; index < _classes.Count; index++)
            {
                var limits = _classes[index].Limits;
                var (from, count) = (_starts[index], _classes[index].Count);
                Array.Fill(_requests, (long?)limits.Rpm ?? long.MaxValue, from, count);
                Array.Fill(_tokens, limits.TpmInput ?? long.MaxValue, from, count);
            }
        }
    }
}
