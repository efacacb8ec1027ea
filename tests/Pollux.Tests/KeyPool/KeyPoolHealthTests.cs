using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class KeyPoolHealthTests
{
    [Fact]
    public void Failures_of_the_key_put_it_out_when_the_count_reaches_the_limit()
    {
        var fixture = new PoolFixture(keys: 2);
        fixture.Fail(1, PoolFixture.Refused());
        fixture.Fail(1, PoolFixture.Refused(), PoolFixture.Pro);
        Assert.Equal((CredentialStatus.Usable, 2), Health(fixture, 1));
        fixture.Fail(1, PoolFixture.Refused());

        Assert.Equal((CredentialStatus.Out, 3), Health(fixture, 1));
        Assert.Equal([2, 2, 2], fixture.Serve(3));
        Assert.Equal([2, 2], fixture.Serve(2, PoolFixture.Pro));
        var happened = Assert.Single(fixture.Pool.EventsAfter(0));
        Assert.Equal((CredentialEventKind.WentOut, FaultReason.CredentialRefused, "upstream says CredentialRefused"), (happened.Kind, happened.Reason!.Value, happened.Message));
    }

    [Fact]
    public void A_success_resets_the_count()
    {
        var fixture = new PoolFixture(keys: 1);
        for (var i = 0; i < 5; i++)
        {
            fixture.Fail(1, PoolFixture.Refused());
            fixture.Fail(1, PoolFixture.Refused());
            fixture.Succeed(1);
        }

        Assert.Equal((CredentialStatus.Usable, 0), Health(fixture, 1));
    }

    [Fact]
    public void Failures_that_are_not_the_keys_never_count()
    {
        var fixture = new PoolFixture(keys: 1);
        for (var i = 0; i < 10; i++)
        {
            fixture.Fail(1, PoolFixture.Network());
            fixture.Fail(1, PoolFixture.Fault(FaultOwner.Client, FaultReason.RequestInvalid, FaultEffect.None));
            fixture.Fail(1, PoolFixture.Minute(1), PoolFixture.Pro);
            fixture.Clock.Advance(TimeSpan.FromSeconds(1));
            fixture.Lease().Settle(new AttemptReport(AttemptOutcome.Cancelled));
            fixture.Lease().Settle(new AttemptReport(AttemptOutcome.LostHedge));
        }

        Assert.Equal((CredentialStatus.Usable, 0), Health(fixture, 1));
        Assert.Empty(fixture.Pool.EventsAfter(0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Zero_failures_allowed_means_never_out(int maxFailures)
    {
        var fixture = new PoolFixture(keys: 1, new KeyPoolOptions { MaxFailures = maxFailures });
        for (var i = 0; i < 20; i++)
            fixture.Fail(1, PoolFixture.Refused());
        Assert.Equal((CredentialStatus.Usable, 20), Health(fixture, 1));

        fixture.Fail(1, PoolFixture.Invalid());
        Assert.Equal(CredentialStatus.Out, Health(fixture, 1).Status);
    }

    [Fact]
    public void Options_change_while_the_pool_runs()
    {
        var fixture = new PoolFixture(keys: 1);
        fixture.Fail(1, PoolFixture.Refused());
        fixture.Pool.Options = fixture.Pool.Options with { MaxFailures = 2 };
        fixture.Fail(1, PoolFixture.Refused());

        Assert.Equal(CredentialStatus.Out, Health(fixture, 1).Status);
    }

    [Fact]
    public void An_invalid_key_is_out_at_once_and_all_out_is_told_with_the_next_recheck()
    {
        var fixture = new PoolFixture(keys: 2);
        fixture.Fail(1, PoolFixture.Invalid());
        Assert.Equal([2, 2], fixture.Serve(2));
        fixture.Fail(2, PoolFixture.Unpaid());

        var refusal = fixture.Refusal();
        Assert.Equal(LeaseRefusalReason.AllOut, refusal.Reason);
        Assert.InRange(refusal.EarliestAt!.Value - fixture.Now, TimeSpan.FromHours(0.9), TimeSpan.FromHours(1.1));
        var snapshot = fixture.Pool.Snapshot();
        Assert.Equal((2, 0, 1, 1, 0), (snapshot.Total, snapshot.Usable, snapshot.Out, snapshot.Stopped, snapshot.Disabled));
        Assert.Equal(refusal.EarliestAt, snapshot.NextRecheckAt);
    }

    [Fact]
    public void An_empty_pool_says_so()
    {
        var fixture = new PoolFixture(keys: 0);

        Assert.Equal(new LeaseRefusal(LeaseRefusalReason.NoKeys, null), fixture.Refusal());
        fixture.Pool.Add([PoolFixture.Key(1)]);
        fixture.Pool.Remove(PoolFixture.Id(1));
        Assert.Equal(LeaseRefusalReason.NoKeys, fixture.Refusal().Reason);
    }

    [Fact]
    public void Rechecks_back_off_per_key_up_to_a_day_and_a_working_key_comes_back()
    {
        var fixture = new PoolFixture(keys: 1);
        fixture.Fail(1, PoolFixture.Invalid());
        Assert.Empty(fixture.Pool.DueForRecheck(10));

        double[] hours = [1, 2, 4, 8, 16, 24, 24];
        foreach (var expected in hours)
        {
            var next = fixture.Pool.Find(PoolFixture.Id(1))!.Health.NextRecheckAt!.Value;
            Assert.InRange((next - fixture.Now).TotalHours, expected * 0.9, expected * 1.1);
            fixture.Clock.AdvanceTo(next);
            Assert.Equal([PoolFixture.Id(1)], fixture.Pool.DueForRecheck(10));
            fixture.Pool.RecordCheck(PoolFixture.Id(1), PoolFixture.Invalid());
            Assert.Empty(fixture.Pool.DueForRecheck(10));
        }
        fixture.Pool.RecordCheck(PoolFixture.Id(1), fault: null);

        Assert.Equal((CredentialStatus.Usable, 0), Health(fixture, 1));
        Assert.Equal([CredentialEventKind.WentOut, CredentialEventKind.CameBack], fixture.Pool.EventsAfter(0).Select(happened => happened.Kind));
        fixture.Lease().Dispose();
    }

    [Fact]
    public void A_broken_network_changes_no_keys_state_in_a_check()
    {
        var fixture = new PoolFixture(keys: 2);
        fixture.Fail(1, PoolFixture.Invalid());
        var before = fixture.Pool.Find(PoolFixture.Id(1))!.Health;
        for (var i = 0; i < 10; i++)
        {
            fixture.Pool.RecordCheck(PoolFixture.Id(1), PoolFixture.Network());
            fixture.Pool.RecordCheck(PoolFixture.Id(2), PoolFixture.Network());
        }

        Assert.Equal(before, fixture.Pool.Find(PoolFixture.Id(1))!.Health with { NextRecheckAt = before.NextRecheckAt });
        Assert.Equal((CredentialStatus.Usable, 0), Health(fixture, 2));
    }

    [Fact]
    public void A_quota_wall_in_a_check_proves_the_key()
    {
        var fixture = new PoolFixture(keys: 1);
        fixture.Fail(1, PoolFixture.Unpaid());
        fixture.Pool.RecordCheck(PoolFixture.Id(1), PoolFixture.Minute());

        Assert.Equal(CredentialStatus.Usable, Health(fixture, 1).Status);
    }

    [Fact]
    public void A_start_up_check_puts_an_invalid_key_out()
    {
        var fixture = new PoolFixture(keys: 2);
        fixture.Pool.RecordCheck(PoolFixture.Id(2), PoolFixture.Invalid());
        fixture.Pool.RecordCheck(PoolFixture.Id(1), fault: null);

        Assert.Equal([1, 1], fixture.Serve(2));
    }

    [Fact]
    public void No_recheck_is_due_when_they_are_switched_off()
    {
        var fixture = new PoolFixture(keys: 1, new KeyPoolOptions { RecheckInterval = TimeSpan.Zero });
        fixture.Fail(1, PoolFixture.Invalid());

        Assert.Equal(new LeaseRefusal(LeaseRefusalReason.AllOut, null), fixture.Refusal());
    }

    [Fact]
    public void Only_an_operator_brings_back_what_an_operator_took_out()
    {
        var fixture = new PoolFixture(keys: 2);
        Assert.True(fixture.Pool.Disable(PoolFixture.Id(1)));
        fixture.Pool.RecordCheck(PoolFixture.Id(1), fault: null);
        Assert.Equal([2, 2], fixture.Serve(2));
        Assert.True(fixture.Pool.Enable(PoolFixture.Id(1)));
        Assert.Contains(1, fixture.Serve(2));

        fixture.Fail(1, PoolFixture.Invalid());
        Assert.True(fixture.Pool.Enable(PoolFixture.Id(1))); // no way around its own failure
        Assert.Equal([2, 2], fixture.Serve(2));
        Assert.True(fixture.Pool.Revive(PoolFixture.Id(1)));
        Assert.Contains(1, fixture.Serve(2));
        Assert.False(fixture.Pool.Disable(PoolFixture.Id(9)) || fixture.Pool.Enable(PoolFixture.Id(9)) || fixture.Pool.Revive(PoolFixture.Id(9)) || fixture.Pool.Remove(PoolFixture.Id(9)));
    }

    [Fact]
    public void Revive_gives_a_clean_slate_and_a_removed_key_leaves_none()
    {
        var fixture = new PoolFixture(keys: 2);
        fixture.Fail(1, PoolFixture.Day());
        fixture.Pool.Revive(PoolFixture.Id(1));
        Assert.Contains(1, fixture.Serve(2));

        var running = fixture.Lease(affinity: PoolFixture.Id(1));
        Assert.True(fixture.Pool.Remove(PoolFixture.Id(1)));
        Assert.Null(fixture.Pool.Find(PoolFixture.Id(1)));
        running.Settle(AttemptReport.Failure(PoolFixture.Minute()));
        Assert.Equal([2, 2], fixture.Serve(2));
        Assert.Equal(KeyImportVerdict.Added, fixture.Pool.Add([PoolFixture.Key(1)]).Lines[0].Verdict);
        Assert.Equal(PoolFixture.Id(3), fixture.Pool.Find(new SecretText(PoolFixture.Key(1).Text))!.Id); // numbers are not used again
    }

    [Fact]
    public void Attempts_still_running_when_a_key_goes_out_add_nothing()
    {
        var fixture = new PoolFixture(keys: 1);
        var leases = Enumerable.Range(0, 5).Select(_ => fixture.Lease()).ToList();
        leases.ForEach(lease => lease.Settle(AttemptReport.Failure(PoolFixture.Invalid())));

        Assert.Equal((CredentialStatus.Out, 1), Health(fixture, 1));
        Assert.Single(fixture.Pool.EventsAfter(0));
    }

    [Fact]
    public void A_lease_counts_once_however_often_it_is_settled()
    {
        var fixture = new PoolFixture(keys: 1);
        using (var lease = fixture.Lease())
        {
            Assert.Throws<ArgumentException>(() => lease.Settle(new AttemptReport(AttemptOutcome.Failed)));
            lease.Settle(AttemptReport.Success(default));
            lease.Settle(AttemptReport.Failure(PoolFixture.Invalid()));
        }

        var credential = fixture.Pool.Find(PoolFixture.Id(1))!;
        Assert.Equal((0, 1L, 0L, CredentialStatus.Usable), (credential.InFlight, credential.Succeeded, credential.Failed, credential.Health.Status));
    }

    [Fact]
    public void The_other_transport_is_kept_once_it_works()
    {
        var fixture = new PoolFixture(keys: 1);
        fixture.Pool.SetTransport(PoolFixture.Id(1), KeyTransport.Query);
        fixture.Pool.SetTransport(PoolFixture.Id(1), KeyTransport.Query);

        Assert.Equal(KeyTransport.Query, fixture.Lease().Credential.Transport);
        Assert.Single(fixture.Pool.EventsAfter(0));
    }

    [Fact]
    public void Events_are_bounded_and_read_from_where_one_stopped()
    {
        var fixture = new PoolFixture(keys: 1);
        for (var i = 0; i < KeyPoolOptions.MaxEvents; i++)
        {
            fixture.Pool.Disable(PoolFixture.Id(1));
            fixture.Pool.Enable(PoolFixture.Id(1));
        }

        var events = fixture.Pool.EventsAfter(0);
        Assert.Equal(KeyPoolOptions.MaxEvents, events.Count);
        Assert.Equal([events[^1]], fixture.Pool.EventsAfter(events[^2].Sequence));
    }

    [Fact]
    public void Import_tells_new_known_sample_and_broken_apart_without_showing_them()
    {
        var fixture = new PoolFixture(keys: 1);
        var import = fixture.Pool.Add(
        [
            new("  AIzaSyCANARYcanary0123456789abcdefgx7Qf  ", ProjectGroup: "alpha", Transport: KeyTransport.Query),
            new("AIzaSyCANARYcanary0123456789abcdefgx7Qf"),
            PoolFixture.Key(1),
            new("key1"),
            new("<your key>"),
            new(""),
            new("with blank"),
            new("{\"client_email\":\"a@b\"}", CredentialKind.VertexServiceAccount, Name: "a@b"),
            new("AQ.off-from-the-start-123", Disabled: true),
        ]);

        Assert.Equal(
            [
                KeyImportVerdict.Added, KeyImportVerdict.Duplicate, KeyImportVerdict.Duplicate, KeyImportVerdict.Placeholder, KeyImportVerdict.Placeholder,
                KeyImportVerdict.Malformed, KeyImportVerdict.Malformed, KeyImportVerdict.Added, KeyImportVerdict.Added,
            ],
            import.Lines.Select(line => line.Verdict));
        Assert.Equal(["AIza…x7Qf#2", "AIza…x7Qf#2", "AQ.t…ijkl#1", "", "", "", "", "a@b#3", "AQ.o…-123#4"], import.Lines.Select(line => line.Label));
        Assert.Equal((3, 2), (import.Count(KeyImportVerdict.Added), import.Count(KeyImportVerdict.Malformed)));
        var credential = fixture.Pool.Find(PoolFixture.Id(2))!;
        Assert.Equal(("alpha", KeyTransport.Query, CredentialKind.GeminiApiKey), (credential.ProjectGroup, credential.Transport, credential.Kind));
        Assert.Equal(CredentialStatus.Disabled, Health(fixture, 4).Status);
        Assert.Equal(4, fixture.Pool.Count);
    }

    private static (CredentialStatus Status, int Failures) Health(PoolFixture fixture, int number)
    {
        var health = fixture.Pool.Find(PoolFixture.Id(number))!.Health;
        return (health.Status, health.ConsecutiveFailures);
    }
}
