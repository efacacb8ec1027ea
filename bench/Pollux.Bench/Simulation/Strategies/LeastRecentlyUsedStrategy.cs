namespace Pollux.Bench.Simulation.Strategies;

/// <summary>
/// The key unused for longest, as production's selection of that name orders keys: walks round them and takes, of the next
/// four, the least busy, then the one unused for longest.
/// </summary>
internal sealed class LeastRecentlyUsedStrategy(ISimulationHost host) : FailOverStrategy(host)
{
    private const int Window = 4;

    private readonly int[] _inFlight = new int[host.KeyCount];
    private readonly long[] _lastUsed = new long[host.KeyCount];
    private long _uses;
    private int _cursor;

    public override string Name => "least-recently-used";

    protected override int Pick(SimulatedRequest request, ReadOnlySpan<int> tried)
    {
        var best = -1;
        var (key, seen) = (_cursor, 0);
        for (var looked = 0; looked < Host.KeyCount && seen < Window; looked++, key = Next(key))
        {
            if (!CanServe(key, tried))
                continue;
            seen++;
            if (best < 0 || (_inFlight[key], _lastUsed[key]).CompareTo((_inFlight[best], _lastUsed[best])) < 0)
                best = key;
        }
        _cursor = Next(_cursor);
        return best;
    }

    protected override void Sent(SimulatedRequest request, int key)
    {
        _inFlight[key]++;
        _lastUsed[key] = ++_uses;
    }

    protected override void Returned(SimulatedRequest request, int key) => _inFlight[key]--;

    protected override void Forget()
    {
        Array.Clear(_inFlight);
        Array.Clear(_lastUsed);
        _cursor = 0;
    }

    private int Next(int key) => key + 1 == Host.KeyCount ? 0 : key + 1;
}
