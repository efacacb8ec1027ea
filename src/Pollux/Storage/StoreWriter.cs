using System.Threading.Channels;

namespace Pollux.Storage;

/// <summary>What the writer may hold and how long it waits.</summary>
internal sealed record StoreWriterOptions
{
    /// <summary>Writes that wait at most; more are dropped and counted. Default 65,536.</summary>
    public int Capacity { get; init; } = 65_536;

    /// <summary>Waiting writes that start a transaction at once. Default 500.</summary>
    public int BatchSize { get; init; } = 500;

    /// <summary>The longest wait of a write for company: a quarter of what a sudden death may cost (one second).</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The first pause when the database is away; it doubles up to <see cref="LongestPause"/>.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest pause when the database is away.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the stop goes on trying when the database is away.</summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>
/// Gathers small writes and writes them together in the background, so that nobody who serves a request ever waits for a
/// disk. While the database is away the writes are kept, up to a bound. Thread-safe: the gate protects the queue; only the loop
/// touches the database and the batch in its hands.
/// </summary>
internal sealed partial class StoreWriter : IHostedService, IAsyncDisposable
{
    private readonly Database _database;
    private readonly TimeProvider _clock;
    private readonly ILogger<StoreWriter> _logger;
    private readonly StoreWriterOptions _options;
    private readonly Lock _gate = new();
    private readonly Queue<Entry> _queue = [];
    private readonly Dictionary<object, Entry> _states = [];
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _timer;
    private readonly List<Entry> _batch = [];
    private Task _loop = Task.CompletedTask;
    private bool _closed;
    private int _disposed;
    private int _waiting;
    private long _dropped;
    private long _droppedTold;
    private long _written;
    private long _transactions;
    private bool _away;

    /// <param name="database">Where to.</param>
    /// <param name="clock">For the wait and the pauses.</param>
    /// <param name="logger">Gets told when writes are lost or held up.</param>
    /// <param name="options">Bounds; defaults where <see langword="null"/>.</param>
    public StoreWriter(Database database, TimeProvider clock, ILogger<StoreWriter> logger, StoreWriterOptions? options = null)
    {
        _database = database;
        _clock = clock;
        _logger = logger;
        _options = options ?? new StoreWriterOptions();
        _timer = clock.CreateTimer(static state => ((StoreWriter)state!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Writes that wait now, those in the loop's hands included.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Writes that were lost since the start: the queue was full, the write itself was refused, or the stop could wait no longer.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Writes on disk since the start.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>Transactions since the start.</summary>
    public long Transactions => Interlocked.Read(ref _transactions);

    /// <summary>Takes a write; never waits.</summary>
    /// <returns><see langword="false"/> if it was dropped: the queue is full, or the writer has stopped.</returns>
    public bool Enqueue(IStoreWrite write)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                if (write.StateKey is { } key && _states.TryGetValue(key, out Entry? waiting))
                {
                    waiting.Write = write;
                    return true;
                }

                if (_waiting < _options.Capacity)
                {
                    var entry = new Entry { Write = write };
                    if (write.StateKey is { } state)
                        _states[state] = entry;
                    Append(entry);
                    _waiting++;
                    if (_queue.Count >= _options.BatchSize)
                        Wake();
                    return true;
                }
            }
        }

        Interlocked.Increment(ref _dropped); // told by the loop: a log line for each would make a bad moment worse
        return false;
    }

    /// <summary>Has all that was taken before written now.</summary>
    /// <returns><see langword="false"/> if the writer stopped without being able to.</returns>
    public async Task<bool> FlushAsync(CancellationToken cancellation)
    {
        var entry = new Entry { Flush = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously) };
        lock (_gate)
        {
            if (_closed)
                return _queue.Count == 0;
            Append(entry);
        }

        Wake();
        return await entry.Flush.Task.WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _loop = RunAsync();
        return Task.CompletedTask;
    }

