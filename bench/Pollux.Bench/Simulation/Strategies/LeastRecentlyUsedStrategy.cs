namespace Pollux.Bench.Simulation.Strategies;

/// <summary>The key unused for longest. A key is in use until its answer has come, which is what tells this from plain rotation.</summary>
internal sealed class LeastRecentlyUsedStrategy(ISimulationHost host) : FailOverStrategy(host)
{
    private readonly LinkedList<int> _order = new(Enumerable.Range(0, host.KeyCount)); // least recently used first
    private LinkedListNode<int>[] _nodes = new LinkedListNode<int>[host.KeyCount];

    public override string Name => "least-recently-used";

    protected override int Pick(SimulatedRequest request, ReadOnlySpan<int> tried)
    {
        for (var node = _order.First; node is not null; node = node.Next)
        {
            _nodes[node.Value] ??= node;
            if (CanServe(node.Value, tried))
                return node.Value;
        }
        return -1;
    }

    protected override void Sent(SimulatedRequest request, int key) => Touch(key);

    protected override void Returned(SimulatedRequest request, int key) => Touch(key);

    protected override void Dismissed(int key) => _order.Remove(_nodes[key]);

    protected override void Forget()
    {
        _order.Clear();
        for (var key = 0; key < Host.KeyCount; key++)
            _order.AddLast(key);
        _nodes = new LinkedListNode<int>[Host.KeyCount];
    }

    private void Touch(int key)
    {
        var node = _nodes[key];
        if (node.List is null)
            return; // left rotation
        _order.Remove(node);
        _order.AddLast(node);
    }
}
