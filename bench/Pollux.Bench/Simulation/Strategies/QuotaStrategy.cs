using Pollux.KeyPool;

namespace Pollux.Bench.Simulation.Strategies;

/// <summary>
/// Production's key pool with its waiting room: the very code of the gateway. Of the dispatcher only what matters here is
/// repeated: another key where the fault is worth it, a short pause after an overload. The pool's state is taken once a
/// second, as the gateway stores it, and given back after a restart.
/// </summary>
internal sealed class QuotaStrategy : ISimulatedStrategy
{
    private const int MostAttempts = 15;    // MAX_RETRY_NUM
    private const int MostWaiting = 100_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5); // GEMINI_RETRY_DELAY
    private static readonly TimeSpan SnapshotInterval = TimeSpan.FromSeconds(1);
    private static readonly object PumpTimer = new();
    private static readonly object SnapshotTimer = new();

    private readonly ISimulationHost _host;
    private readonly long _seed;
    private readonly Dictionary<(string Model, CredentialId Key, string? Project), QuotaCellState> _stored = [];
    private IReadOnlyList<ProjectLink> _links = [];
    private KeyPool.KeyPool _pool;
    private WaitingRoom _waiting;
    private DateTimeOffset? _pumpAt;

    public QuotaStrategy(ISimulationHost host, long seed)
    {
        (_host, _seed) = (host, seed);
        (_pool, _waiting) = Start();
    }

    public string Name => "quota";

    public void OnArrival(SimulatedRequest request) => Lease(request, isRetry: false);

    public void OnAnswer(SimulatedRequest request, int key, in SimulatedAnswer answer, object? state)
    {
        var lease = (Lease)state!;
        if (answer.Fault is not { } fault)
        {
            lease.Settle(AttemptReport.Success(new TokenUsage(answer.InputTokens, 0, 0, 0, 0, answer.InputTokens)));
        }
        else
        {
            lease.Settle(AttemptReport.Failure(fault));
            if (!request.Ended)
                Again(request, fault);
        }

        Pump();
    }

    public void OnTimer(object state)
    {
        if (ReferenceEquals(state, SnapshotTimer))
        {
            Store();
            _host.At(_host.Clock.GetUtcNow() + SnapshotInterval, SnapshotTimer);
        }
        else if (ReferenceEquals(state, PumpTimer))
        {
            if (_pumpAt <= _host.Clock.GetUtcNow())
                _pumpAt = null;
            Pump();
        }
        else if (state is SimulatedRequest { Ended: false } request)
        {
            Lease(request, isRetry: true);
        }
    }

    public void OnRestart()
    {
        _pumpAt = null;
        (_pool, _waiting) = Start();
    }

    private void Again(SimulatedRequest request, Fault fault)
    {
        if (fault.Retry == RetryScope.None || request.Attempts >= MostAttempts)
            _host.Fail(request);
        else if (fault.Retry == RetryScope.AfterBackOff)
            _host.At(_host.Clock.GetUtcNow() + Pause, request);
        else
            Lease(request, isRetry: true);
    }

    private void Lease(SimulatedRequest request, bool isRetry)
    {
        var wanted = new LeaseRequest(request.Model, request.Estimate);
        WaitingLease? waiting = _waiting.Enter(
            wanted, request.Caller.ToString(System.Globalization.CultureInfo.InvariantCulture), request.Deadline, out Lease? lease, out _, over => Granted(request, over), isRetry);
        if (lease is not null)
            Send(request, lease);
        else if (waiting is null)
            _host.Fail(request);
        else
            PumpLater(_waiting.Pump());
    }

    private void Granted(SimulatedRequest request, WaitingLease over)
    {
        if (over.Lease is not { } lease)
            _host.Fail(request);
        else if (request.Ended)
            lease.Dispose();
        else
            Send(request, lease);
    }

    private void Send(SimulatedRequest request, Lease lease) => _host.Send(request, lease.Credential.Id.Value - 1, lease); // ids are given in the order of the keys, from 1

    private void Pump() => PumpLater(_waiting.Pump());

    private void PumpLater(DateTimeOffset? at)
    {
        if (at is not { } when || _pumpAt <= when)
            return;
        _pumpAt = when;
        _host.At(when, PumpTimer);
    }

    private (KeyPool.KeyPool Pool, WaitingRoom Waiting) Start()
    {
        var pool = new KeyPool.KeyPool(_host.Clock, new Random((int)_seed), new KeyPoolOptions { Selection = KeySelectionStrategy.Quota });
        pool.Add(_host.Keys);
        foreach (ProjectLink link in _links)
            pool.Link(link.Credential, link.With, link.Evidence);
        pool.Restore(_stored.Values);
        _host.At(_host.Clock.GetUtcNow() + SnapshotInterval, SnapshotTimer);
        return (pool, new WaitingRoom(pool, _host.Clock, MostWaiting));
    }

    private void Store()
    {
        foreach (QuotaCellState state in _pool.TakeChanges())
            _stored[(state.Model, state.Credential, state.Project)] = state;
        _links = _pool.Links;
    }
}
