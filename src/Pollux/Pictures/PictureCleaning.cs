namespace Pollux.Pictures;

/// <summary>Cleans the folder of pictures: at the start, each ten minutes, and soon after it became too full.</summary>
internal sealed partial class PictureCleaning(LocalPictures pictures, TimeProvider clock, ILogger<PictureCleaning> logger) : BackgroundService
{
    /// <summary>How often it is asked whether the folder is too full, which costs nothing.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromSeconds(15);

    private const int TicksPerCleaning = 40;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.Yield(); // a large folder delays no start
            Clean();
            using var timer = new PeriodicTimer(Tick, clock);
            for (int ticks = 1; await timer.WaitForNextTickAsync(stoppingToken); ticks++)
            {
                if (pictures.IsFull || ticks % TicksPerCleaning == 0)
                    Clean();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // the gateway stops
        }
    }

    private void Clean()
    {
        try
        {
            int deleted = pictures.Clean();
            if (deleted > 0)
                Cleaned(logger, deleted);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            NotCleaned(logger, fault.Message);
        }
    }

    [LoggerMessage(EventId = 8002, Level = LogLevel.Information, Message = "{Count} pictures were deleted: too old, or the oldest of too many.")]
    private static partial void Cleaned(ILogger logger, int count);

    [LoggerMessage(EventId = 8003, Level = LogLevel.Warning, Message = "The folder of pictures could not be cleaned ({Words}); tried again later.")]
    private static partial void NotCleaned(ILogger logger, string words);
}
