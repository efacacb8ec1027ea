namespace Pollux.FakeGemini;

/// <summary>
/// The requests that a fake received, oldest first. Bounded: the oldest are dropped. Thread-safe.
/// </summary>
public sealed class ReceivedLog
{
    private readonly Lock _lock = new();
    private readonly Queue<ReceivedRequest> _requests = [];
    private readonly List<Waiter> _waiters = [];
    private readonly int _capacity;
    private long _total;

    internal ReceivedLog(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
    }

    /// <summary>The requests that are kept now; a snapshot.</summary>
    public IReadOnlyList<ReceivedRequest> Requests
    {
        get
        {
            lock (_lock) return [.. _requests];
        }
    }

    /// <summary>How many requests came in since the start, dropped ones included.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Forgets what was received; <see cref="Total"/> goes on.</summary>
    public void Clear()
    {
        lock (_lock) _requests.Clear();
    }

    /// <summary>The first kept request that matches, or else the next one to come.</summary>
    /// <param name="match">Called under the log's lock: it must be quick and must not call the log.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public Task<ReceivedRequest> WaitForAsync(Func<ReceivedRequest, bool> match, CancellationToken cancellation)
    {
        Waiter waiter;
        lock (_lock)
        {
            foreach (ReceivedRequest request in _requests)
            {
                if (match(request)) return Task.FromResult(request);
            }

            waiter = new Waiter(match);
            _waiters.Add(waiter);
        }

        return AwaitAsync(waiter, cancellation);
    }

    internal long NextSequence() => Interlocked.Increment(ref _total);

    internal void Add(ReceivedRequest request)
    {
        lock (_lock)
        {
            if (_requests.Count == _capacity) _requests.Dequeue();
            _requests.Enqueue(request);
            foreach (Waiter waiter in _waiters)
            {
                if (waiter.Match(request)) waiter.Found.TrySetResult(request);
            }

            _waiters.RemoveAll(static waiter => waiter.Found.Task.IsCompleted);
        }
    }

    private async Task<ReceivedRequest> AwaitAsync(Waiter waiter, CancellationToken cancellation)
    {
        try
        {
            return await waiter.Found.Task.WaitAsync(cancellation);
        }
        finally
        {
            lock (_lock) _waiters.Remove(waiter);
        }
    }

    private sealed class Waiter(Func<ReceivedRequest, bool> match)
    {
        public Func<ReceivedRequest, bool> Match { get; } = match;

        public TaskCompletionSource<ReceivedRequest> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
