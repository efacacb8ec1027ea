using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class ProjectLinksTests
{
    private const long Minute = TimeSpan.TicksPerMinute;
    private const long Start = 1_000 * Minute;

    [Fact]
    public void Two_matches_that_fit_nobody_else_are_enough_and_two_of_one_minute_are_one()
    {
        var links = new ProjectLinks();
        links.Refused(1, [2], Start);
        links.Refused(1, [2], Start + Minute - 1);
        links.Refused(2, [1], Start + Minute - 1);
        Assert.False(links.TryTake(out _, out _, out _));

        links.Refused(2, [1], Start + Minute);
        Assert.True(links.HasFound);
        Assert.True(links.TryTake(out var low, out var high, out var events));
        Assert.Equal((1, 2, 2), (low, high, events));
        Assert.False(links.HasFound);
    }

    [Fact]
    public void Matches_that_fit_many_say_nothing()
    {
        var links = new ProjectLinks();
        for (var minute = 0; minute < 100; minute++)
            links.Refused(1, [2, 3, 4, 5, 6], Start + (minute * Minute));
        Assert.False(links.HasFound);
        Assert.Empty(links.PartnersOf(1));
    }

    [Fact]
    public void A_refusal_that_a_partner_does_not_explain_weakens_the_sign()
    {
        var links = new ProjectLinks();
        for (var minute = 0; minute < 100; minute += 3)
        {
            links.Refused(1, [2, 3], Start + (minute * Minute)); // weighs a half
            links.Refused(1, [], Start + ((minute + 1) * Minute)); // and this takes more
        }

        Assert.False(links.HasFound);
    }

    [Fact]
    public void A_refuted_pair_never_joins()
    {
        var links = new ProjectLinks();
        links.Refused(1, [2], Start);
        links.Refute(2, 1);
        for (var minute = 1; minute < 50; minute++)
            links.Refused(1, [2], Start + (minute * Minute));

        Assert.False(links.HasFound);
        Assert.Empty(links.PartnersOf(2));
    }

    [Fact]
    public void Of_two_that_are_two_projects_none_joins_as_long_as_both_fit_as_well()
    {
        var links = new ProjectLinks();
        links.Refused(1, [2, 3], Start);
        Assert.Equal([3], links.ComparedWith(2).Except([1])); // their own traffic tells
        links.Refute(2, 3);
        for (var minute = 1; minute < 20; minute++)
            links.Refused(1, [2, 3], Start + (minute * Minute));
        Assert.False(links.HasFound);

        for (var minute = 20; minute < 40; minute++)
            links.Refused(1, [3], Start + (minute * Minute)); // which weakens the other
        Assert.True(links.TryTake(out var low, out var high, out var _));
        Assert.Equal((1, 3), (low, high));
        Assert.False(links.HasFound);
    }

    [Fact]
    public void What_was_between_two_is_settled_when_a_third_is_refuted()
    {
        var links = new ProjectLinks();
        links.Refused(1, [2, 3], Start);
        links.Refute(2, 3);
        for (var minute = 1; minute < 6; minute++)
            links.Refused(1, [2, 3], Start + (minute * Minute));
        Assert.False(links.HasFound);

        links.Refute(1, 2);
        Assert.True(links.TryTake(out var low, out var high, out var _));
        Assert.Equal((1, 3), (low, high));
    }

    [Fact]
    public void Who_is_apart_from_one_is_apart_from_all_that_joined_it()
    {
        var links = new ProjectLinks();
        links.Refute(5, 9);
        links.Joined(joining: 9, target: 4);

        Assert.True(links.AreApart(4, 5));
        Assert.False(links.AreApart(4, 6));
    }

    [Fact]
    public void Linked_keys_share_one_quota_until_they_are_parted()
    {
        var fixture = Quota(keys: 2, perMinute: 3);
        fixture.Serve(1);
        Assert.True(fixture.Pool.Link(PoolFixture.Id(2), PoolFixture.Id(1), "the user said so"));
        Assert.False(fixture.Pool.Link(PoolFixture.Id(1), PoolFixture.Id(2), "again"));
        fixture.Serve(2);
        Assert.Equal(LeaseRefusalReason.CoolingDown, fixture.Refusal().Reason);
        var link = Assert.Single(fixture.Pool.Links);
        Assert.Equal((PoolFixture.Id(2), PoolFixture.Id(1), ProjectLinkSource.Given), (link.Credential, link.With, link.Source));

        Assert.True(fixture.Pool.Unlink(PoolFixture.Id(2)));
        Assert.False(fixture.Pool.Unlink(PoolFixture.Id(2)));
        Assert.Equal([2, 2, 2], fixture.Serve(3)); // it counts by itself again
        Assert.Equal(LeaseRefusalReason.CoolingDown, fixture.Refusal().Reason);
    }

    [Fact]
    public void Declared_projects_are_never_joined()
    {
        var fixture = new PoolFixture(keys: 1);
        fixture.Pool.Add([PoolFixture.Key(2) with { ProjectGroup = "a" }, PoolFixture.Key(3) with { ProjectGroup = "b" }]);

        Assert.False(fixture.Pool.Link(PoolFixture.Id(1), PoolFixture.Id(2), "x"));
        Assert.False(fixture.Pool.Link(PoolFixture.Id(2), PoolFixture.Id(3), "x"));
        fixture.Fail(2, Named("77"));
        fixture.Fail(3, Named("77"));
        Assert.Empty(fixture.Pool.Links);
    }

    [Fact]
    public void Errors_that_name_one_project_for_two_keys_join_them()
    {
        var fixture = new PoolFixture(keys: 4);
        fixture.Fail(1, Named("77"));
        fixture.Fail(1, Named("77"));
        Assert.Empty(fixture.Pool.Links);
        fixture.Fail(2, Named("77"));
        fixture.Fail(3, Named("88"));
        Assert.Equal((PoolFixture.Id(2), PoolFixture.Id(1), ProjectLinkSource.SameProjectNumber), Assert.Single(fixture.Pool.Links.Select(link => (link.Credential, link.With, link.Source))));

        fixture.Pool.Remove(PoolFixture.Id(3)); // who named it first is gone: the next takes its place
        fixture.Fail(4, Named("88"));
        fixture.Pool.Add([PoolFixture.Key(5)]);
        fixture.Fail(5, Named("88"));
        Assert.Equal(2, fixture.Pool.Links.Count);
    }

    [Fact]
    public void A_wall_of_a_key_that_is_out_holds_when_another_joins_it()
    {
        var fixture = new PoolFixture(keys: 3);
        fixture.Fail(1, PoolFixture.Minute(600));
        fixture.Pool.Disable(PoolFixture.Id(1));
        fixture.Pool.Link(PoolFixture.Id(2), PoolFixture.Id(1), "x");

        Assert.Equal([3, 3, 3], fixture.Serve(3));
    }

    [Fact]
    public void Keys_that_are_out_can_be_linked_where_nothing_is_known_of_the_other_yet()
    {
        var fixture = new PoolFixture(keys: 3);
        fixture.Serve(3);
        fixture.Pool.Disable(PoolFixture.Id(3));
        fixture.Pool.Link(PoolFixture.Id(3), PoolFixture.Id(2), "x");
        fixture.Pool.Unlink(PoolFixture.Id(3));

        Assert.True(fixture.Pool.Link(PoolFixture.Id(1), PoolFixture.Id(3), "x"));
        Assert.Equal(2, fixture.Serve(4).Distinct().Count());
    }

    [Fact]
    public void Pairs_found_at_once_become_one_project()
    {
        var fixture = new PoolFixture(keys: 4);
        fixture.Serve(4);
        for (var minute = 0; minute < 4; minute++)
            fixture.Pool.Signs.Refused(2, [1, 3], Start + (minute * Minute));

        fixture.Serve(1);
        Assert.Equal([PoolFixture.Id(2), PoolFixture.Id(2)], fixture.Pool.Links.Select(link => link.With));
        Assert.Same(fixture.Pool.Find(PoolFixture.Id(2))!.Group, fixture.Pool.Find(PoolFixture.Id(4))!.Group);
    }

    [Fact]
    public void What_is_taken_from_one_pool_and_given_to_another_counts_the_same()
    {
        var fixture = Quota(keys: 3, perMinute: 4);
        fixture.Pool.Add([PoolFixture.Key(4) with { ProjectGroup = "declared" }]);
        fixture.Serve(10);
        fixture.Fail(3, PoolFixture.NotEntitled(), PoolFixture.Pro);
        var changes = fixture.Pool.TakeChanges();
        Assert.Empty(fixture.Pool.TakeChanges());

        var restarted = Quota(keys: 3, perMinute: 4);
        restarted.Pool.Add([PoolFixture.Key(4) with { ProjectGroup = "declared" }]);
        Assert.Equal(changes.Count, restarted.Pool.Restore(changes));
        Assert.Equal(6, Enumerable.Range(0, 20).Count(_ => restarted.Pool.TryLease(new LeaseRequest(PoolFixture.Flash), out var _, out var _)));
        Assert.Equal(fixture.Pool.RestrictionsOf(PoolFixture.Id(3)).Single(held => held.Model == PoolFixture.Pro), Assert.Single(restarted.Pool.RestrictionsOf(PoolFixture.Id(3)), held => held.Model == PoolFixture.Pro));
        Assert.Equal(0, restarted.Pool.Restore([changes[0] with { Project = null, Credential = PoolFixture.Id(99) }]));
    }

    private static PoolFixture Quota(int keys, int perMinute) => new(keys, new KeyPoolOptions
    {
        SetLimits = new Dictionary<string, ModelLimits> { [PoolFixture.Flash] = new(perMinute) },
    });

    private static Fault Named(string project) => PoolFixture.Fault(FaultOwner.Model, FaultReason.ModelOverloaded, FaultEffect.OverloadHint) with { Project = project };
}
