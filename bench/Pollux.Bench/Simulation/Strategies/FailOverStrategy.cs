using Pollux.KeyPool;

namespace Pollux.Bench.Simulation.Strategies;

/// <summary>
/// What the predecessors have in common: a key is taken at once, after a failure another one at once, up to eight; nobody
/// waits, and nothing is remembered of a 429. Only a key that Google does not know leaves rotation.
/// </summary>
internal abstract class FailOverStrategy(ISimulationHost host) : ISimulatedStrategy
{
    /// <summary>Keys tried for one request.</summary>
    private const int MostAttempts = 8;

    private bool[] _isOut = new bool[host.KeyCount];

    public abstract string Name { get; }

    protected ISimulationHost Host { get; } = host;

    public void OnArrival(SimulatedRequest request)
    {
        request.State = new int[MostAttempts];
        TrySend(request);
    }

    public void OnAnswer(SimulatedRequest request, int key, in SimulatedAnswer answer, object? state)
    {
        Returned(request, key);
        if (answer.Fault is not { } fault)
            return;
        if (fault.Effect == FaultEffect.PutOut)
            _isOut[key] = true;
        if (!request.Ended)
            TrySend(request);
    }

    public void OnTimer(object state) => throw new InvalidOperationException("No instant was asked for.");

    public void OnRestart()
    {
        _isOut = new bool[Host.KeyCount];
        Forget();
    }

    /// <summary>Picks a key that is in rotation and was not tried; -1 = there is none.</summary>
    protected abstract int Pick(SimulatedRequest request, ReadOnlySpan<int> tried);

    /// <summary>The process started anew.</summary>
    protected abstract void Forget();

    /// <summary>A request was sent with this key.</summary>
    protected virtual void Sent(SimulatedRequest request, int key)
    {
    }

    /// <summary>An answer came back, good or not.</summary>
    protected virtual void Returned(SimulatedRequest request, int key)
    {
    }

    protected bool CanServe(int key, ReadOnlySpan<int> tried) => !_isOut[key] && !tried.Contains(key);

    private void TrySend(SimulatedRequest request)
    {
        var tried = (int[])request.State!;
        var key = request.Attempts < MostAttempts && Host.Clock.GetUtcNow() <= request.Deadline ? Pick(request, tried.AsSpan(0, request.Attempts)) : -1;
        if (key < 0)
        {
            Host.Fail(request);
            return;
        }
        tried[request.Attempts] = key;
        Host.Send(request, key);
        Sent(request, key);
    }
}
