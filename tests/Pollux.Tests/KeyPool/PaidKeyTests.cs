using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

/// <summary>Keys that cost money: those that are reserved, and those that serve after the others.</summary>
public sealed class PaidKeyTests
{
    public static TheoryData<KeySelectionStrategy> Strategies => [.. Enum.GetValues<KeySelectionStrategy>()];

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Paid_keys_serve_when_no_other_has_room(KeySelectionStrategy strategy)
    {
        var fixture = Fixture(strategy, new KeyPoolOptions { SetLimits = Limit(requestsPerMinute: 2) });

        int[] first = fixture.Serve(4);
        Assert.Equal([1, 2], first.Distinct().Order());
        Assert.Equal([3, 4], fixture.Serve(4).Distinct().Order());
        Assert.Equal(LeaseRefusalReason.CoolingDown, fixture.Refusal().Reason);
        fixture.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.All(fixture.Serve(4), static number => Assert.InRange(number, 1, 2));
    }

    [Fact]
    public void Paid_keys_serve_like_others_when_the_user_wants_that()
    {
        var fixture = Fixture(KeySelectionStrategy.RoundRobin, new KeyPoolOptions { PaidKeysLast = false });

        Assert.Equal([1, 2, 3, 4], fixture.Serve(4).Order());
    }

    [Fact]
    public void A_prompt_too_large_for_what_is_left_of_the_free_keys_is_served_by_a_paid_one()
    {
        var limits = new Dictionary<string, ModelLimits> { [PoolFixture.Flash] = new(InputTokensPerMinute: 1_000) };
        var fixture = Fixture(KeySelectionStrategy.Score, new KeyPoolOptions { SetLimits = limits });
        for (var i = 0; i < 2; i++)
            Assert.InRange(Take(fixture, 600).Credential.Id.Value, 1, 2);

        Assert.InRange(Take(fixture, 600).Credential.Id.Value, 3, 4);
        Assert.InRange(Take(fixture, 100).Credential.Id.Value, 1, 2); // which still fits
    }

    [Fact]
    public void A_reserved_key_serves_only_what_asks_for_a_paid_one()
    {
        var fixture = new PoolFixture(keys: 1);
        fixture.Pool.Add([PoolFixture.Key(2) with { IsReserved = true, ProjectGroup = "shared" }]);

        Assert.All(fixture.Serve(5), static number => Assert.Equal(1, number));
        Assert.All(Enumerable.Range(0, 5), _ => Assert.Equal(2, Paid(fixture, PaidKeyUse.Always)));
        fixture.Fail(1, PoolFixture.Minute());
        Assert.Equal(LeaseRefusalReason.CoolingDown, fixture.Refusal().Reason);
        Assert.False(fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash) { Paid = PaidKeyUse.IfNoOtherIsEntitled }, out _, out _)); // it is entitled, and only has to wait
    }

    [Fact]
    public void A_reserved_key_serves_what_no_other_is_entitled_to_if_asked()
    {
        var fixture = new PoolFixture(keys: 2);
        fixture.Pool.Add([PoolFixture.Key(3) with { IsReserved = true }]);
        Assert.InRange(Paid(fixture, PaidKeyUse.IfNoOtherIsEntitled), 1, 2);
        fixture.Fail(1, PoolFixture.NotEntitled());
        fixture.Fail(2, PoolFixture.NotEntitled());

        Assert.Equal(3, Paid(fixture, PaidKeyUse.IfNoOtherIsEntitled));
        Assert.Equal(LeaseRefusalReason.NotEntitled, fixture.Refusal().Reason);
    }

    [Fact]
    public void Without_a_reserved_key_the_others_serve_what_must_be_paid_for()
    {
        var fixture = new PoolFixture(keys: 1);

        Assert.Equal(1, Paid(fixture, PaidKeyUse.Always));
    }

    [Fact]
    public void What_a_reserved_key_learned_survives_a_restart_apart_from_the_others()
    {
        var before = new PoolFixture(keys: 0);
        before.Pool.Add([PoolFixture.Key(1), PoolFixture.Key(2) with { IsReserved = true }]);
        Assert.True(before.Pool.TryLease(new LeaseRequest(PoolFixture.Flash) { Paid = PaidKeyUse.Always }, out var lease, out _));
        lease.Settle(AttemptReport.Failure(PoolFixture.Day()));

        var after = new PoolFixture(keys: 0);
        after.Pool.Add([PoolFixture.Key(1), PoolFixture.Key(2) with { IsReserved = true }]);
        after.Pool.Restore(before.Pool.TakeChanges());

        Assert.False(after.Pool.TryLease(new LeaseRequest(PoolFixture.Flash) { Paid = PaidKeyUse.Always }, out _, out var refusal));
        Assert.Equal(LeaseRefusalReason.CoolingDown, refusal.Reason);
        Assert.Equal([1], after.Serve(1));
    }

    private static PoolFixture Fixture(KeySelectionStrategy strategy, KeyPoolOptions options)
    {
        var fixture = new PoolFixture(keys: 0, options with { Selection = strategy });
        fixture.Pool.Add([PoolFixture.Key(1), PoolFixture.Key(2), PoolFixture.Key(3) with { Tier = ProjectTier.Paid }, PoolFixture.Key(4) with { Tier = ProjectTier.Paid }]);
        return fixture;
    }

    private static Dictionary<string, ModelLimits> Limit(long requestsPerMinute) => new() { [PoolFixture.Flash] = new(RequestsPerMinute: requestsPerMinute) };

    private static int Paid(PoolFixture fixture, PaidKeyUse use)
    {
        Assert.True(fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash) { Paid = use }, out var lease, out var refusal), refusal.ToString());
        lease.Settle(AttemptReport.Success(default));
        return lease.Credential.Id.Value;
    }

    private static Lease Take(PoolFixture fixture, int tokens)
    {
        Assert.True(fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, tokens), out var lease, out var refusal), refusal.ToString());
        lease.Settle(AttemptReport.Success(new TokenUsage(tokens, 0, 0, 0, 0, tokens)));
        return lease;
    }
}
