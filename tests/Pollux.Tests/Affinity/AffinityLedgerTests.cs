using Pollux.Affinity;
using Pollux.KeyPool;
using Pollux.Tests.Time;

namespace Pollux.Tests.Affinity;

/// <summary>Whose a remote resource is, for how long it is known, and how much is held.</summary>
[Trait("Feature", "MEM-4")]
public sealed class AffinityLedgerTests
{
    private static readonly CredentialId One = new(1);
    private static readonly CredentialId Two = new(2);

    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void A_resource_is_found_by_its_owner_and_foreign_to_all_others()
    {
        AffinityLedger ledger = Ledger();
        Assert.True(ledger.Remember(File("files/a", "ann") with { Payload = new byte[] { 1, 2 } }));

        Assert.Equal(ResourceClaim.Own, ledger.Find("files/a", "ann", out RemoteResource? own));
        Assert.Equal((One, "ann", 2), (own!.Credential, own.Owner, own.Payload.Length));
        Assert.Equal(ResourceClaim.Foreign, ledger.Find("files/a", "bob", out RemoteResource? foreign));
        Assert.Null(foreign);
        Assert.Equal(ResourceClaim.Unknown, ledger.Find("files/b", "ann", out _));
        Assert.Equal(ResourceClaim.Unknown, ledger.Find("files/A", "ann", out _));
    }

    [Theory]
    [InlineData(ResourceKind.File, true)]
    [InlineData(ResourceKind.CachedContent, false)]
    [InlineData(ResourceKind.Batch, false)]
    [InlineData(ResourceKind.LiveHandle, false)]
    internal void Only_files_may_be_shared(ResourceKind kind, bool shared)
    {
        AffinityLedger ledger = Ledger(new AffinityLedgerOptions { IsolatesFiles = false });
        ledger.Remember(File("x/1", "ann") with { Kind = kind });

        Assert.Equal(shared ? ResourceClaim.Own : ResourceClaim.Foreign, ledger.Find("x/1", "bob", out _));
        Assert.Equal(shared ? 1 : 0, ledger.List(kind, "bob", long.MaxValue, 10, out _).Count);
        Assert.Single(ledger.List(kind, "ann", long.MaxValue, 10, out _));
    }

    [Theory]
    [InlineData(2, "ann", ResourceKind.File)]
    [InlineData(1, "bob", ResourceKind.File)]
    [InlineData(1, "ann", ResourceKind.Batch)]
    internal void A_name_has_one_owner_until_it_is_forgotten(int credential, string owner, ResourceKind kind)
    {
        AffinityLedger ledger = Ledger();
        ledger.Remember(File("files/a", "ann"));
        RemoteResource other = File("files/a", owner) with { Credential = new CredentialId(credential), Kind = kind };

        Assert.False(ledger.Remember(other));
        Assert.Equal(ResourceClaim.Own, ledger.Find("files/a", "ann", out RemoteResource? known));
        Assert.Equal(One, known!.Credential);

        Assert.True(ledger.Forget("files/a"));
        Assert.True(ledger.Remember(other));
    }

    [Fact]
    public void What_expired_is_unknown_at_once_and_its_name_is_free()
    {
        AffinityLedger ledger = Ledger();
        ledger.Remember(File("files/a", "ann"));
        _clock.Advance(TimeSpan.FromHours(48) - TimeSpan.FromTicks(1));
        Assert.Equal(ResourceClaim.Own, ledger.Find("files/a", "ann", out _));

        _clock.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(ResourceClaim.Unknown, ledger.Find("files/a", "ann", out _));
        Assert.Equal(ResourceClaim.Unknown, ledger.Find("files/a", "bob", out _));
        Assert.Empty(ledger.List(ResourceKind.File, "ann", long.MaxValue, 10, out _));
        Assert.False(ledger.Extend("files/a", _clock.GetUtcNow().AddDays(1)));
        Assert.False(ledger.Remember(File("files/b", "ann", TimeSpan.Zero)));
        Assert.True(ledger.Remember(File("files/a", "bob") with { Credential = Two }));
        Assert.Equal(1, ledger.Count);
    }

    [Fact]
    public void Who_touches_extends_and_never_shortens()
    {
        AffinityLedger ledger = Ledger();
        ledger.Remember(File("files/a", "ann", TimeSpan.FromHours(1)));

        Assert.True(ledger.Extend("files/a", _clock.GetUtcNow().AddHours(3)));
        Assert.True(ledger.Extend("files/a", _clock.GetUtcNow().AddHours(2)));
        _clock.Advance(TimeSpan.FromHours(2.5));

        Assert.Equal(ResourceClaim.Own, ledger.Find("files/a", "ann", out _));
        Assert.Empty(ledger.ForgetExpired(10));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("files/a", Assert.Single(ledger.ForgetExpired(10)).Name);
        Assert.Equal((0, 0L), (ledger.Count, ledger.Bytes));
    }

