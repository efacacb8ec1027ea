using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Pollux.Storage;
using Pollux.Tests.Time;

namespace Pollux.Tests.Storage;

public sealed class StoreWriterTests : StoreFolder
{
    private static readonly Migration[] Schema = [new(1, "test", "CREATE TABLE t (k TEXT PRIMARY KEY, v INTEGER NOT NULL CHECK (v >= 0))")];
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _clock = new();
    private readonly Lines _log = new();

    [Fact]
    public async Task Few_writes_wait_a_quarter_of_a_second_and_go_together()
    {
        await using StoreWriter writer = await StartAsync();
        var last = new Write("c", 3);
        writer.Enqueue(new Write("a", 1));
        writer.Enqueue(new Write("b", 2));
        writer.Enqueue(last);

        _clock.Advance(TimeSpan.FromMilliseconds(249));
        Assert.False(last.Applied.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await last.Applied.WaitAsync(Generous, Cancellation);

        Assert.True(await writer.FlushAsync(Cancellation));
        Assert.Equal((3L, 1L, 0), (writer.Written, writer.Transactions, writer.Waiting));
        Assert.Equal(["a=1", "b=2", "c=3"], Rows());
    }

    [Fact]
    public async Task Many_writes_do_not_wait()
    {
        await using StoreWriter writer = await StartAsync(new StoreWriterOptions { BatchSize = 10 });
        Write[] writes = [.. Enumerable.Range(0, 10).Select(static i => new Write($"k{i}", i))];
        foreach (Write write in writes)
            writer.Enqueue(write);

        await writes[^1].Applied.WaitAsync(Generous, Cancellation);
    }

    [Fact]
    public async Task Of_a_state_only_the_newest_is_written()
    {
        await using StoreWriter writer = await StartAsync();
        var old = new Write("a", 1, isState: true);
        writer.Enqueue(old);
        writer.Enqueue(new Write("b", 1, isState: true));
        writer.Enqueue(new Write("a", 2, isState: true));

        Assert.Equal(2, writer.Waiting);
        Assert.True(await writer.FlushAsync(Cancellation));
        Assert.False(old.Applied.IsCompleted);
        Assert.Equal(["a=2", "b=1"], Rows());

        writer.Enqueue(new Write("a", 3, isState: true)); // after it was written the key is free again
        Assert.True(await writer.FlushAsync(Cancellation));
        Assert.Equal(["a=3", "b=1"], Rows());
    }

    [Fact]
    public async Task A_full_queue_drops_counts_and_says_so_but_takes_newer_states()
    {
        var options = new StoreWriterOptions { Capacity = 2 };
        await using StoreWriter writer = New(options);
        Assert.True(writer.Enqueue(new Write("a", 1, isState: true)));
        Assert.True(writer.Enqueue(new Write("b", 1)));

        Assert.False(writer.Enqueue(new Write("c", 1)));
        Assert.False(writer.Enqueue(new Write("d", 1)));
        Assert.True(writer.Enqueue(new Write("a", 2, isState: true)));

        await writer.StartAsync(Cancellation);
        Assert.True(await writer.FlushAsync(Cancellation));
        Assert.Equal(2, writer.Dropped);
        Assert.Equal(["a=2", "b=1"], Rows());
        Assert.Single(_log.With(7002), static line => line.StartsWith("2 records", StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_the_database_is_locked_writes_are_kept_and_both_ends_are_said_once()
    {
        await using StoreWriter writer = await StartAsync();
        SqliteConnection stranger = Stranger();
        Run(stranger, "BEGIN IMMEDIATE");
        writer.Enqueue(new Write("a", 1, isState: true));
        Task<bool> flush = writer.FlushAsync(Cancellation);
        await _log.WaitAsync(7000);
        writer.Enqueue(new Write("a", 2, isState: true));
        Assert.False(flush.IsCompleted);

        Run(stranger, "COMMIT");
        while (!flush.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(10)); // the pauses between the tries
            await Task.Yield();
        }

        Assert.True(await flush);
        Assert.True(await writer.FlushAsync(Cancellation));
        Assert.Equal(["a=2"], Rows());
        Assert.Equal((1, 1, 0L), (_log.With(7000).Count, _log.With(7001).Count, writer.Dropped));
    }

    [Fact]
    public async Task A_full_disk_costs_nothing_once_there_is_room_again()
    {
        await using StoreWriter writer = await StartAsync();
        _database!.Write(static session => session.Scalar("PRAGMA max_page_count = 1")); // SQLite takes the present size instead
        writer.Enqueue(new Write(new string('a', 100_000), 1));
        Task<bool> flush = writer.FlushAsync(Cancellation);
        await _log.WaitAsync(7000);

        _database!.Write(static session => session.Scalar("PRAGMA max_page_count = 100000"));
        while (!flush.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        Assert.True(await flush);
        Assert.Single(Rows());
        Assert.Equal((1L, 0L), (writer.Written, writer.Dropped));
    }

    [Fact]
    public async Task A_write_that_is_refused_does_not_take_others_with_it()
    {
        await using StoreWriter writer = await StartAsync();
        writer.Enqueue(new Write("a", 1));
        writer.Enqueue(new Write("bad", -1));
        writer.Enqueue(new Write("b", 2));

        Assert.True(await writer.FlushAsync(Cancellation));

        Assert.Equal(["a=1", "b=2"], Rows());
        Assert.Equal((2L, 1L, 0), (writer.Written, writer.Dropped, writer.Waiting));
        Assert.Single(_log.With(7003));
    }

    [Fact]
    public async Task Stop_writes_what_waits_and_takes_no_more()
    {
        StoreWriter writer = await StartAsync();
        foreach (int i in Enumerable.Range(0, 100))
            writer.Enqueue(new Write($"k{i}", i));

        await writer.StopAsync(Cancellation);

        Assert.Equal(100, Rows().Count);
        Assert.False(writer.Enqueue(new Write("late", 1)));
        await writer.DisposeAsync();
    }

    [Fact]
    public async Task Stop_gives_up_within_its_bound_when_the_database_stays_away()
    {
        StoreWriter writer = await StartAsync();
        Run(Stranger(), "BEGIN IMMEDIATE");
        writer.Enqueue(new Write("a", 1));
        Task<bool> flush = writer.FlushAsync(Cancellation);
        Task stop = writer.StopAsync(Cancellation);
        while (!stop.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await stop;
        Assert.False(await flush);
        Assert.Equal((1L, 0), (writer.Dropped, writer.Waiting));
        await writer.DisposeAsync();
    }

    [Fact]
    public async Task Whatever_the_moment_of_death_what_was_flushed_is_there_and_the_copy_is_sound()
    {
        await using StoreWriter writer = await StartAsync(new StoreWriterOptions { BatchSize = 50 });
        var random = new Random(12);
        int enqueued = 0;
        for (int moment = 0; moment < 10; moment++)
        {
            foreach (int _ in Enumerable.Range(0, random.Next(1, 3000)))
                writer.Enqueue(new Write($"k{enqueued++}", 1));
            Assert.True(await writer.FlushAsync(Cancellation));
            int flushed = enqueued;
            foreach (int _ in Enumerable.Range(0, random.Next(500, 3000)))
                writer.Enqueue(new Write($"k{enqueued++}", 1)); // the loop writes these while the files are copied

            string copy = Path.Combine(Folder, $"copy{moment}");
            Directory.CreateDirectory(copy);
            CopyAtOneMoment(copy);

            using Database database = Database.Open(copy, TimeProvider.System, steps: Schema);
            long rows = (long)database.Read(static session => session.Scalar("SELECT count(*) FROM t"))!;
            Assert.InRange(rows, flushed, enqueued);
            Assert.Equal("ok", database.Read(static session => session.Scalar("PRAGMA integrity_check")));
        }
    }

    /// <summary>A killed process leaves file and log as of one instant; a log that was moved into the file between the two copies would be no such instant.</summary>
    private void CopyAtOneMoment(string folder)
    {
        string file = Path.Combine(folder, Database.FileName);
        do
        {
            File.Copy(DatabasePath, file, overwrite: true);
            File.Copy(DatabasePath + "-wal", file + "-wal", overwrite: true);
        }
        while (!File.ReadAllBytes(DatabasePath).AsSpan().SequenceEqual(File.ReadAllBytes(file)));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private StoreWriter New(StoreWriterOptions? options = null)
    {
        _database = Open(Schema);
        return new StoreWriter(_database, _clock, _log, options);
    }

    private async Task<StoreWriter> StartAsync(StoreWriterOptions? options = null)
    {
        StoreWriter writer = New(options);
        await writer.StartAsync(Cancellation);
        return writer;
    }

    private Database? _database;

    private List<string> Rows() => _database!.Read(static session => session.Query("SELECT k || '=' || v FROM t ORDER BY k", static row => row.GetString(0)));

    private sealed class Write(string key, int value, bool isState = false) : IStoreWrite
    {
        private readonly TaskCompletionSource _applied = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Applied => _applied.Task;

        public object? StateKey => isState ? key : null;

        public void Apply(SqlSession session)
        {
            session.Execute("INSERT INTO t (k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v", key, value);
            _applied.TrySetResult();
        }
    }

    private sealed class Lines : ILogger<StoreWriter>
    {
        private readonly Lock _gate = new();
        private readonly List<(int Id, string Text)> _lines = [];
        private readonly Dictionary<int, TaskCompletionSource> _awaited = [];

        public IReadOnlyList<string> With(int id)
        {
            lock (_gate)
                return [.. _lines.Where(line => line.Id == id).Select(static line => line.Text)];
        }

        public Task WaitAsync(int id)
        {
            lock (_gate)
                return _lines.Exists(line => line.Id == id) ? Task.CompletedTask : Awaited(id).Task.WaitAsync(Generous);
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_gate)
            {
                _lines.Add((eventId.Id, formatter(state, exception)));
                Awaited(eventId.Id).TrySetResult();
            }
        }

        private TaskCompletionSource Awaited(int id)
        {
            if (!_awaited.TryGetValue(id, out TaskCompletionSource? source))
                _awaited[id] = source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return source;
        }
    }
}
