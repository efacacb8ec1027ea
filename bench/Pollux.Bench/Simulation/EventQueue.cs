namespace Pollux.Bench.Simulation;

/// <summary>
/// What will happen, by instant; events of one instant in the order in which they were put in. A binary heap of plain values:
/// a run of a day makes tens of millions of events.
/// </summary>
internal sealed class EventQueue
{
    private Entry[] _heap = new Entry[1024];
    private long _sequence;

    public int Count { get; private set; }

    /// <summary>The instant of the next event; greatest value when there is none.</summary>
    public long NextAt => Count == 0 ? long.MaxValue : _heap[0].At;

    public void Add(long at, object what)
    {
        if (Count == _heap.Length)
            Array.Resize(ref _heap, Count * 2);
        var entry = new Entry(at, _sequence++, what);
        var place = Count++;
        while (place > 0)
        {
            var parent = (place - 1) / 2;
            if (!entry.IsBefore(_heap[parent]))
                break;
            _heap[place] = _heap[parent];
            place = parent;
        }
        _heap[place] = entry;
    }

    public object Take()
    {
        var first = _heap[0].What;
        var last = _heap[--Count];
        _heap[Count] = default;
        if (Count == 0)
            return first;
        var place = 0;
        while (true)
        {
            var child = (2 * place) + 1;
            if (child >= Count)
                break;
            if (child + 1 < Count && _heap[child + 1].IsBefore(_heap[child]))
                child++;
            if (!_heap[child].IsBefore(last))
                break;
            _heap[place] = _heap[child];
            place = child;
        }
        _heap[place] = last;
        return first;
    }

    private readonly record struct Entry(long At, long Sequence, object What)
    {
        public bool IsBefore(in Entry other) => At < other.At || (At == other.At && Sequence < other.Sequence);
    }
}
