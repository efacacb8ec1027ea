using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Upstream;

namespace Pollux.Hosting;

/// <summary>
/// Looks at keys by a free call (the model list): all of them after the start, later those that are out and due. A network
/// fault never marks a key bad. The gateway serves meanwhile.
/// </summary>
internal sealed partial class KeyCheck(
    KeyPool.KeyPool pool, GeminiUpstream upstream, SettingsHolder settings, TimeProvider clock, ILogger<KeyCheck> logger) : BackgroundService
{
    private const int MaxLines = 100; // above that only the bad keys have a line of their own
    private static readonly TimeSpan Tick = TimeSpan.FromMinutes(1);

    private readonly KeyProbe _probe = new(pool, upstream, clock);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            if (!settings.Current.Pool.SkipCheck && pool.Count > 0)
                await CheckAsync([.. pool.Credentials().Where(key => key.Health.Status == CredentialStatus.Usable).Select(key => key.Id)], stoppingToken);

            using var timer = new PeriodicTimer(Tick, clock);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                IReadOnlyList<CredentialId> due = pool.DueForRecheck(1000);
                if (due.Count > 0)
                    await CheckAsync(due, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // the gateway stops
        }
    }

    private async Task CheckAsync(IReadOnlyList<CredentialId> keys, CancellationToken stopping)
    {
        int good = 0, bad = 0, unknown = 0;
        await System.Threading.Tasks.Parallel.ForEachAsync(
            keys,
            new ParallelOptions { MaxDegreeOfParallelism = KeyProbe.Parallel, CancellationToken = stopping },
            async (id, cancellation) =>
            {
                if (pool.Find(id) is not { } key)
                    return;

                Fault? fault = await _probe.AskAsync(key, settings.Current.Dispatch, cancellation);
                if (fault is null)
                {
                    pool.RecordCheck(id, null);
                    Interlocked.Increment(ref good);
                    if (keys.Count <= MaxLines)
                        Good(logger, key.Label);
                }
                else if (fault.Owner == FaultOwner.Key)
                {
                    pool.RecordCheck(id, fault);
                    Interlocked.Increment(ref bad);
                    Bad(logger, key.Label, fault.Reason, fault.Message);
                }
                else
                {
                    Interlocked.Increment(ref unknown);
                    if (keys.Count <= MaxLines)
                        Unknown(logger, key.Label, fault.Owner, fault.Reason);
                }
            });
        Sums(logger, keys.Count, good, bad, unknown);
    }

    [LoggerMessage(EventId = 5000, Level = LogLevel.Information, Message = "Key {Key} is good.")]
    private static partial void Good(ILogger logger, string key);

    [LoggerMessage(EventId = 5001, Level = LogLevel.Warning, Message = "Key {Key} is out: {Reason}. The upstream says: {Words}")]
    private static partial void Bad(ILogger logger, string key, FaultReason reason, string words);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Information, Message = "Key {Key} could not be checked ({Owner}, {Reason}); it stays in the pool.")]
    private static partial void Unknown(ILogger logger, string key, FaultOwner owner, FaultReason reason);

    [LoggerMessage(EventId = 5003, Level = LogLevel.Information, Message = "Checked {Count} keys: {Good} good, {Bad} out, {Unknown} could not be checked.")]
    private static partial void Sums(ILogger logger, int count, int good, int bad, int unknown);
}
