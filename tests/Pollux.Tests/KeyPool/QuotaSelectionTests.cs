using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

/// <summary>The pool with <c>KEY_SELECTION=quota</c>: what is opened when, and what refusals teach.</summary>
public sealed class QuotaSelectionTests
{
    private static readonly TimeSpan Canary = TimeSpan.FromMilliseconds(250);

    [Fact]
    public void Keys_come_into_use_one_after_another_as_those_in_use_are_full()
    {
        var fixture = Fixture(keys: 5, new ModelLimits(RequestsPerMinute: 3));

        Assert.Single(fixture.Serve(3).Distinct());
        fixture.Clock.Advance(Canary);
        fixture.Lease().Settle(AttemptReport.Success(default));
        fixture.Serve(2);
        Assert.Equal(3, fixture.Pool.Credentials().Count(credential => credential.LastUsed == 0));
    }

    [Fact]
    public void A_new_key_proves_itself_with_one_request_before_it_gets_a_second()
    {
        var fixture = Fixture(keys: 2, new ModelLimits(RequestsPerMinute: 2));
        fixture.Serve(2);
        Assert.True(fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, MayWait: true), out var canary, out _));
        Assert.Equal(LeaseWay.Opened, canary.Decision.Way);

        Assert.False(fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, MayWait: true), out _, out var refusal));
        Assert.Equal(fixture.Now + Canary, refusal.EarliestAt);
        fixture.Clock.Advance(Canary - TimeSpan.FromTicks(1));
        Assert.False(fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, MayWait: true), out _, out _));
        fixture.Clock.Advance(TimeSpan.FromTicks(1));
        Assert.True(fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, MayWait: true), out var second, out _));
        Assert.Same(canary.Credential, second.Credential);
    }

    [Fact]
    public void Who_cannot_wait_does_not_wait_for_a_proof()
    {
        var fixture = Fixture(keys: 2, new ModelLimits(RequestsPerMinute: 2));
        fixture.Serve(2);

        Assert.Equal(2, fixture.Serve(2).Length);
    }

    [Fact]
    public void What_reviving_wiped_out_is_to_be_stored_too()
    {
        var fixture = Fixture(keys: 1);
        Refuse(fixture.Lease(), PerMinute(5));
        Assert.Contains(fixture.Pool.TakeChanges().Single().Limits, static limit => limit.Learned == 5);

        fixture.Pool.Revive(PoolFixture.Id(1));

        Assert.DoesNotContain(fixture.Pool.TakeChanges().Single().Limits, static limit => limit.Learned is not null);
    }

    [Fact]
    public void A_key_that_is_used_elsewhere_too_waits_as_long_as_told_and_is_not_set_aside()
    {
        var fixture = Fixture(keys: 1);
        Refuse(fixture.Lease(), PerMinute(5)); // nothing of ours explains it, and no other key of ours can

        Assert.Equal(LeaseRefusalReason.CoolingDown, fixture.Refusal().Reason);
        fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(fixture.Serve(1));
        fixture.Clock.Advance(Canary);
        Assert.Equal(2, fixture.Serve(2).Length);
    }

    [Fact]
    public void A_project_that_others_use_too_is_asked_for_one_request_then_for_two_then_for_four()
    {
        var fixture = Fixture(keys: 1);
        Refuse(fixture.Lease(), PerMinute(40, 1)); // others had used up what it allows
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));

        foreach (int atOnce in (int[])[1, 2, 4])
        {
            Assert.Equal(atOnce, TakeAll());
            Assert.Equal(fixture.Now + Canary, fixture.Refusal().EarliestAt);
            fixture.Clock.Advance(Canary);
        }

        Refuse(fixture.Lease(), PerMinute(40, 1)); // its others were quicker again
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, TakeAll());

        int TakeAll()
        {
            int taken = 0;
            while (fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, MayWait: true), out _, out _))
                taken++;
            return taken;
        }
    }

    /// <summary>Google says when there is room again: a minute after the oldest request of the project, whichever key it came with.</summary>
    [Fact]
    public void Of_two_keys_that_share_a_project_the_one_that_served_more_stays_in_use()
    {
        var fixture = Fixture(keys: 2);
        fixture.Clock.Advance(TimeSpan.FromSeconds(7)); // not at the end of a clock's minute
        foreach ((int key, int times) in ((int, int)[])[(1, 25), (2, 15)])
        {
            for (int i = 0; i < times; i++)
                fixture.Succeed(key);
            fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        fixture.Clock.Advance(TimeSpan.FromSeconds(20));
        fixture.Fail(2, PerMinute(40, 38.5)); // its own 15 do not explain it; the first's oldest request is the one that is waited for

        fixture.Clock.Advance(TimeSpan.FromSeconds(45));
        for (int served = 0; served < 40; served++)
        {
            using Lease lease = fixture.Lease();
            Assert.Equal(PoolFixture.Id(1), lease.Credential.Id);
            lease.Settle(AttemptReport.Success(default));
        }
    }

    [Fact]
    public void A_key_refused_because_of_its_own_requests_is_not_slowed_down()
    {
        var fixture = Fixture(keys: 1);
        fixture.Serve(5);
        Refuse(fixture.Lease(), PerMinute(5));
        fixture.Clock.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(1));

        Assert.Equal(5, fixture.Serve(5).Length);
    }

    [Fact]
    public void A_limit_one_key_was_told_is_expected_of_others_and_stretched_when_nothing_else_is_left()
    {
        var fixture = Fixture(keys: 2);
        fixture.Serve(5);
        Refuse(fixture.Lease(), PerMinute(5)); // explained by its own count
        var ways = Enumerable.Range(0, 9).Select(_ => Way(fixture)).ToList();

        Assert.Equal(LeaseWay.Opened, ways[0]);
        Assert.Equal([LeaseWay.Best, LeaseWay.Best, LeaseWay.Best, LeaseWay.Best], ways[1..5]);
        Assert.Equal(LeaseWay.Stretched, ways[5]);
        Assert.Contains(LeaseWay.Stretched, ways[6..]);

        static LeaseWay? Way(PoolFixture fixture)
        {
            fixture.Clock.Advance(TimeSpan.FromMilliseconds(301));
            if (!fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash), out var lease, out _))
                return null;
            lease.Settle(AttemptReport.Success(default));
            return lease.Decision.Way;
        }
    }

    [Fact]
    public void A_limit_it_was_told_itself_is_never_exceeded()
    {
        var fixture = Fixture(keys: 1);
        fixture.Serve(5);
        Refuse(fixture.Lease(), PerMinute(5));
        List<DateTimeOffset> sent = [];
        for (var step = 0; step < 4_000; step++)
        {
            fixture.Clock.Advance(TimeSpan.FromMilliseconds(100));
            if (!fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash), out var lease, out _))
                continue;
            sent.Add(fixture.Now);
            lease.Settle(AttemptReport.Success(default));
        }

        Assert.InRange(sent.Count, 28, 34); // 400 seconds: no minute is wasted either
        Assert.All(sent, at => Assert.InRange(sent.Count(other => other <= at && other > at.AddMinutes(-1)), 1, 5));
    }

    [Fact]
    public void Days_are_used_up_evenly()
    {
        var fixture = Fixture(keys: 4, new ModelLimits(RequestsPerDay: 100));
        foreach (var _ in Enumerable.Range(0, 200))
        {
            fixture.Clock.Advance(TimeSpan.FromSeconds(1));
            fixture.Lease().Settle(AttemptReport.Success(default));
        }

        Assert.All(fixture.Pool.Credentials(), credential => Assert.InRange(credential.Succeeded, 35, 65));
    }

    [Fact]
    public void No_project_of_a_tier_without_the_model_is_asked_while_others_serve()
    {
        var fixture = Fixture(keys: 12, new ModelLimits(RequestsPerMinute: 2));
        fixture.Succeed(12);
        for (var number = 1; number <= 2; number++)
            Refuse(fixture.Lease(affinity: PoolFixture.Id(number)), PoolFixture.NotEntitled() with { Violations = [new("GenerateRequestsPerDayPerProjectPerModel-FreeTier", null, null, null)] });
        for (var number = 3; number <= 11; number++)
            Refuse(fixture.Lease(PoolFixture.Pro, PoolFixture.Id(number)), PerMinute(1));

        Assert.All(fixture.Serve(1), served => Assert.Equal(12, served));
        Assert.Equal(LeaseRefusalReason.CoolingDown, fixture.Refusal().Reason);
    }

    [Fact]
    public void A_key_refused_early_is_set_aside_and_tried_again()
    {
        var fixture = Fixture(keys: 2);
        fixture.Serve(5);
        Refuse(fixture.Lease(), PerMinute(5));
        var shared = fixture.Lease(); // the other one, refused with its first request
        Assert.Equal(LeaseWay.Opened, shared.Decision.Way);
        Refuse(shared, PerMinute(5));

        fixture.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.DoesNotContain(shared.Credential.Id.Value, fixture.Serve(5));
        var retried = fixture.Lease(); // all else is full
        Assert.Equal((LeaseWay.Retried, shared.Credential), (retried.Decision.Way, retried.Credential));
        retried.Settle(AttemptReport.Success(default));
        fixture.Clock.Advance(Canary); // one after the other, until it is clear what is left of its project
        Assert.Contains(shared.Credential.Id.Value, fixture.Serve(1)); // it was good: no suspicion is left
    }

    [Fact]
    public void A_key_set_aside_is_tried_early_once_all_that_may_share_its_project_have_rested_for_a_minute()
    {
        var fixture = Fixture(keys: 3);
        for (var i = 0; i < 3; i++)
            Take(1).Settle(AttemptReport.Success(default));
        for (var i = 0; i < 2; i++)
            Take(2).Settle(AttemptReport.Success(default));
        Refuse(Take(1), PerMinute(5)); // just what the second had used was missing
        fixture.Pool.Disable(PoolFixture.Id(2));
        FillThird();
        Refuse(Take(3), PerMinute(5));
        Assert.Equal(LeaseRefusalReason.CoolingDown, fixture.Refusal().Reason);

        fixture.Clock.Advance(TimeSpan.FromSeconds(62)); // its trial is due after seventy
        FillThird();
        var retried = fixture.Lease();
        Assert.Equal((LeaseWay.Retried, PoolFixture.Id(1)), (retried.Decision.Way, retried.Credential.Id));

        Lease Take(int key)
        {
            Assert.True(fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash) { Affinity = PoolFixture.Id(key) }, out var lease, out var _));
            Assert.Equal(PoolFixture.Id(key), lease.Credential.Id);
            return lease;
        }

        void FillThird()
        {
            for (var i = 0; i < 5; i++)
                Take(3).Settle(AttemptReport.Success(default));
        }
    }

    [Fact]
    public void Suspects_serve_again_when_a_strategy_without_suspicion_is_chosen()
    {
        var fixture = Fixture(keys: 2);
        fixture.Serve(5);
        Refuse(fixture.Lease(), PerMinute(5));
        var shared = fixture.Lease();
        Refuse(shared, PerMinute(5));
        fixture.Clock.Advance(TimeSpan.FromMinutes(25)); // its trial is due
        fixture.Pool.Snapshot();

        fixture.Pool.Options = fixture.Pool.Options with { Selection = KeySelectionStrategy.RoundRobin };
        Assert.Contains(shared.Credential.Id.Value, fixture.Serve(4));
    }

    [Theory]
    [InlineData(KeySelectionStrategy.Quota)]
    [InlineData(KeySelectionStrategy.RoundRobin)]
    public void A_declared_project_has_one_quota(KeySelectionStrategy strategy)
    {
        var fixture = new PoolFixture(keys: 0, Options(strategy, new ModelLimits(RequestsPerMinute: 6)));
        fixture.Pool.Add([.. Enumerable.Range(1, 3).Select(number => PoolFixture.Key(number) with { ProjectGroup = "one" })]);

        Assert.Equal(3, fixture.Serve(6).Distinct().Count()); // its keys take turns
        Assert.Equal(LeaseRefusalReason.CoolingDown, fixture.Refusal().Reason);
    }

    [Theory]
    [InlineData(429, 0, 0)]
    [InlineData(503, 0, 0)]
    [InlineData(500, 0, 0)]
    [InlineData(400, 1, 0)]
    [InlineData(0, 1, 1200)] // no answer: Google may have counted it
    public void What_Google_did_not_count_is_given_back(int status, int requests, long tokens)
    {
        var fixture = Fixture(keys: 1);
        Assert.True(fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, 1000), out var lease, out _));
        Refuse(lease, PoolFixture.Fault(FaultOwner.Upstream, FaultReason.UpstreamInternal, FaultEffect.None) with { HttpStatus = status });

        var state = fixture.Pool.TakeChanges().Single();
        Assert.Equal((requests, tokens), (state.RequestsToday, state.TokensToday));
        Assert.Equal((requests, tokens), (state.Minute.Sum(entry => entry.Requests), state.Minute.Sum(entry => entry.Tokens)));
    }

    [Fact]
    public void Settling_counts_what_was_used_instead_of_what_was_estimated()
    {
        var fixture = Fixture(keys: 1);
        Assert.True(fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, 1000), out var lease, out _));
        Assert.Equal(1200, fixture.Pool.TakeChanges().Single().TokensToday);
        lease.Settle(AttemptReport.Success(new TokenUsage(777, 0, 50, 0, 0, 827)));
        lease.Settle(AttemptReport.Success(new TokenUsage(1, 0, 0, 0, 0, 1)));

        var state = fixture.Pool.TakeChanges().Single();
        Assert.Equal((777L, 777L), (state.TokensToday, state.Minute.Sum(entry => entry.Tokens)));
    }

    [Fact]
    public void A_key_that_was_once_not_entitled_only_cools_down_when_it_is_full()
    {
        var fixture = Fixture(keys: 1, new ModelLimits(RequestsPerMinute: 1), KeySelectionStrategy.LeastRecentlyUsed);
        fixture.Fail(1, PoolFixture.NotEntitled());
        Assert.Equal(LeaseRefusalReason.NotEntitled, fixture.Refusal().Reason);
        fixture.Clock.Advance(TimeSpan.FromDays(1));
        fixture.Serve(1);

        Assert.Equal(LeaseRefusalReason.CoolingDown, fixture.Refusal().Reason);
        Assert.Equal((0, 1, 0), fixture.Pool.Snapshot().Models.Select(model => (model.Ready, model.CoolingDown, model.NotEntitled)).Single());
    }

    [Theory]
    [InlineData(KeySelectionStrategy.Quota)]
    [InlineData(KeySelectionStrategy.Score)]
    [InlineData(KeySelectionStrategy.RoundRobin)]
    [InlineData(KeySelectionStrategy.RandomStack)]
    [InlineData(KeySelectionStrategy.LeastRecentlyUsed)]
    public void Restrictions_and_figures_agree(KeySelectionStrategy strategy)
    {
        var fixture = Fixture(keys: 20, new ModelLimits(RequestsPerMinute: 2), strategy);
        var random = new Random(3);
        for (var step = 0; step < 500; step++)
        {
            if (fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash), out var lease, out _))
                lease.Settle(random.Next(12) switch { 0 => AttemptReport.Failure(PoolFixture.Minute(20)), 1 => AttemptReport.Failure(PoolFixture.NotEntitled()), _ => AttemptReport.Success(default) });
            fixture.Clock.Advance(Canary + TimeSpan.FromMilliseconds(random.Next(3_000)));
            if (step % 40 == 0)
                fixture.Clock.Advance(TimeSpan.FromDays(1));
            var model = fixture.Pool.Snapshot().Models.Single();
            var held = fixture.Pool.Credentials().SelectMany(credential => fixture.Pool.RestrictionsOf(credential.Id)).ToList();
            Assert.Equal((20 - held.Count, held.Count(one => one.Reason == FaultReason.NotEntitled)), (model.Ready, model.NotEntitled));
            Assert.Equal(held.Count, model.CoolingDown + model.NotEntitled);
        }
    }

    [Theory]
    [InlineData(KeySelectionStrategy.RoundRobin)]
    [InlineData(KeySelectionStrategy.RandomStack)]
    [InlineData(KeySelectionStrategy.LeastRecentlyUsed)]
    public void Each_key_is_used_once_before_any_twice(KeySelectionStrategy strategy)
    {
        var fixture = Fixture(keys: 30, null, strategy);
        for (var round = 0; round < 5; round++)
            Assert.Equal(30, fixture.Serve(30).Distinct().Count());
        if (strategy == KeySelectionStrategy.RandomStack)
            Assert.NotEqual(fixture.Serve(30), fixture.Serve(30));
    }

    [Fact]
    public void The_score_prefers_the_key_with_most_left()
    {
        var fixture = Fixture(keys: 3, new ModelLimits(RequestsPerDay: 10), KeySelectionStrategy.Score);
        foreach (var number in (int[])[1, 1, 1, 2, 2, 2])
            fixture.Succeed(number);
        Assert.Equal([3, 3, 3], fixture.Serve(3));
    }

    [Fact]
    public void A_strategy_may_be_changed_while_the_pool_runs()
    {
        var fixture = Fixture(keys: 4);
        Assert.Single(fixture.Serve(8).Distinct());
        fixture.Pool.Options = fixture.Pool.Options with { Selection = KeySelectionStrategy.RoundRobin };
        Assert.Equal(4, fixture.Serve(4).Distinct().Count());
        fixture.Pool.Options = fixture.Pool.Options with { Selection = KeySelectionStrategy.Quota };
        Assert.Equal(4, fixture.Serve(8).Distinct().Count()); // those in use stay in use
        Assert.Throws<ArgumentOutOfRangeException>(() => fixture.Pool.Options = fixture.Pool.Options with { Selection = (KeySelectionStrategy)9 });
    }

    internal static Fault PerMinute(long limit, double seconds = 30) => PoolFixture.Minute(seconds) with
    {
        HttpStatus = 429,
        Violations = [new QuotaViolation("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", null, null, limit)],
    };

    internal static Fault TokensPerMinute(long limit, double seconds) => PoolFixture.Minute(seconds) with
    {
        HttpStatus = 429,
        Violations = [new QuotaViolation("GenerateContentInputTokensPerModelPerMinute-FreeTier", null, null, limit)],
    };

    private static void Refuse(Lease lease, Fault fault) => lease.Settle(AttemptReport.Failure(fault));

    private static PoolFixture Fixture(int keys, ModelLimits? limits = null, KeySelectionStrategy strategy = KeySelectionStrategy.Quota) => new(keys, Options(strategy, limits));

    private static KeyPoolOptions Options(KeySelectionStrategy strategy, ModelLimits? limits) => new()
    {
        Selection = strategy,
        SetLimits = limits is null ? new Dictionary<string, ModelLimits>() : new Dictionary<string, ModelLimits> { [PoolFixture.Flash] = limits },
    };
}
