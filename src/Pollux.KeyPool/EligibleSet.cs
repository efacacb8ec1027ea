namespace Pollux.KeyPool;

/// <summary>
/// A set of credential indexes with everything in constant time: add, remove, ask, and take the n-th, which a strategy
/// needs for walking or sampling. The order changes on removal. Not thread-safe: the lane's lock protects it.
/// </summary>
internal sealed class EligibleSet
{
    private const int Absent = 0;

    private int[] _members = [];
    private int[] _positions = []; // by index; position + 1, so that a fresh array means "absent"

    public int Count { get; private set; }

    public int this[int position] => _members[position];

    public bool Contains(int index) => (uint)index < (uint)_positions.Length && _positions[index] != Absent;

    public void Reserve(int capacity)
    {
        if (capacity <= _positions.Length)
            return;
        capacity = Math.Max(capacity, _positions.Length * 2);
        Array.Resize(ref _members, capacity);
        Array.Resize(ref _positions, capacity);
    }

    public void Add(int index)
    {
        Reserve(index + 1);
        if (_positions[index] != Absent)
            return;
        _members[Count++] = index;
        _positions[index] = Count;
    }

    public bool Remove(int index)
    {
        if (!Contains(index))
            return false;
        var hole = _positions[index] - 1;
        var last = _members[--Count];
        _members[hole] = last;
        _positions[last] = hole + 1;
        _positions[index] = Absent;
        return true;
    }
}
