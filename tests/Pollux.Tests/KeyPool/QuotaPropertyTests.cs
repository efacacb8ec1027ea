using FsCheck;
using FsCheck.Fluent;
using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class QuotaPropertyTests
{
    /// <summary>
    /// A Google with true limits: it counts what it accepts in the trailing minute, and refuses with the limit's value. Once a
    /// project was told, nothing sent afterwards may be refused, whatever order answers come in.
    /// </summary>
    [Fact]
    public void No_project_is_sent_more_than_it_was_told() =>
        Prop.ForAll(
            (from keys in Gen.Choose(1, 6) from shared in Gen.Elements(1, 2) from limit in Gen.Choose(1, 8) from seed in Gen.Choose(0, 100_000) select (keys, shared, limit, seed)).ToArbitrary(),
            shape =>
            {
                var fixture = new PoolFixture(keys: 0, new KeyPoolOptions { Selection = KeySelectionStrategy.Quota });
                fixture.Pool.Add(Enumerable.Range(1, shape.keys * shape.shared).Select(number =>
                    PoolFixture.Key(number) with { ProjectGroup = shape.shared == 1 ? null : $"project-{number % shape.keys}" }));
                var random = new Random(shape.seed);
                var accepted = Enumerable.Range(0, shape.keys).Select(_ => new List<DateTimeOffset>()).ToArray();
                var told = new DateTimeOffset?[shape.keys];
                List<(Lease Lease, bool Good)> running = [];
                for (var step = 0; step < 400; step++)
                {
                    fixture.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(900)));
                    if (random.Next(3) > 0 && fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash), out var lease, out _))
                    {
                        var project = lease.Credential.Id.Value % shape.keys;
                        var used = accepted[project];
                        var good = used.Count(at => at > fixture.Now.AddMinutes(-1)) < shape.limit;
                        if (good)
                            used.Add(fixture.Now);
                        else if (told[project] is not null)
                            return false;
                        running.Add((lease, good));
                    }

                    if (running.Count == 0 || (random.Next(3) == 0 && running.Count < 10))
                        continue;
                    var ended = random.Next(running.Count);
                    Settle(running[ended]);
                    running.RemoveAt(ended);
                }

                running.ForEach(Settle);
                fixture.Clock.Advance(TimeSpan.FromMinutes(2));
                return fixture.Pool.Snapshot().InFlight == 0 && fixture.Pool.TakeChanges().All(state => state.Minute.Length == 0);

                void Settle((Lease Lease, bool Good) attempt)
                {
                    if (!attempt.Good)
                        told[attempt.Lease.Credential.Id.Value % shape.keys] ??= fixture.Now;
                    attempt.Lease.Settle(attempt.Good ? AttemptReport.Success(default) : AttemptReport.Failure(QuotaSelectionTests.PerMinute(shape.limit, 5)));
                }
            }).QuickCheckThrowOnFailure();

    /// <summary>
    /// The same for input tokens, of which Google counts what it accepted in the trailing minute. The largest prompts may be
    /// larger than the limit with its margin, not larger than the limit itself.
    /// </summary>
    [Fact]
    public void No_project_is_sent_more_tokens_than_it_was_told() =>
        Prop.ForAll(
            (from keys in Gen.Choose(1, 5) from limit in Gen.Choose(1_000, 50_000) from seed in Gen.Choose(0, 100_000) select (keys, limit, seed)).ToArbitrary(),
            shape =>
            {
                var fixture = new PoolFixture(shape.keys, new KeyPoolOptions { Selection = KeySelectionStrategy.Quota });
                var random = new Random(shape.seed);
                var google = Enumerable.Range(0, shape.keys).Select(_ => new List<(DateTimeOffset At, int Tokens)>()).ToArray();
                var told = new bool[shape.keys];
                List<(Lease Lease, int Tokens, bool Good)> running = [];
                for (var step = 0; step < 300; step++)
                {
                    fixture.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(4_000)));
                    var tokens = random.Next(1, shape.limit / 2);
                    if (fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, tokens), out var lease, out _))
                    {
                        var project = lease.Credential.Id.Value - 1;
                        var good = google[project].Where(entry => entry.At > fixture.Now.AddMinutes(-1)).Sum(static entry => entry.Tokens) + tokens <= shape.limit;
                        if (good)
                            google[project].Add((fixture.Now, tokens));
                        else if (told[project])
                            return false;
                        running.Add((lease, tokens, good));
                    }

                    if (running.Count == 0 || (random.Next(3) == 0 && running.Count < 6))
                        continue;
                    var (ended, used, wasGood) = running[0];
                    running.RemoveAt(0);
                    told[ended.Credential.Id.Value - 1] |= !wasGood;
                    ended.Settle(wasGood
                        ? AttemptReport.Success(new TokenUsage(used, 0, 10, 0, 0, used + 10))
                        : AttemptReport.Failure(QuotaSelectionTests.TokensPerMinute(shape.limit, 20)));
                }

                return told.Any(static wasTold => wasTold); // else the walls were never reached, and nothing was shown
            }).QuickCheckThrowOnFailure();

    /// <summary>
    /// Keys that share a project in secret: what one uses, another is refused for. Nothing says so beforehand, so refusals there
    /// must be; but a key that was told how long to stay away stays away so long.
    /// </summary>
    [Theory]
    [InlineData(KeySelectionStrategy.Quota)]
    [InlineData(KeySelectionStrategy.Score)]
    [InlineData(KeySelectionStrategy.LeastRecentlyUsed)]
    public void A_key_that_was_told_to_wait_is_left_alone_though_it_shares_its_project_in_secret(KeySelectionStrategy strategy) =>
        Prop.ForAll(
            (from projects in Gen.Choose(1, 4) from shared in Gen.Choose(2, 4) from limit in Gen.Choose(1, 10) from seed in Gen.Choose(0, 100_000) select (projects, shared, limit, seed)).ToArbitrary(),
            shape =>
            {
                var fixture = new PoolFixture(shape.projects * shape.shared, new KeyPoolOptions { Selection = strategy });
                var random = new Random(shape.seed);
                var google = Enumerable.Range(0, shape.projects).Select(_ => new Queue<DateTimeOffset>()).ToArray();
                var toldUntil = new DateTimeOffset[shape.projects * shape.shared + 1];
                for (var step = 0; step < 500; step++)
                {
                    fixture.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(1_500)));
                    if (!fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, MayWait: random.Next(2) == 0), out var lease, out _))
                        continue;
                    var number = lease.Credential.Id.Value;
                    if (fixture.Now < toldUntil[number])
                        return false;
                    var window = google[number % shape.projects];
                    while (window.TryPeek(out var oldest) && oldest <= fixture.Now.AddMinutes(-1))
                        window.Dequeue();
                    if (window.Count < shape.limit)
                    {
                        window.Enqueue(fixture.Now);
                        lease.Settle(AttemptReport.Success(default));
                        continue;
                    }

                    var wait = window.Peek().AddMinutes(1) - fixture.Now;
                    toldUntil[number] = fixture.Now + wait;
                    lease.Settle(AttemptReport.Failure(QuotaSelectionTests.PerMinute(shape.limit, wait.TotalSeconds)));
                }

                return toldUntil.Any(static until => until != default); // else the walls were never reached, and nothing was shown
            }).QuickCheckThrowOnFailure();

    /// <summary>So many keys that candidates are compared by what was known of them last, not looked at themselves.</summary>
    [Theory]
    [InlineData(KeySelectionStrategy.Quota)]
    [InlineData(KeySelectionStrategy.Score)]
    [InlineData(KeySelectionStrategy.LeastRecentlyUsed)]
    public void No_key_starves_among_very_many(KeySelectionStrategy strategy)
    {
        const int keys = 3_000;
        var fixture = new PoolFixture(keys, new KeyPoolOptions
        {
            Selection = strategy,
            SetLimits = new Dictionary<string, ModelLimits> { [PoolFixture.Flash] = new(RequestsPerMinute: 4, RequestsPerDay: 200) },
        });
        var served = new int[keys + 1];
        for (var minute = 0; minute < 10; minute++)
        {
            for (var request = 0; request < 3 * keys; request++) // three quarters of what they can serve
            {
                fixture.Clock.Advance(TimeSpan.FromMinutes(1) / (3 * keys));
                using var lease = fixture.Lease();
                served[lease.Credential.Id.Value]++;
            }
        }

        var inUse = served.Where(static times => times > 0).ToArray(); // by quota keys come into use as they are needed
        Assert.InRange(inUse.Length, keys * 3 / 4, strategy == KeySelectionStrategy.Quota ? keys * 4 / 5 : keys);
        Assert.InRange(inUse.Min(), 20, 40);
        Assert.InRange(inUse.Max(), 30, 40);
    }

    [Theory]
    [InlineData(KeySelectionStrategy.RoundRobin)]
    [InlineData(KeySelectionStrategy.RandomStack)]
    [InlineData(KeySelectionStrategy.LeastRecentlyUsed)]
    public void No_key_starves_while_others_come_and_go(KeySelectionStrategy strategy) =>
        Prop.ForAll(
            Gen.Zip(Gen.Choose(2, 20), Gen.Choose(0, 100_000)).ToArbitrary(),
            shape =>
            {
                var (keys, seed) = shape;
                var fixture = new PoolFixture(keys, new KeyPoolOptions { Selection = strategy });
                var random = new Random(seed);
                var served = new int[keys + 1];
                for (var step = 0; step < 60 * keys; step++)
                {
                    fixture.Clock.Advance(TimeSpan.FromMilliseconds(100));
                    if (!fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash), out var lease, out _))
                        continue;
                    served[lease.Credential.Id.Value]++;
                    lease.Settle(random.Next(5) == 0 ? AttemptReport.Failure(PoolFixture.Minute(random.NextDouble())) : AttemptReport.Success(default));
                }

                return served[1..].Min() >= 15; // a quarter of its share
            }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Ten_threads_that_do_everything_at_once_leave_the_books_right()
    {
        const int keys = 40;
        var fixture = new PoolFixture(keys, new KeyPoolOptions { Selection = KeySelectionStrategy.Quota });
        var threads = Enumerable.Range(0, 10).Select(worker => Task.Factory.StartNew(
            () =>
            {
                var random = new Random(worker);
                for (var step = 0; step < 300_000; step++)
                {
                    var id = PoolFixture.Id(random.Next(1, keys + 1));
                    switch (random.Next(1_000))
                    {
                        case 0: fixture.Pool.Disable(id); break;
                        case < 4: fixture.Pool.Enable(id); break;
                        case < 6: fixture.Pool.Revive(id); break;
                        case 6: fixture.Pool.Link(id, PoolFixture.Id(random.Next(1, keys + 1)), "test"); break;
                        case < 9: fixture.Pool.Unlink(id); break;
                        case 9 when worker == 0: fixture.Pool.Snapshot(); break;
                        case 10 when worker == 1: fixture.Pool.TakeChanges(); break;
                        case < 30: fixture.Clock.Advance(TimeSpan.FromMilliseconds(20)); break;
                        default:
                            if (!fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, random.Next(100)), out var lease, out _))
                                break;
                            lease.Settle(random.Next(20) == 0
                                ? AttemptReport.Failure(QuotaSelectionTests.PerMinute(500, 0.1))
                                : AttemptReport.Success(new TokenUsage(50, 0, 0, 0, 0, 50)));
                            break;
                    }
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        await Task.WhenAll(threads);

        foreach (var credential in fixture.Pool.Credentials())
        {
            fixture.Pool.Unlink(credential.Id);
            fixture.Pool.Revive(credential.Id);
        }

        fixture.Clock.Advance(TimeSpan.FromMinutes(2));
        var snapshot = fixture.Pool.Snapshot();
        var model = snapshot.Models.Single();
        Assert.Equal((0, keys), (snapshot.InFlight, snapshot.Usable));
        Assert.Equal(keys, model.Ready + model.CoolingDown + model.NotEntitled);
        var states = fixture.Pool.TakeChanges(); // reviving changed them all
        Assert.NotEmpty(states);
        Assert.All(states, state => Assert.Empty(state.Minute));
        Assert.All(states, state => Assert.True(state.RequestsToday >= 0 && state.TokensToday >= 0));
    }
}
