using FsCheck;
using FsCheck.Fluent;
using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

/// <summary>A lease for what lives in the project of one key: that key or none.</summary>
public sealed class RequiredCredentialTests
{
    private static readonly DateTimeOffset Far = DateTimeOffset.MaxValue;

    /// <summary>
    /// Whatever happened to the keys before: it is the required one that is leased, never while it is out or told to wait, and always
    /// for a free call while it is in use.
    /// </summary>
    [Theory]
    [InlineData(KeySelectionStrategy.Quota)]
    [InlineData(KeySelectionStrategy.Score)]
    [InlineData(KeySelectionStrategy.LeastRecentlyUsed)]
    [InlineData(KeySelectionStrategy.RoundRobin)]
    public void It_is_that_key_or_none(KeySelectionStrategy strategy) =>
        Prop.ForAll(
            (from keys in Gen.Choose(1, 6) from seed in Gen.Choose(0, 100_000) select (keys, seed)).ToArbitrary(),
            shape =>
            {
                var fixture = new PoolFixture(shape.keys, new KeyPoolOptions { Selection = strategy, MaxFailures = 2 });
                var random = new Random(shape.seed);
                var toldUntil = new DateTimeOffset[shape.keys + 1];
                for (var step = 0; step < 300; step++)
                {
                    fixture.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(3_000)));
                    if (random.Next(3) == 0)
                    {
                        if (fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash), out var any, out _))
                            Settle(any, random, toldUntil, fixture.Now);
                        continue;
                    }

                    var required = PoolFixture.Id(random.Next(1, shape.keys + 1));
                    var isFree = random.Next(3) == 0;
                    var isUsable = fixture.Pool.Find(required)!.Health.Status == CredentialStatus.Usable;
                    var isLeased = fixture.Pool.TryLease(new LeaseRequest(PoolFixture.Flash) { Required = required, IsFree = isFree }, out var lease, out var refusal);
                    if (isLeased && (lease!.Credential.Id != required || !isUsable || (!isFree && fixture.Now < toldUntil[required.Value])))
                        return false;
                    if (!isLeased && isUsable && (isFree || refusal.Reason == LeaseRefusalReason.RequiredOut || refusal.EarliestAt <= fixture.Now))
                        return false;
                    if (!isLeased && !isUsable && refusal.Reason != LeaseRefusalReason.RequiredOut)
                        return false;
                    if (isLeased && isFree)
                        lease!.Settle(AttemptReport.Success(default));
                    else if (isLeased)
                        Settle(lease!, random, toldUntil, fixture.Now);
                    if (random.Next(40) == 0)
                        fixture.Pool.Enable(required);
                }

                return fixture.Pool.Snapshot().InFlight == 0;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_required_key_that_cools_down_says_when_and_another_is_not_taken()
    {
        var fixture = new PoolFixture(keys: 3);
        fixture.Fail(2, PoolFixture.Minute(30));

        Assert.False(fixture.Pool.TryLease(Needs(2), out _, out var refusal));
        Assert.Equal((LeaseRefusalReason.CoolingDown, fixture.Now.AddSeconds(30)), (refusal.Reason, refusal.EarliestAt));
        fixture.Clock.AdvanceTo(refusal.EarliestAt!.Value);
        Assert.True(fixture.Pool.TryLease(Needs(2), out var lease, out _));
        Assert.Equal(2, lease.Credential.Id.Value);
    }

    [Fact]
    public void One_that_is_out_removed_or_not_entitled_is_told_apart()
    {
        var fixture = new PoolFixture(keys: 3);
        fixture.Fail(1, PoolFixture.Invalid());
        fixture.Fail(3, PoolFixture.NotEntitled());

        Assert.Equal((LeaseRefusalReason.RequiredOut, fixture.Pool.Find(PoolFixture.Id(1))!.Health.NextRecheckAt), Refusal(fixture, 1));
        Assert.Equal(LeaseRefusalReason.NotEntitled, Refusal(fixture, 3).Reason);
        fixture.Pool.Remove(PoolFixture.Id(2));
        Assert.Equal((LeaseRefusalReason.RequiredOut, null), Refusal(fixture, 2));
        Assert.Equal(LeaseRefusalReason.RequiredOut, Refusal(fixture, 99).Reason);
    }

    [Fact]
    public void A_reserved_key_serves_what_it_owns()
    {
        var fixture = new PoolFixture(keys: 1);
        fixture.Pool.Add([PoolFixture.Key(7) with { IsReserved = true }]);

        Assert.True(fixture.Pool.TryLease(Needs(2), out var lease, out _));
        Assert.Equal(2, lease.Credential.Id.Value);
    }

    [Fact]
    public void Who_waits_for_one_key_holds_up_nobody_and_is_served_first_when_it_is_back()
    {
        var fixture = new PoolFixture(keys: 2);
        var room = new WaitingRoom(fixture.Pool, fixture.Clock, 10);
        List<string> served = [];
        fixture.Fail(1, PoolFixture.Minute(30));
        Assert.NotNull(room.Enter(Needs(1), "ann", Far, out _, out _, ended => served.Add($"ann {ended.Lease?.Credential.Id.Value}")));

        Assert.Null(room.Enter(new LeaseRequest(PoolFixture.Flash), "bob", Far, out var other, out _, static _ => { })); // the second key is free
        Assert.Equal(2, other!.Credential.Id.Value);
        other.Settle(AttemptReport.Failure(PoolFixture.Minute(60)));
        Assert.NotNull(room.Enter(new LeaseRequest(PoolFixture.Flash), "bob", Far, out _, out _, ended => served.Add($"bob {ended.Lease?.Credential.Id.Value}")));
        Assert.Equal(2, room.Length);

        fixture.Clock.Advance(TimeSpan.FromSeconds(31));
        room.Pump();

        Assert.Equal("ann 1", served[0]);
    }

    private static (LeaseRefusalReason Reason, DateTimeOffset? EarliestAt) Refusal(PoolFixture fixture, int number)
    {
        Assert.False(fixture.Pool.TryLease(Needs(number), out _, out var refusal));
        return (refusal.Reason, refusal.EarliestAt);
    }

    private static LeaseRequest Needs(int number) => new(PoolFixture.Flash) { Required = PoolFixture.Id(number) };

    private static void Settle(Lease lease, Random random, DateTimeOffset[] toldUntil, DateTimeOffset now)
    {
        switch (random.Next(6))
        {
            case 0:
                toldUntil[lease.Credential.Id.Value] = now.AddSeconds(20);
                lease.Settle(AttemptReport.Failure(PoolFixture.Minute(20)));
                break;
            case 1:
                lease.Settle(AttemptReport.Failure(PoolFixture.Refused()));
                break;
            default:
                lease.Settle(AttemptReport.Success(default));
                break;
        }
    }
}