    [Fact]
    public void A_full_ledger_forgets_what_expired_and_then_what_was_used_longest_ago()
    {
        AffinityLedger ledger = Ledger(new AffinityLedgerOptions { MaxEntries = 3 });
        ledger.Remember(File("files/old", "ann"));
        ledger.Remember(File("files/used", "ann"));
        ledger.Remember(File("files/short", "ann", TimeSpan.FromMinutes(1)));
        _clock.Advance(TimeSpan.FromMinutes(2));
        ledger.Find("files/old", "ann", out _);

        ledger.Remember(File("files/new", "ann"));
        Assert.Equal(["files/new", "files/used", "files/old"], Names(ledger, "ann"));
        ledger.Remember(File("files/newer", "ann"));

        Assert.Equal(["files/newer", "files/new", "files/old"], Names(ledger, "ann"));
    }

    [Fact]
    public void Bytes_are_bounded_too()
    {
        AffinityLedger ledger = Ledger(new AffinityLedgerOptions { MaxBytes = 64 * 1024 });
        for (int i = 0; i < 100; i++)
            Assert.True(ledger.Remember(File($"files/{i}", "ann") with { Payload = new byte[8 * 1024] }));

        Assert.InRange(ledger.Bytes, 1, 64 * 1024);
        Assert.InRange(ledger.Count, 5, 8);
        Assert.False(ledger.Remember(File("files/x", "ann") with { Payload = new byte[AffinityLedger.MaxPayloadBytes + 1] }));
        Assert.False(ledger.Remember(File(new string('a', AffinityLedger.MaxNameLength + 1), "ann")));
    }

    [Fact]
    public void A_list_is_paged_from_the_newest_and_holds_nothing_of_others()
    {
        AffinityLedger ledger = Ledger();
        for (int i = 0; i < 7; i++)
        {
            ledger.Remember(File($"files/ann{i}", "ann"));
            ledger.Remember(File($"files/bob{i}", "bob"));
            ledger.Remember(File($"batches/ann{i}", "ann") with { Kind = ResourceKind.Batch });
        }

        var seen = new List<string>();
        long? place = long.MaxValue;
        while (place is { } before)
        {
            seen.AddRange(ledger.List(ResourceKind.File, "ann", before, 3, out place).Select(static file => file.Name));
            ledger.Remember(File($"files/later{seen.Count}", "ann")); // what comes meanwhile does not shift the pages
        }

        Assert.Equal(["files/ann6", "files/ann5", "files/ann4", "files/ann3", "files/ann2", "files/ann1", "files/ann0"], seen);
    }

    [Fact]
    public void Looking_up_allocates_nothing()
    {
        AffinityLedger ledger = Ledger();
        ledger.Remember(File("files/a", "ann"));
        ledger.Find("files/a", "ann", out _);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            ledger.Find("files/a", i % 2 == 0 ? "ann" : "bob", out _);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Every_change_is_told_once_and_in_order()
    {
        AffinityLedger ledger = Ledger(new AffinityLedgerOptions { MaxEntries = 1 });
        var told = new List<string>();
        ledger.Changed = (resource, isGone) => told.Add((isGone ? "-" : "+") + resource.Name);

        ledger.Restore(File("files/stored", "ann"));
        ledger.Remember(File("files/a", "ann"));
        ledger.Extend("files/a", _clock.GetUtcNow().AddDays(9));
        ledger.Forget("files/a");
        ledger.Forget("files/a");

        Assert.Equal(["-files/stored", "+files/a", "+files/a", "-files/a"], told);
    }

    [Fact]
    public void Many_threads_leave_it_whole()
    {
        AffinityLedger ledger = Ledger(new AffinityLedgerOptions { MaxEntries = 50 });
        Parallel.For(0, 4, worker =>
        {
            for (int i = 0; i < 2000; i++)
            {
                string name = $"files/{(i * 7) % 120}", owner = $"caller{worker % 2}";
                if (ledger.Find(name, owner, out RemoteResource? found) == ResourceClaim.Own)
                    Assert.Equal(owner, found!.Owner);
                ledger.Remember(File(name, owner));
                if (i % 5 == 0)
                    ledger.Forget(name);
                if (i % 11 == 0)
                    Assert.All(ledger.List(ResourceKind.File, owner, long.MaxValue, 20, out _), file => Assert.Equal(owner, file.Owner));
            }
        });

        Assert.InRange(ledger.Count, 0, 50);
        Assert.Equal(ledger.Count, ledger.List(ResourceKind.File, "caller0", long.MaxValue, 100, out _).Count + ledger.List(ResourceKind.File, "caller1", long.MaxValue, 100, out _).Count);
    }

    private static string[] Names(AffinityLedger ledger, string caller) => [.. ledger.List(ResourceKind.File, caller, long.MaxValue, 100, out _).Select(static file => file.Name)];

    private AffinityLedger Ledger(AffinityLedgerOptions? options = null) => new(_clock, options ?? new AffinityLedgerOptions());

    private RemoteResource File(string name, string owner, TimeSpan? life = null) =>
        new(name, ResourceKind.File, One, owner, _clock.GetUtcNow() + (life ?? TimeSpan.FromHours(48)));
}
