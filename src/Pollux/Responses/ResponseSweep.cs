namespace Pollux.Responses;

/// <summary>Forgets responses that are too old, each hour.</summary>
internal sealed class ResponseSweep(ResponseShelf shelf, TimeProvider clock) : BackgroundService
{
    /// <summary>How often.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var timer = new PeriodicTimer(Interval, clock);
            shelf.Sweep();
            while (await timer.WaitForNextTickAsync(stoppingToken))
                shelf.Sweep();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // the gateway stops
        }
    }
}
