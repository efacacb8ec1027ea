namespace Pollux.Replies;

/// <summary>
/// <c>KEEP_ABANDONED</c>: calls whose clients have left, on their way to their end. Bounded in number and time; they are given
/// up when the gateway stops, and it waits until each has settled its lease. Thread-safe: one lock around the list.
/// </summary>
internal sealed partial class AbandonedCalls(TimeProvider clock, ILogger<AbandonedCalls> logger) : IHostedService
{
    /// <summary>Larger requests end with their clients: nobody would answer for the memory.</summary>
    public const int MaxBodyBytes = 16 * 1024 * 1024;

    /// <summary>Beyond as many at once a call ends with its client.</summary>
    private const int MaxRunning = 32;

    /// <summary>As long as the upstream may be silent by default.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<Task, CancellationTokenSource> _running = [];
    private bool _stopping;

    /// <summary>How many are on their way.</summary>
    public int Running
    {
        get
        {
            lock (_lock)
                return _running.Count;
        }
    }

    /// <summary>Takes over a call.</summary>
    /// <param name="ending">Ends with it and says whether its answer was kept.</param>
    /// <param name="giveUp">Ends it early.</param>
    /// <param name="requestId">Told in the log.</param>
    /// <param name="goesOn">Whether its answer is wanted; else it is given up at once, and only its end awaited.</param>
    public void Take(Task<bool> ending, CancellationTokenSource giveUp, string requestId, bool goesOn)
    {
        var begun = new TaskCompletionSource();
        Task watched = WatchAsync(begun.Task, ending, giveUp, requestId);
        lock (_lock)
        {
            goesOn &= !_stopping && _running.Count < MaxRunning;
            _running.Add(watched, giveUp);
        }

        if (!goesOn)
            GiveUp(giveUp);
        begun.SetResult();
        _ = watched.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default); // cannot fail
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Gives up what is on its way and waits until it has ended, for at most 5 seconds.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        KeyValuePair<Task, CancellationTokenSource>[] left;
        lock (_lock)
        {
            _stopping = true;
            left = [.. _running];
        }

        foreach ((_, CancellationTokenSource giveUp) in left)
            GiveUp(giveUp);
        try
        {
            await Task.WhenAll(left.Select(static one => one.Key)).WaitAsync(LongestStop, clock, cancellationToken);
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            StillRunning(logger, left.Length);
        }
    }

    private async Task WatchAsync(Task begun, Task<bool> ending, CancellationTokenSource giveUp, string requestId)
    {
        await begun;
        try
        {
            await using ITimer late = clock.CreateTimer(static source => GiveUp((CancellationTokenSource)source!), giveUp, Longest, Timeout.InfiniteTimeSpan);
            if (await ending)
                Kept(logger, requestId);
            else
                NotKept(logger, requestId);
        }
        catch (OperationCanceledException)
        {
            NotKept(logger, requestId);
        }
        catch (Exception fault)
        {
            Failed(logger, fault, requestId);
        }
    }

    private static void GiveUp(CancellationTokenSource giveUp)
    {
        try
        {
            giveUp.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // it has just ended
        }
    }

    private void Forget(Task ended)
    {
        lock (_lock)
            _running.Remove(ended);
    }

    [LoggerMessage(EventId = 3200, Level = LogLevel.Information, Message = "The client of {RequestId} left; its answer came and is kept for when it is asked for again.")]
    private static partial void Kept(ILogger logger, string requestId);

    [LoggerMessage(EventId = 3201, Level = LogLevel.Information, Message = "The client of {RequestId} left, and no answer came that could be kept.")]
    private static partial void NotKept(ILogger logger, string requestId);

    [LoggerMessage(EventId = 3202, Level = LogLevel.Error, Message = "What was left of {RequestId} failed inside the gateway.")]
    private static partial void Failed(ILogger logger, Exception fault, string requestId);

    [LoggerMessage(EventId = 3203, Level = LogLevel.Warning, Message = "{Count} calls whose clients had left did not end when the gateway stopped.")]
    private static partial void StillRunning(ILogger logger, int count);
}
