namespace Pollux.Bench.Simulation.Ideal;

/// <summary>Maximum flow by Dinic's algorithm, without recursion: chains through the minutes of a week are deeper than a stack.</summary>
internal sealed class MaximumFlow
{
    private readonly List<int> _heads = [];     // by node: its last edge, -1 = none
    private readonly List<Edge> _edges = [];    // an edge and its reverse are neighbours
    private int[] _levels = [];
    private int[] _current = [];

    public int AddNode()
    {
        _heads.Add(-1);
        return _heads.Count - 1;
    }

    public void AddEdge(int from, int to, long capacity)
    {
        _edges.Add(new Edge(to, _heads[from], capacity));
        _heads[from] = _edges.Count - 1;
        _edges.Add(new Edge(from, _heads[to], 0));
        _heads[to] = _edges.Count - 1;
    }

    /// <summary>Pushes as much as can be. The edges hold what is left, so it is to be called once.</summary>
    public long Run(int source, int sink)
    {
        var edges = _edges.ToArray();
        _levels = new int[_heads.Count];
        _current = new int[_heads.Count];
        long total = 0;
        List<int> path = []; // edges from the source to where the search stands
        while (FindLevels(edges, source, sink))
        {
            _heads.CopyTo(_current);
            path.Clear();
            var node = source;
            while (true)
            {
                if (node == sink)
                {
                    total += Push(edges, path, out var saturated);
                    path.RemoveRange(saturated, path.Count - saturated); // back to the tail of the first full edge
                    node = saturated == 0 ? source : edges[path[^1]].To;
                    continue;
                }
                var next = _current[node];
                while (next >= 0 && (edges[next].Left == 0 || _levels[edges[next].To] != _levels[node] + 1))
                    next = edges[next].Next;
                _current[node] = next;
                if (next >= 0)
                {
                    path.Add(next);
                    node = edges[next].To;
                }
                else if (path.Count > 0)
                {
                    _levels[node] = -1; // a dead end
                    node = edges[path[^1] ^ 1].To;
                    path.RemoveAt(path.Count - 1);
                }
                else
                    break;
            }
        }
        return total;
    }

    private static long Push(Edge[] edges, List<int> path, out int saturated)
    {
        var most = long.MaxValue;
        foreach (var edge in path)
            most = Math.Min(most, edges[edge].Left);
        saturated = -1;
        for (var i = 0; i < path.Count; i++)
        {
            ref var edge = ref edges[path[i]];
            edge = edge with { Left = edge.Left - most };
            if (saturated < 0 && edge.Left == 0)
                saturated = i;
            ref var reverse = ref edges[path[i] ^ 1];
            reverse = reverse with { Left = reverse.Left + most };
        }
        return most;
    }

    private bool FindLevels(Edge[] edges, int source, int sink)
    {
        Array.Fill(_levels, -1);
        _levels[source] = 0;
        Queue<int> waiting = new([source]);
        while (waiting.TryDequeue(out var node))
        {
            for (var edge = _heads[node]; edge >= 0; edge = edges[edge].Next)
            {
                if (edges[edge].Left == 0 || _levels[edges[edge].To] >= 0)
                    continue;
                _levels[edges[edge].To] = _levels[node] + 1;
                waiting.Enqueue(edges[edge].To);
            }
        }
        return _levels[sink] >= 0;
    }

    private readonly record struct Edge(int To, int Next, long Left);
}
