namespace Pollux.Bench.Simulation.Strategies;

/// <summary>A shuffled stack: each key once before any comes twice.</summary>
internal sealed class RandomStackStrategy(ISimulationHost host, long seed) : FailOverStrategy(host)
{
    private readonly Chance _chance = new(Chance.Seed(seed, Purpose.Strategy));
    private readonly int[] _stack = [.. Enumerable.Range(0, host.KeyCount)];
    private int _left;

    public override string Name => "random-stack";

    protected override int Pick(SimulatedRequest request, ReadOnlySpan<int> tried)
    {
        // Twice through, because what is left of this stack may hold tried keys only.
        for (var looked = 0; looked < 2 * _stack.Length; looked++)
        {
            if (_left == 0)
            {
                _chance.Shuffle<int>(_stack);
                _left = _stack.Length;
            }
            var key = _stack[--_left];
            if (CanServe(key, tried))
                return key;
        }
        return -1;
    }

    protected override void Forget() => _left = 0;
}
