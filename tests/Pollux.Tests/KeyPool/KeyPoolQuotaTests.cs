using System.Globalization;
using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class KeyPoolQuotaTests
{
    [Fact]
    public void A_minute_wall_parts_key_and_model_for_as_long_as_told()
    {
        var fixture = new PoolFixture(keys: 2);
        fixture.Fail(1, PoolFixture.Minute(48));

        Assert.Equal([2, 2, 2], fixture.Serve(3));
        Assert.Contains(1, fixture.Serve(2, PoolFixture.Pro));
        fixture.Clock.Advance(TimeSpan.FromSeconds(47.999));
        Assert.Equal([2, 2], fixture.Serve(2));
        fixture.Clock.Advance(TimeSpan.FromSeconds(0.001));
        Assert.Contains(1, fixture.Serve(2));
        Assert.Equal(CredentialStatus.Usable, fixture.Pool.Find(PoolFixture.Id(1))!.Health.Status);
        Assert.Equal(0, fixture.Pool.Find(PoolFixture.Id(1))!.Health.ConsecutiveFailures);
    }

    [Fact]
    public void When_all_cool_down_the_refusal_names_the_earliest_instant()
    {
        var fixture = new PoolFixture(keys: 3);
        fixture.Fail(1, PoolFixture.Minute(30));
        fixture.Fail(2, PoolFixture.Minute(10));
        fixture.Fail(3, PoolFixture.Day());

        Assert.Equal(new LeaseRefusal(LeaseRefusalReason.CoolingDown, fixture.Now.AddSeconds(10)), fixture.Refusal());
        fixture.Pool.Disable(PoolFixture.Id(2));
        Assert.Equal(fixture.Now.AddSeconds(30), fixture.Refusal().EarliestAt);
        fixture.Pool.Enable(PoolFixture.Id(2));
        Assert.Equal(fixture.Now.AddSeconds(10), fixture.Refusal().EarliestAt); // the wall is remembered
    }

    [Fact]
    public void A_shorter_wall_does_not_end_a_longer_one()
    {
        var fixture = new PoolFixture(keys: 1);
        var second = fixture.Lease();
        fixture.Fail(1, PoolFixture.Day());
        second.Settle(AttemptReport.Failure(PoolFixture.Minute(1)));

        fixture.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(PacificDay.NextMidnight(fixture.Now), fixture.Refusal().EarliestAt);
        Assert.Equal([new CredentialRestriction(PoolFixture.Flash, PacificDay.NextMidnight(fixture.Now), FaultReason.QuotaDay)], fixture.Pool.RestrictionsOf(PoolFixture.Id(1)));
    }

    [Fact]
    public void A_longer_wall_extends_a_shorter_one()
    {
        var fixture = new PoolFixture(keys: 1);
        var second = fixture.Lease();
        fixture.Fail(1, PoolFixture.Minute(5));
        second.Settle(AttemptReport.Failure(PoolFixture.Minute(60)));

        fixture.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(fixture.Now.AddSeconds(1), fixture.Refusal().EarliestAt);
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        fixture.Lease().Dispose();
    }

    [Theory]
    [InlineData("2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z")] // the evening before clocks go back
    [InlineData("2026-11-01T12:00:00Z", "2026-11-02T08:00:00Z")] // and the evening after
    [InlineData("2026-03-08T12:00:00Z", "2026-03-09T07:00:00Z")]
    public void A_day_wall_ends_at_midnight_in_Los_Angeles(string now, string end)
    {
        var fixture = new PoolFixture(keys: 1);
        fixture.Clock.AdvanceTo(Instant(now) > fixture.Now ? Instant(now) : fixture.Now);
        fixture.Fail(1, PoolFixture.Day());

        Assert.Equal(PacificDay.NextMidnight(fixture.Now), fixture.Refusal().EarliestAt);
        if (fixture.Now == Instant(now))
            Assert.Equal(Instant(end), fixture.Refusal().EarliestAt);
    }

    [Fact]
    public void A_key_without_the_model_is_parked_for_a_day_and_others_serve()
    {
        var fixture = new PoolFixture(keys: 2);
        fixture.Fail(1, PoolFixture.NotEntitled(), PoolFixture.Pro);

        Assert.Equal([2, 2], fixture.Serve(2, PoolFixture.Pro));
        Assert.Contains(1, fixture.Serve(2));
        fixture.Fail(2, PoolFixture.NotEntitled(), PoolFixture.Pro);
        Assert.Equal(new LeaseRefusal(LeaseRefusalReason.NotEntitled, fixture.Now.AddDays(1)), fixture.Refusal(PoolFixture.Pro));
        fixture.Clock.Advance(TimeSpan.FromDays(1));
        fixture.Lease(PoolFixture.Pro).Dispose();
    }

    [Fact]
    public void One_key_that_only_cools_down_makes_waiting_worth_while()
    {
        var fixture = new PoolFixture(keys: 2);
        fixture.Fail(1, PoolFixture.NotEntitled());
        fixture.Fail(2, PoolFixture.Minute(20));

        Assert.Equal(new LeaseRefusal(LeaseRefusalReason.CoolingDown, fixture.Now.AddSeconds(20)), fixture.Refusal());
    }

    [Fact]
    public void An_overloaded_model_is_noted_and_never_blocked()
    {
        var fixture = new PoolFixture(keys: 2);
        fixture.Fail(1, PoolFixture.Fault(FaultOwner.Model, FaultReason.ModelOverloaded, FaultEffect.OverloadHint));

        Assert.Equal(fixture.Now, fixture.Pool.OverloadedAt("models/" + PoolFixture.Flash));
        Assert.Null(fixture.Pool.OverloadedAt(PoolFixture.Pro));
        Assert.Contains(1, fixture.Serve(2));
        fixture.Succeed(2);
        Assert.Null(fixture.Pool.OverloadedAt(PoolFixture.Flash));
    }

    [Fact]
    public void A_key_added_later_serves_models_already_known()
    {
        var fixture = new PoolFixture(keys: 1);
        fixture.Fail(1, PoolFixture.Day());
        fixture.Pool.Add([PoolFixture.Key(2)]);

        Assert.Equal([2], fixture.Serve(1));
    }

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
