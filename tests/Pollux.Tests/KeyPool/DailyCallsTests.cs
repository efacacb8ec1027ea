using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

/// <summary>The operator's own bound of calls per key and day (<c>API_KEY_DAILY_LIMIT</c>), and what answers teach about estimates.</summary>
public sealed class DailyCallsTests
{
    public static TheoryData<KeySelectionStrategy> Strategies => [.. Enum.GetValues<KeySelectionStrategy>()];

    [Theory]
    [MemberData(nameof(Strategies))]
    public void A_key_makes_so_many_calls_a_day_over_all_models(KeySelectionStrategy strategy)
    {
        var fixture = new PoolFixture(keys: 2, Options(strategy, 5));
        int[] served = [.. fixture.Serve(4), .. fixture.Serve(6, PoolFixture.Pro)];

        Assert.Equal([5, 5], served.GroupBy(static number => number).Select(static calls => calls.Count()));
        foreach (var model in (string[])[PoolFixture.Flash, PoolFixture.Pro])
        {
            var refusal = fixture.Refusal(model);
            Assert.Equal(LeaseRefusalReason.CoolingDown, refusal.Reason);
            Assert.Equal(PacificDay.NextMidnight(fixture.Now), refusal.EarliestAt);
            Assert.Equal(FaultReason.DailyCallLimit, fixture.Pool.RestrictionsOf(PoolFixture.Id(1)).Single(restriction => restriction.Model == model).Reason);
        }

        fixture.Clock.Advance(PacificDay.NextMidnight(fixture.Now) - fixture.Now);
        Assert.Equal(10, fixture.Serve(10).Length);
    }

    [Fact]
    public void Failed_calls_are_calls_too()
    {
        var fixture = new PoolFixture(keys: 1, Options(KeySelectionStrategy.Quota, 2));
        fixture.Lease().Settle(AttemptReport.Failure(PoolFixture.Network()));
        fixture.Lease().Settle(AttemptReport.Failure(PoolFixture.Network()));

        Assert.Equal(LeaseRefusalReason.CoolingDown, fixture.Refusal().Reason);
    }

    [Fact]
    public void Keys_of_one_project_are_counted_one_by_one()
    {
        var fixture = new PoolFixture(keys: 0, Options(KeySelectionStrategy.Quota, 3));
        fixture.Pool.Add([PoolFixture.Key(1) with { ProjectGroup = "p" }, PoolFixture.Key(2) with { ProjectGroup = "p" }]);

        Assert.Equal([3, 3], fixture.Serve(6).GroupBy(static number => number).Select(static calls => calls.Count()));
        Assert.Equal(LeaseRefusalReason.CoolingDown, fixture.Refusal().Reason);
    }

    [Fact]
    public void A_wished_key_that_made_its_calls_is_passed_over()
    {
        var fixture = new PoolFixture(keys: 2, Options(KeySelectionStrategy.Quota, 2));
        fixture.Succeed(1);
        fixture.Succeed(1);

        Assert.Equal(PoolFixture.Id(2), fixture.Lease(affinity: PoolFixture.Id(1)).Credential.Id);
    }

    [Fact]
    public void Calls_survive_a_restart_and_a_raised_limit_holds_at_once()
    {
        var before = new PoolFixture(keys: 1, Options(KeySelectionStrategy.Quota, 4));
        before.Serve(3);
        before.Serve(1, PoolFixture.Pro);
        before.Refusal();
        var states = before.Pool.TakeChanges();

        var same = new PoolFixture(keys: 1, Options(KeySelectionStrategy.Quota, 4));
        same.Pool.Restore(states);
        Assert.Equal(LeaseRefusalReason.CoolingDown, same.Refusal().Reason);

        var raised = new PoolFixture(keys: 1, Options(KeySelectionStrategy.Quota, 6));
        raised.Pool.Restore(states);
        Assert.Equal(2, raised.Serve(2).Length);
        Assert.Equal(LeaseRefusalReason.CoolingDown, raised.Refusal().Reason);
    }

    [Theory]
    [InlineData(100, 150, 1.5)]
    [InlineData(1000, 400, 0.4)]
    [InlineData(100, 5_000, 4)] // no language is that far off: something else is
    [InlineData(10, 100, 1)]    // too short to tell
    public void Answers_correct_the_estimates_for_their_model(int estimated, int counted, double correction)
    {
        var fixture = new PoolFixture(keys: 1);
        for (var i = 0; i < 200; i++)
        {
            Assert.True(fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, estimated), out var lease, out _));
            lease.Settle(AttemptReport.Success(new TokenUsage(counted, 0, 0, 0, 0, counted)));
        }

        Assert.InRange(fixture.Pool.EstimateCorrection("models/" + PoolFixture.Flash), correction * 0.97, correction * 1.03);
        Assert.Equal(1, fixture.Pool.EstimateCorrection(PoolFixture.Pro));
    }

    [Fact]
    public void A_corrected_estimate_reserves_what_will_be_counted()
    {
        var limits = new Dictionary<string, ModelLimits> { [PoolFixture.Flash] = new(InputTokensPerMinute: 10_000) };
        var fixture = new PoolFixture(keys: 1, new KeyPoolOptions { Selection = KeySelectionStrategy.Quota, SetLimits = limits });
        for (var i = 0; i < 100; i++)
        {
            Assert.True(fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, 1_000), out var lease, out _));
            lease.Settle(AttemptReport.Success(new TokenUsage(2_000, 0, 0, 0, 0, 2_000)));
            fixture.Clock.Advance(TimeSpan.FromMinutes(2));
        }

        var running = 0;
        while (fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, 1_000), out _, out _))
            running++;

        Assert.Equal(4, running); // of 2,000 with a fifth for safety
    }

    private static KeyPoolOptions Options(KeySelectionStrategy strategy, int calls) => new() { Selection = strategy, DailyCallsPerKey = calls };
}
