using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Pollux.KeyPool;
using Pollux.Storage;
using Pollux.Tests.Time;
using Pool = Pollux.KeyPool.KeyPool;

namespace Pollux.Tests.Storage;

public sealed class PoolKeeperTests : StoreFolder
{
    private const string Model = "gemini-3.5-flash";

    private readonly ManualTimeProvider _clock = new();

    [Theory]
    [InlineData(null)]
    [InlineData("shop")]
    public async Task What_was_counted_comes_back_under_other_numbers(string? project)
    {
        Process first = Start([new KeyEntry("AQ.gone-00000000000000001"), new KeyEntry("AQ.kept-00000000000000002", ProjectGroup: project)]);
        first.Serve("AQ.kept-00000000000000002", tokens: 1000);
        first.Serve("AQ.kept-00000000000000002", tokens: 500);
        QuotaCellState before = Assert.Single(first.Pool.TakeChanges()) with { };
        first.Serve("AQ.kept-00000000000000002", tokens: 1); // changes it again: what was taken is gone
        await StopAsync(first);

        Process second = Start([new KeyEntry("AQ.kept-00000000000000002", ProjectGroup: project)]); // it is the first of the pool now
        second.Serve("AQ.kept-00000000000000002", tokens: 1);

        QuotaCellState after = Assert.Single(second.Pool.TakeChanges());
        Assert.Equal((before.Project, before.DayEnds, before.RequestsToday + 2, before.TokensToday + 2), (after.Project, after.DayEnds, after.RequestsToday, after.TokensToday));
        Assert.Equal(after.RequestsToday, after.Minute.Sum(static entry => entry.Requests));
    }

    [Fact]
    public void A_cell_survives_the_way_into_its_row_and_back()
    {
        DateTimeOffset now = _clock.GetUtcNow();
        var cell = new QuotaCellState
        {
            Credential = new CredentialId(3),
            Model = Model,
            Tier = ProjectTier.Free,
            DayEnds = PacificDay.NextMidnight(now),
            RequestsToday = 7,
            TokensToday = 3_000_000_000,
            Limits = [new QuotaLimitState(QuotaKind.RequestsPerMinute, 10, 9), new QuotaLimitState(QuotaKind.InputTokensPerDay, null, 5)],
            Minute = [new MinuteEntry(now.AddTicks(1), 2, 30)],
            BlockedUntil = DateTimeOffset.FromUnixTimeMilliseconds(now.AddHours(2).ToUnixTimeMilliseconds()),
            BlockedBy = FaultReason.QuotaDay,
            IsSuspect = true,
            Suspicions = 2,
            NextTrialAt = now.AddMinutes(1),
        };

        QuotaCellState back = QuotaCellRecord.ToState(QuotaCellRecord.ToRow(cell, "#3"), new CredentialId(3))!;

        Assert.Equal(cell.Limits, back.Limits);
        Assert.Equal(cell.Minute, back.Minute);
        Assert.Equal(cell with { Limits = [], Minute = [] }, back with { Limits = [], Minute = [] });
        QuotaCellState partly = QuotaCellRecord.ToState(QuotaCellRecord.ToRow(cell, "#3") with { State = """{"tier":"Diamond"}""" }, new CredentialId(3))!;
        Assert.Equal((cell.RequestsToday, 10L), (partly.RequestsToday, partly.Limits[0].Learned));
    }

    [Fact]
    public async Task Joined_keys_stay_joined_with_their_first_source_and_count_together()
    {
        KeyEntry[] keys = [new("AQ.one-000000000000000001"), new("AQ.two-000000000000000002")];
        Process first = Start(keys);
        first.Serve(keys[0].Text, 10);
        first.Serve(keys[1].Text, 20);
        first.Keeper.Keep(sweep: false);
        Assert.True(first.Pool.Link(new CredentialId(2), new CredentialId(1), "because"));
        await StopAsync(first);
        Assert.Equal(["#1"], first.Cells.LoadAll().Select(static row => row.Project));

        Process second = Start(keys);
        Assert.Equal("because", Assert.Single(second.Pool.Links).Evidence);
        second.Serve(keys[1].Text, 1);
        Assert.Equal((3L, 31L), second.Pool.TakeChanges().Select(static cell => (cell.RequestsToday, cell.TokensToday)).Single());
        second.Keeper.Keep(sweep: false);
        Assert.Single(second.Links.LoadAll());

        Assert.True(second.Pool.Unlink(new CredentialId(2)));
        await StopAsync(second);
        Assert.Empty(second.Links.LoadAll());
        Assert.Empty(Start(keys).Pool.Links);
    }

