namespace Pollux.Dispatch;

/// <summary>
/// Work that was cancelled and has not ended yet. Nobody who waits for an answer waits for it; here it is kept until it is
/// over, so that a fault in it is told and the gateway does not stop in the middle of it. Thread-safe.
/// </summary>
internal sealed partial class LostAttempts(TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    /// <summary>What was cancelled ends within milliseconds: as many at once mean that something does not listen.</summary>
    private const int MaxEnding = 256;

    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly HashSet<Task> _ending = [];

    /// <summary>Takes over <paramref name="ending"/>.</summary>
    /// <returns>Completed, unless there are too many already: then it ends with <paramref name="ending"/>.</returns>
    public Task TakeAsync(Task ending)
    {
        Task watched = WatchAsync(ending);
        if (watched.IsCompleted)
            return Task.CompletedTask;
        lock (_lock)
        {
            if (_ending.Count >= MaxEnding)
                return watched;
            _ending.Add(watched);
        }

        _ = watched.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default); // it ends with what it follows, and cannot fail
        return Task.CompletedTask;
    }

    /// <summary>Waits for what still runs, for at most 5 seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] left;
        lock (_lock)
            left = [.. _ending];
        try
        {
            await Task.WhenAll(left).WaitAsync(LongestStop, clock);
        }
        catch (TimeoutException)
        {
            StillRunning(logger, left.Length);
        }
    }

    private async Task WatchAsync(Task ending)
    {
        try
        {
            await ending;
        }
        catch (OperationCanceledException)
        {
            // as it was asked to
        }
        catch (Exception fault)
        {
            Failed(logger, fault);
        }
    }

    private void Forget(Task ended)
    {
        lock (_lock)
            _ending.Remove(ended);
    }

    [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "What was left of a request failed inside the gateway.")]
    private static partial void Failed(ILogger logger, Exception fault);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning, Message = "{Count} cancelled attempts had not ended when the gateway stopped.")]
    private static partial void StillRunning(ILogger logger, int count);
}
