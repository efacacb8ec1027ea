using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Pollux.Dispatch;

namespace Pollux.Tests.Dispatch;

/// <summary>Work that was cancelled and does not end at once: nobody waits for it but the end of the gateway.</summary>
public sealed class LostAttemptsTests
{
    [Fact]
    public async Task Who_hands_work_over_does_not_wait_for_it_and_the_stop_does()
    {
        var deaf = new TaskCompletionSource();
        var lost = new LostAttempts(TimeProvider.System, NullLogger.Instance);

        Assert.True(lost.TakeAsync(deaf.Task).IsCompletedSuccessfully);
        Task stopping = lost.DisposeAsync().AsTask();
        Assert.False(stopping.IsCompleted);
        deaf.SetResult();
        await stopping;
    }

    [Fact]
    public async Task There_is_a_bound_beyond_which_it_is_waited_for()
    {
        var deaf = new TaskCompletionSource();
        var lost = new LostAttempts(TimeProvider.System, NullLogger.Instance);
        for (int i = 0; i < 256; i++)
            Assert.True(lost.TakeAsync(deaf.Task).IsCompleted);

        Task beyond = lost.TakeAsync(deaf.Task);

        Assert.False(beyond.IsCompleted);
        deaf.SetResult();
        await beyond;
        Assert.True(lost.TakeAsync(Task.CompletedTask).IsCompleted);
        await lost.DisposeAsync();
    }

    [Fact]
    public async Task Its_faults_are_told_and_its_cancellation_is_none()
    {
        var log = new Counting();
        var lost = new LostAttempts(TimeProvider.System, log);

        await lost.TakeAsync(Task.FromCanceled(new CancellationToken(canceled: true)));
        Assert.Equal(0, log.Errors);
        await lost.TakeAsync(Task.FromException(new InvalidOperationException("A bug.")));
        Assert.Equal(1, log.Errors);
    }

    private sealed class Counting : ILogger
    {
        public int Errors { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Errors++;
    }
}