    [Fact]
    public async Task Failures_without_an_event_are_found_by_the_sweep()
    {
        KeyEntry[] keys = [new("AQ.one-000000000000000001")];
        Process first = Start(keys);
        first.Pool.RecordCheck(new CredentialId(1), new Fault { Owner = FaultOwner.Key, Reason = FaultReason.CredentialRefused, Effect = FaultEffect.CountFailure, Retry = RetryScope.AnotherKey, Message = "no" });
        await StopAsync(first);

        Assert.Equal((1, FaultReason.CredentialRefused), Start(keys).Pool.Credentials().Select(static key => (key.Health.ConsecutiveFailures, key.Health.Reason!.Value)).Single());
    }

    [Fact]
    public void Nothing_is_handed_over_when_nothing_changed()
    {
        Process process = Start([.. Enumerable.Range(0, 1000).Select(static i => new KeyEntry($"AQ.number-{i:D20}"))]);
        process.Keeper.Keep(sweep: true); // trims events, once a day
        int waiting = process.Writer.Waiting;
        process.Keeper.Keep(sweep: true);

        Assert.Equal(waiting, process.Writer.Waiting);
    }

    [Fact]
    public void A_hundred_thousand_stored_keys_are_in_the_pool_soon()
    {
        using (Database database = Database.Open(Folder, TimeProvider.System))
        using (SecretBox box = Box(database))
            Import(new KeyStore(database, box, TimeProvider.System), [.. Enumerable.Range(0, 100_000).Select(static i => new KeyEntry($"AQ.number-{i:D20}"))], KeyOrigin.Imported);
        Database reopened = Open();
        SecretBox opened = Box(reopened);
        Process process = Build(reopened, opened);
        long since = Stopwatch.GetTimestamp();

        process.Keeper.Restore([]);

        TimeSpan took = Stopwatch.GetElapsedTime(since);
        TestContext.Current.TestOutputHelper!.WriteLine($"100,000 stored keys in the pool after {took.TotalMilliseconds:F0} ms");
        Assert.Equal(100_000, process.Pool.Count);
        Assert.True(took < TimeSpan.FromSeconds(10), took.ToString()); // 2 s is the goal; the machines of tests are busy
    }

    private Process Start(KeyEntry[] environment)
    {
        Database database = Open();
        Process process = Build(database, Box(database));
        process.Keeper.Restore(environment);
        return process;
    }

    private Process Build(Database database, SecretBox box)
    {
        var pool = new Pool(_clock, new Random(1), new KeyPoolOptions());
        var writer = new StoreWriter(database, TimeProvider.System, NullLogger<StoreWriter>.Instance);
        var cells = new QuotaStore(database, writer);
        var links = new ProjectLinkStore(database, writer);
        var keeper = Own(new PoolKeeper(
            pool, database, new KeyStore(database, box, _clock, writer), cells, links, new CredentialEventStore(database, writer), _clock, NullLogger<PoolKeeper>.Instance));
        return new Process(pool, keeper, writer, cells, links);
    }

    private static async Task StopAsync(Process process)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await process.Writer.StartAsync(cancellation);
        await process.Keeper.StopAsync(cancellation);
        await process.Writer.StopAsync(cancellation);
    }

    /// <summary>What one run of the gateway has of these.</summary>
    private sealed record Process(Pool Pool, PoolKeeper Keeper, StoreWriter Writer, QuotaStore Cells, ProjectLinkStore Links)
    {
        public void Serve(string key, int tokens)
        {
            CredentialId id = Pool.Find(new SecretText(key))!.Id;
            Assert.True(Pool.TryLease(new LeaseRequest(Model, tokens, id, null), out Lease? lease, out _));
            Assert.Equal(id, lease.Credential.Id);
            lease.Settle(AttemptReport.Success(new TokenUsage { PromptTokens = tokens }));
        }
    }
}
