using Pollux.KeyPool;

namespace Pollux.Bench.Simulation.Strategies;

/// <summary>Production's key pool: leases, and another key where the fault is worth it. Nobody waits.</summary>
internal sealed class QuotaStrategy(ISimulationHost host, long seed) : ISimulatedStrategy
{
    private const int MostAttempts = 8;

    private KeyPool.KeyPool _pool = CreatePool(host, seed);

    public string Name => "quota";

    public void OnArrival(SimulatedRequest request)
    {
        request.State = new AttemptedCredentials();
        TrySend(request);
    }

    public void OnAnswer(SimulatedRequest request, int key, in SimulatedAnswer answer, object? state)
    {
        using var lease = (Lease)state!;
        if (answer.Fault is not { } fault)
        {
            lease.Settle(AttemptReport.Success(new TokenUsage(answer.InputTokens, 0, 0, 0, 0, answer.InputTokens)));
            return;
        }
        lease.Settle(AttemptReport.Failure(fault));
        if (request.Ended)
            return;
        if (fault.Retry == RetryScope.None)
            host.Fail(request);
        else
            TrySend(request);
    }

    public void OnTimer(object state) => throw new InvalidOperationException("No instant was asked for.");

    public void OnRestart() => _pool = CreatePool(host, seed);

    private void TrySend(SimulatedRequest request)
    {
        var tried = (AttemptedCredentials)request.State!;
        if (request.Attempts < MostAttempts && host.Clock.GetUtcNow() <= request.Deadline
            && _pool.TryLease(new LeaseRequest(request.Model, request.Estimate, null, tried), out var lease, out _))
        {
            tried.Add(lease.Credential.Id);
            host.Send(request, lease.Credential.Id.Value - 1, lease); // ids are given in the order of the keys, from 1
            return;
        }
        host.Fail(request);
    }

    private static KeyPool.KeyPool CreatePool(ISimulationHost host, long seed)
    {
        KeyPool.KeyPool pool = new(host.Clock, new Random((int)seed), new KeyPoolOptions());
        pool.Add(host.Keys);
        return pool;
    }
}
