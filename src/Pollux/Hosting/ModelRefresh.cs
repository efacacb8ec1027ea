using Pollux.Generation;

namespace Pollux.Hosting;

/// <summary>Fetches the upstream's model list at the start and each hour; after a failure each minute.</summary>
internal sealed class ModelRefresh(ModelDirectory directory, KeyPool.KeyPool pool, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Usual = TimeSpan.FromHours(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                bool fetched = pool.Count > 0 && directory.HasList && await directory.RefreshAsync(stoppingToken);
                await Task.Delay(fetched ? Usual : AfterFailure, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // the gateway stops
        }
    }
}
