namespace Pollux.KeyPool;

/// <summary>
/// Which project groups stand where in a lane, with everything in constant time: move, ask, and take the n-th of a place.
/// The order within a place changes on removal. Not thread-safe: the lane's lock protects it.
/// </summary>
internal sealed class CellSets
{
    private readonly List<int>[] _members = [[], [], [], [], [], [], [], []]; // by place
    private CellPlace[] _places = [];
    private int[] _positions = [];
    private ReadyHint[] _ready = new ReadyHint[16]; // by position among the ready ones
    private ReadyHint[] _paid = []; // likewise

    /// <summary>How many stand there.</summary>
    public int Count(CellPlace place) => _members[(int)place].Count;

    /// <summary>The n-th of a place.</summary>
    public int At(CellPlace place, int position) => _members[(int)place][position];

    /// <summary>Where a group stands.</summary>
    public CellPlace PlaceOf(int index) => (uint)index < (uint)_places.Length ? _places[index] : CellPlace.Absent;

    /// <summary>The position of a group in its place.</summary>
    public int PositionOf(int index) => _positions[index];

    /// <summary>What was known when the n-th of those that are ready, or paid, was looked at last.</summary>
    public ref ReadyHint HintAt(CellPlace place, int position) => ref Hints(place)[position];

    /// <summary>Moves a group.</summary>
    public void Move(int index, CellPlace place)
    {
        if (index >= _places.Length)
        {
            int capacity = Math.Max(index + 1, _places.Length * 2);
            Array.Resize(ref _places, capacity);
            Array.Resize(ref _positions, capacity);
        }

        CellPlace from = _places[index];
        if (from == place)
            return;
        if (Holds(from))
        {
            List<int> left = _members[(int)from];
            int hole = _positions[index];
            int last = left[^1];
            left[hole] = last;
            _positions[last] = hole;
            if (from is CellPlace.Ready or CellPlace.Paid)
                Hints(from)[hole] = Hints(from)[left.Count - 1];
            left.RemoveAt(left.Count - 1);
        }

        _places[index] = place;
        if (!Holds(place))
            return;
        _positions[index] = _members[(int)place].Count;
        _members[(int)place].Add(index);
        if (place is CellPlace.Ready or CellPlace.Paid)
            Remember(index, ref Hints(place));
    }

    private ref ReadyHint[] Hints(CellPlace place) => ref place == CellPlace.Paid ? ref _paid : ref _ready;

    private void Remember(int index, ref ReadyHint[] hints)
    {
        int position = _positions[index];
        if (position == hints.Length)
            Array.Resize(ref hints, Math.Max(16, position * 2));
        hints[position] = new ReadyHint { Index = index, Now = 1, Rested = 1 };
    }

    private static bool Holds(CellPlace place) => place != CellPlace.Absent;
}
