namespace Pollux.Buffers;

/// <summary>
/// How many bytes of large bodies are in flight at once, over all requests. Who wants a share waits in the order of coming, for
/// a bounded time; small bodies take none and never wait. A request that wants more than there is gets all of it, alone.
/// Thread-safe: one lock.
/// </summary>
internal sealed class BodyBudget
{
    private const int MaxWaiting = 1000;

    private readonly long _bytes;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _clock;

    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private long _free;

    /// <param name="bytes">All there is (<c>LARGE_BODY_BUDGET_MB</c>).</param>
    /// <param name="patience">How long one waits (<c>LARGE_BODY_WAIT_SECONDS</c>); zero = not at all.</param>
    /// <param name="clock">Measures it.</param>
    public BodyBudget(long bytes, TimeSpan patience, TimeProvider clock)
    {
        (_bytes, _patience, _clock) = (bytes, patience, clock);
        _free = bytes;
    }

    /// <summary>Bytes that nobody has.</summary>
    public long Free
    {
        get
        {
            lock (_lock)
                return _free;
        }
    }

    /// <summary>How many wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Takes a share.</summary>
    /// <param name="wanted">How many bytes.</param>
    /// <param name="cancellation">Nobody wants it any more.</param>
    /// <returns>The share, which its owner disposes of; <see langword="null"/> when there was none in time.</returns>
    public async ValueTask<BodyShare?> TakeAsync(long wanted, CancellationToken cancellation)
    {
        wanted = Math.Clamp(wanted, 0, _bytes);
        Waiter waiter;
        lock (_lock)
        {
            if (_waiting.Count == 0 && wanted <= _free)
            {
                _free -= wanted;
                return new BodyShare(this, wanted);
            }

            if (_patience <= TimeSpan.Zero || _waiting.Count >= MaxWaiting)
                return null;
            waiter = new Waiter(wanted);
            _waiting.AddLast(waiter);
        }

        try
        {
            await waiter.Served.Task.WaitAsync(_patience, _clock, cancellation);
            return new BodyShare(this, wanted);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            bool served;
            lock (_lock)
            {
                served = !_waiting.Remove(waiter);
                Serve(); // it may have stood before others that fit
            }

            if (served)
                GiveBack(wanted);
            if (fault is OperationCanceledException)
                throw;
            return null;
        }
    }

    /// <summary>Takes a share, whether or not there is one: who comes after waits until it is given back.</summary>
    public BodyShare Overdraw(long wanted)
    {
        lock (_lock)
            _free -= wanted;
        return new BodyShare(this, wanted);
    }

    /// <summary>Takes more, without waiting.</summary>
    internal void TakeMore(long more)
    {
        lock (_lock)
            _free -= more;
    }

    /// <summary>Takes back what a share held.</summary>
    internal void GiveBack(long returned)
    {
        lock (_lock)
        {
            _free += returned;
            Serve();
        }
    }

    private void Serve()
    {
        while (_waiting.First is { Value: var first } && first.Wanted <= _free)
        {
            _free -= first.Wanted;
            _waiting.RemoveFirst();
            first.Served.SetResult();
        }
    }

    private sealed class Waiter(long wanted)
    {
        public long Wanted => wanted;

        public TaskCompletionSource Served { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>A part of the budget. Dispose it when the bytes are gone.</summary>
internal sealed class BodyShare(BodyBudget budget, long bytes) : IDisposable
{
    private long _bytes = bytes;

    /// <summary>Gives back what turned out not to be needed.</summary>
    public void ShrinkTo(long needed)
    {
        long held = _bytes;
        if (needed >= held || Interlocked.CompareExchange(ref _bytes, needed, held) != held)
            return;
        budget.GiveBack(held - needed);
    }

    /// <summary>
    /// Takes what more is needed. It does not wait: who holds a share and waits for another could wait for one who does the same.
    /// </summary>
    public void GrowTo(long needed)
    {
        long held = _bytes;
        if (held == 0 || needed <= held || Interlocked.CompareExchange(ref _bytes, needed, held) != held)
            return;
        budget.TakeMore(needed - held);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, 0) is > 0 and var held)
            budget.GiveBack(held);
    }
}