    /// <summary>Takes no more, and writes what waits; gives up after <see cref="StoreWriterOptions.StopPatience"/> or when the host's patience ends.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            _closed = true;
        _wakes.Writer.TryComplete();
        await _stopping.CancelAsync(); // ends a pause; the loop then tries without long pauses
        await _loop.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return; // the container knows it by two names
        await StopAsync(CancellationToken.None);
        await _timer.DisposeAsync();
        _stopping.Dispose();
    }

    private void Append(Entry entry)
    {
        if (_queue.Count == 0)
            _timer.Change(_options.LongestWait, Timeout.InfiniteTimeSpan);
        _queue.Enqueue(entry);
    }

    private void Wake() => _wakes.Writer.TryWrite(true);

    private async Task RunAsync()
    {
        await foreach (bool _ in _wakes.Reader.ReadAllAsync(CancellationToken.None))
            await DrainAsync(_stopping.Token);
        await FinishAsync();
    }

    /// <summary>Writes until nothing waits, with growing pauses while the database is away.</summary>
    private async Task DrainAsync(CancellationToken stopping)
    {
        TimeSpan pause = _options.FirstPause;
        while (!stopping.IsCancellationRequested)
        {
            TellDropped();
            if (!TakeBatch())
                return;
            if (TryWrite())
            {
                pause = _options.FirstPause;
                continue;
            }

            await Task.Delay(pause, _clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 > _options.LongestPause ? _options.LongestPause : pause * 2;
        }
    }

    private async Task FinishAsync()
    {
        long since = _clock.GetTimestamp();
        while (TakeBatch())
        {
            if (TryWrite())
                continue;
            if (_clock.GetElapsedTime(since) >= _options.StopPatience)
            {
                GiveUp();
                break;
            }

            await Task.Delay(_options.FirstPause, _clock, CancellationToken.None);
        }

        TellDropped();
    }

    /// <summary>Takes what waits, unless a batch that failed is still there.</summary>
    private bool TakeBatch()
    {
        const int batches = 8; // in one transaction when more came than the loop can follow
        if (_batch.Count > 0)
            return true;
        lock (_gate)
        {
            while (_batch.Count < _options.BatchSize * batches && _queue.TryDequeue(out Entry? entry))
            {
                if (entry.Write?.StateKey is { } key)
                    _states.Remove(key);
                _batch.Add(entry);
            }
        }

        return _batch.Count > 0;
    }

    /// <summary>Writes the batch. A write that is at fault itself is dropped alone; any other failure leaves the batch for later.</summary>
    private bool TryWrite()
    {
        try
        {
            if (_batch.Exists(static entry => entry.Write is not null))
            {
                _database.Write(Apply);
                Interlocked.Increment(ref _transactions);
            }
        }
        catch (Exception fault) when (Database.MayPass(fault))
        {
            TellAway(fault);
            return false;
        }
        catch (Exception fault) // one of the writes, whichever it is
        {
            Refused(_logger, fault);
            if (!WriteOneByOne())
                return false;
        }

        Done(_batch);
        _batch.Clear();
        if (_away)
        {
            _away = false;
            Back(_logger);
        }

        return true;
    }

    private void Apply(SqlSession session)
    {
        foreach (Entry entry in _batch)
            entry.Write?.Apply(session);
    }

    private bool WriteOneByOne()
    {
        while (_batch.Count > 0)
        {
            Entry entry = _batch[0];
            try
            {
                if (entry.Write is { } write)
                    _database.Write(write.Apply);
                Done([entry]);
            }
            catch (Exception fault) when (Database.MayPass(fault))
            {
                TellAway(fault);
                return false;
            }
            catch (Exception)
            {
                Lose([entry]);
            }

            _batch.RemoveAt(0);
        }

        return true;
    }

    private void GiveUp()
    {
        lock (_gate)
        {
            _batch.AddRange(_queue);
            _queue.Clear();
            _states.Clear();
        }

        Lose(_batch);
        _batch.Clear();
    }

    private void Done(List<Entry> entries)
    {
        int writes = entries.Count(static entry => entry.Write is not null);
        Interlocked.Add(ref _written, writes);
        lock (_gate)
            _waiting -= writes;
        foreach (Entry entry in entries)
            entry.Flush?.TrySetResult(true);
    }

    private void Lose(List<Entry> entries)
    {
        int writes = entries.Count(static entry => entry.Write is not null);
        Interlocked.Add(ref _dropped, writes);
        lock (_gate)
            _waiting -= writes;
        foreach (Entry entry in entries)
            entry.Flush?.TrySetResult(false);
    }

    private void TellAway(Exception fault)
    {
        if (_away)
            return;
        _away = true;
        Away(_logger, fault.Message);
    }

    private void TellDropped()
    {
        long dropped = Dropped;
        if (dropped == _droppedTold)
            return;
        Lost(_logger, dropped - _droppedTold, dropped);
        _droppedTold = dropped;
    }

    [LoggerMessage(EventId = 7000, Level = LogLevel.Warning, Message = "The database cannot be written now ({Cause}). The gateway goes on; what is to be written waits in memory.")]
    private static partial void Away(ILogger logger, string cause);

    [LoggerMessage(EventId = 7001, Level = LogLevel.Information, Message = "The database can be written again; what waited is on disk.")]
    private static partial void Back(ILogger logger);

    [LoggerMessage(EventId = 7002, Level = LogLevel.Warning, Message = "{Count} records were not stored ({Total} since the start): the database is away or too slow.")]
    private static partial void Lost(ILogger logger, long count, long total);

    [LoggerMessage(EventId = 7003, Level = LogLevel.Error, Message = "A record was refused by the database; the others of its batch are written one by one.")]
    private static partial void Refused(ILogger logger, Exception fault);

    /// <summary>A place in the queue: a write, or somebody who waits until all before it are on disk.</summary>
    private sealed class Entry
    {
        public IStoreWrite? Write { get; set; }

        public TaskCompletionSource<bool>? Flush { get; init; }
    }
}
