using FsCheck;
using FsCheck.Fluent;
using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class KeyPoolSelectionTests
{
    [Fact]
    public void Each_key_is_used_once_before_any_twice()
    {
        var fixture = new PoolFixture(keys: 7);

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7], fixture.Serve(14));
    }

    [Fact]
    public void A_busy_key_is_passed_by_until_it_is_free_again()
    {
        var fixture = new PoolFixture(keys: 3);
        var slow = fixture.Lease();
        Assert.Equal(1, slow.Credential.Id.Value);

        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(1, fixture.Serve(10));
        slow.Settle(AttemptReport.Success(default));

        Assert.Contains(1, fixture.Serve(3));
    }

    [Fact]
    public void Running_attempts_are_spread_evenly()
    {
        var fixture = new PoolFixture(keys: 5);
        var leases = Enumerable.Range(0, 50).Select(_ => fixture.Lease()).ToList();

        Assert.All(fixture.Pool.Credentials(), credential => Assert.Equal(10, credential.InFlight));
        leases.ForEach(lease => lease.Dispose());
        Assert.Equal(0, fixture.Pool.Snapshot().InFlight);
    }

    [Fact]
    public void Affinity_is_honoured_while_the_key_can_serve()
    {
        var fixture = new PoolFixture(keys: 5);

        Assert.Equal(4, fixture.Lease(affinity: PoolFixture.Id(4)).Credential.Id.Value);
        fixture.Fail(4, PoolFixture.Minute());
        Assert.NotEqual(4, fixture.Lease(affinity: PoolFixture.Id(4)).Credential.Id.Value);
        Assert.Equal(4, fixture.Lease(PoolFixture.Pro, affinity: PoolFixture.Id(4)).Credential.Id.Value);
        Assert.NotEqual(99, fixture.Lease(affinity: PoolFixture.Id(99)).Credential.Id.Value);
        Assert.NotEqual(0, fixture.Lease(affinity: default(CredentialId)).Credential.Id.Value);
    }

    [Fact]
    public void A_tried_key_is_not_offered_again_to_the_same_request()
    {
        var fixture = new PoolFixture(keys: 10);
        var tried = new AttemptedCredentials();
        for (var i = 0; i < 10; i++)
        {
            using var lease = fixture.Lease(exclude: tried, affinity: PoolFixture.Id(3));
            Assert.False(tried.Contains(lease.Credential.Id));
            tried.Add(lease.Credential.Id);
            tried.Add(lease.Credential.Id);
        }

        Assert.Equal(10, tried.Count);
        Assert.Equal(new LeaseRefusal(LeaseRefusalReason.AllExcluded, null), fixture.Refusal(exclude: tried));
        fixture.Lease().Dispose(); // other requests are not touched
        tried.Clear();
        fixture.Lease(exclude: tried).Dispose();
    }

    [Fact]
    public void The_models_prefix_makes_no_other_model()
    {
        var fixture = new PoolFixture(keys: 1);
        var lease = fixture.Lease("models/" + PoolFixture.Flash);
        Assert.Equal(PoolFixture.Flash, lease.Model);
        lease.Settle(AttemptReport.Failure(PoolFixture.Minute()));

        Assert.Equal(LeaseRefusalReason.CoolingDown, fixture.Refusal(PoolFixture.Flash).Reason);
        Assert.Single(fixture.Pool.Snapshot().Models);
    }

    [Fact]
    public void Model_names_from_clients_do_not_grow_the_pool_without_bound()
    {
        var fixture = new PoolFixture(keys: 2);
        fixture.Fail(1, PoolFixture.Day());
        for (var i = 0; i < 3 * KeyPoolOptions.MaxModels; i++)
            fixture.Lease($"invented-{i}").Dispose();

        var models = fixture.Pool.Snapshot().Models;
        Assert.Equal(KeyPoolOptions.MaxModels, models.Length);
        Assert.Contains(models, model => model.Model == PoolFixture.Flash && model.CoolingDown == 1); // what was learned outlives what was not
    }

    [Fact]
    public void Any_history_of_restrictions_keeps_the_books_right() =>
        // Steps: which key, what happens to it, how long passes. The pool is compared with the plainest model that can be written.
        Prop.ForAll(
            (from key in Gen.Choose(1, 6) from what in Gen.Choose(0, 6) from seconds in Gen.Choose(0, 90) select (key, what, seconds)).ListOf().ToArbitrary(),
            steps =>
            {
                var fixture = new PoolFixture(keys: 6);
                var until = new DateTimeOffset[7];
                var usable = Enumerable.Repeat(true, 7).ToArray();
                foreach (var (key, what, seconds) in steps)
                {
                    fixture.Clock.Advance(TimeSpan.FromSeconds(seconds));
                    var id = PoolFixture.Id(key);
                    switch (what)
                    {
                        case 0: fixture.Pool.Disable(id); usable[key] = false; break;
                        case 1: fixture.Pool.Enable(id); usable[key] = true; break;
                        case 2: fixture.Pool.Revive(id); usable[key] = true; until[key] = default; break;
                        default:
                            if (!fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, 0, id), out var lease, out _))
                                break;
                            var fault = what switch { 3 => PoolFixture.Minute(30), 4 => PoolFixture.Minute(100), 5 => PoolFixture.NotEntitled(), _ => PoolFixture.Network() };
                            lease.Settle(AttemptReport.Failure(fault));
                            var end = fixture.Now + (what switch { 3 => TimeSpan.FromSeconds(30), 4 => TimeSpan.FromSeconds(100), 5 => TimeSpan.FromDays(1), _ => TimeSpan.Zero });
                            until[lease.Credential.Id.Value] = end > until[lease.Credential.Id.Value] ? end : until[lease.Credential.Id.Value];
                            break;
                    }
                    using (var any = fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash), out var taken, out _) ? taken : null)
                    {
                        if (any is not null && (!usable[any.Credential.Id.Value] || until[any.Credential.Id.Value] > fixture.Now))
                            return false;
                    }
                    var model = fixture.Pool.Snapshot().Models.Single();
                    var waiting = Enumerable.Range(1, 6).Where(number => usable[number] && until[number] > fixture.Now).ToList();
                    if (model.Ready != usable[1..].Count(value => value) - waiting.Count || model.CoolingDown + model.NotEntitled != waiting.Count)
                        return false;
                    if (model.NextReadyAt != (waiting.Count == 0 ? null : waiting.Min(number => until[number])))
                        return false;
                }
                return true;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_key_starves_whatever_is_held() =>
        Prop.ForAll(
            Gen.Zip(Gen.Choose(1, 12), Gen.Choose(0, 11)).ToArbitrary(),
            shape =>
            {
                var (keys, held) = shape;
                var fixture = new PoolFixture(keys);
                var leases = Enumerable.Range(0, Math.Min(held, keys - 1)).Select(_ => fixture.Lease()).ToList();
                HashSet<int> served = [];
                for (var i = 0; i < keys * 8; i++)
                {
                    fixture.Clock.Advance(TimeSpan.FromMilliseconds(10));
                    served.Add(fixture.Serve(1)[0]);
                }
                // Every idle key has had its turn; a held one may be passed by.
                return fixture.Pool.Credentials().Where(credential => credential.InFlight == 0).All(credential => served.Contains(credential.Id.Value));
            }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Threads_that_lease_settle_and_disable_leave_the_pool_whole()
    {
        var fixture = new PoolFixture(keys: 50);
        string[] models = [PoolFixture.Flash, PoolFixture.Pro, "gemini-3.5-flash"];
        var leased = 0;
        var threads = Enumerable.Range(0, 8).Select(worker => Task.Factory.StartNew(
            () =>
            {
                var random = new Random(worker);
                for (var i = 0; i < 20_000; i++)
                {
                    if (fixture.Pool.TryLease(new LeaseRequest(models[i % 3]), out var lease, out _))
                    {
                        Interlocked.Increment(ref leased);
                        Assert.True(lease.Credential.InFlight > 0);
                        lease.Settle(random.Next(100) switch
                        {
                            < 5 => AttemptReport.Failure(PoolFixture.Minute(0.001)),
                            < 6 => AttemptReport.Failure(PoolFixture.NotEntitled()),
                            < 7 => AttemptReport.Failure(PoolFixture.Refused()),
                            < 8 => AttemptReport.Failure(PoolFixture.Invalid()),
                            < 12 => new AttemptReport(AttemptOutcome.LostHedge),
                            _ => AttemptReport.Success(default),
                        });
                        lease.Dispose();
                    }
                    if (i % 50 == 0)
                        fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));
                    if (i % 20 == 0)
                        fixture.Pool.Revive(PoolFixture.Id(random.Next(1, 51)));
                    if (i % 500 == 0)
                        fixture.Pool.Disable(PoolFixture.Id(random.Next(1, 51)));
                    if (worker == 0 && i % 1000 == 0)
                        fixture.Pool.Add([PoolFixture.Key(1000 + i)]);
                    if (worker == 1 && i % 1000 == 0)
                        fixture.Pool.Snapshot();
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        await Task.WhenAll(threads);

        Assert.True(leased > 20_000);
        foreach (var credential in fixture.Pool.Credentials())
            fixture.Pool.Revive(credential.Id);
        var snapshot = fixture.Pool.Snapshot();
        Assert.Equal(0, snapshot.InFlight);
        Assert.Equal(70, snapshot.Usable);
        Assert.All(snapshot.Models, model => Assert.Equal((70, 0, 0), (model.Ready, model.CoolingDown, model.NotEntitled)));
    }

    [Fact]
    public void A_lease_costs_one_object()
    {
        const int keys = 100;
        const int leaseBytes = 152; // the lease with its reservation and its decision, by value
        var fixture = new PoolFixture(keys);
        for (var i = 0; i < 3 * keys; i++)
            Turn(); // each key's cell and its minute have their size now: what comes is forgotten as fast as it comes
        var perTurn = Enumerable.Range(0, 3 * keys).Sum(_ => Turn()) / (3.0 * keys);

        Assert.InRange(perTurn, 1, leaseBytes);

        long Turn()
        {
            fixture.Clock.Advance(TimeSpan.FromSeconds(1)); // allocates by itself, so it is not measured
            var before = GC.GetAllocatedBytesForCurrentThread();
            fixture.Pool.TryLease(new LeaseRequest("models/gemini-3.8-flash"), out var lease, out _);
            lease!.Settle(AttemptReport.Success(default));
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Why_projects_were_passed_over_is_counted()
    {
        var limits = new Dictionary<string, ModelLimits> { [PoolFixture.Flash] = new(InputTokensPerMinute: 1_000) };
        var fixture = new PoolFixture(keys: 3, new KeyPoolOptions { Selection = KeySelectionStrategy.Score, SetLimits = limits });
        fixture.Fail(3, PoolFixture.Minute());
        var tried = new AttemptedCredentials();
        tried.Add(PoolFixture.Id(1));
        fixture.Lease(exclude: tried);
        tried.Add(PoolFixture.Id(2));
        fixture.Refusal(exclude: tried);
        for (var i = 0; i < 3; i++)
            fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, 700), out _, out _); // the third finds no room

        Assert.Equal(new SearchCounts(Leased: 4, Refused: 2, Considered: 10, WithoutRoomForTokens: 3, TriedBefore: 3, Waiting: 5), fixture.Pool.Snapshot().Models.Single().Searches);
    }
}
