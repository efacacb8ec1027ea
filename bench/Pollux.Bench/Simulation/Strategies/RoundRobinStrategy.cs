namespace Pollux.Bench.Simulation.Strategies;

/// <summary>One key after the other, over all models.</summary>
internal sealed class RoundRobinStrategy(ISimulationHost host) : FailOverStrategy(host)
{
    private int _next;

    public override string Name => "round-robin";

    protected override int Pick(SimulatedRequest request, ReadOnlySpan<int> tried)
    {
        for (var looked = 0; looked < Host.KeyCount; looked++)
        {
            var key = _next;
            _next = key + 1 == Host.KeyCount ? 0 : key + 1;
            if (CanServe(key, tried))
                return key;
        }
        return -1;
    }

    protected override void Forget() => _next = 0;
}
