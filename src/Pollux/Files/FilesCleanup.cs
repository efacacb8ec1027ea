using Pollux.Affinity;
using Pollux.Settings;

namespace Pollux.Files;

/// <summary>
/// Forgets on a schedule what has expired, in memory and on disk (<c>FILES_CLEANUP_ENABLED</c>, <c>FILES_CLEANUP_INTERVAL_HOURS</c>). The upstream
/// deletes its files at the same instant by itself, so nothing is asked of it. Nobody finds what has expired in the meantime either.
/// </summary>
internal sealed partial class FilesCleanup(AffinityLedger ledger, SettingsHolder settings, TimeProvider clock, ILogger<FilesCleanup> logger) : BackgroundService
{
    private const int AtOnce = 500;

    /// <summary>Forgets all that is expired now.</summary>
    /// <returns>How many.</returns>
    public int Run()
    {
        int gone = 0, last;
        do
        {
            last = ledger.ForgetExpired(AtOnce).Count;
            gone += last;
        }
        while (last == AtOnce);
        return gone;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        FileSettings files = settings.Current.Files;
        if (!files.CleansUp)
            return;
        try
        {
            using var timer = new PeriodicTimer(files.CleanupInterval, clock);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (Run() is > 0 and var gone)
                    Forgot(logger, gone);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // the gateway stops
        }
    }

    [LoggerMessage(EventId = 8100, Level = LogLevel.Information, Message = "{Count} files and other resources of the upstream have expired and are forgotten.")]
    private static partial void Forgot(ILogger logger, int count);
}
