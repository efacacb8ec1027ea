namespace Pollux.Files;

/// <summary>Empties the folder of copies at the start of what nobody knows, and each minute of what is over: users' files lie there no longer than at Google.</summary>
internal sealed partial class CopySweep(FileCopies copies, TimeProvider clock, ILogger<CopySweep> logger) : BackgroundService
{
    /// <summary>How often.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            copies.Restore(); // the server that takes requests starts last
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            NotEmptied(logger, fault.Message);
        }

        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!copies.IsOn)
            return;
        try
        {
            using var timer = new PeriodicTimer(Interval, clock);
            while (await timer.WaitForNextTickAsync(stoppingToken))
                copies.Sweep();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // the gateway stops
        }
    }

    [LoggerMessage(EventId = 8103, Level = LogLevel.Warning, Message = "The folder of copies of uploaded files could not be read ({Words}); what lies there is not used.")]
    private static partial void NotEmptied(ILogger logger, string words);
}
