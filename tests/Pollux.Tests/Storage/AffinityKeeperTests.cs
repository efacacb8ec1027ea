using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Pollux.Affinity;
using Pollux.KeyPool;
using Pollux.Storage;
using Pollux.Tests.Time;
using Pool = Pollux.KeyPool.KeyPool;

namespace Pollux.Tests.Storage;

/// <summary>What the affinity ledger knows after a restart, and what of it lies readable on a disk.</summary>
[Trait("Feature", "MEM-4")]
public sealed class AffinityKeeperTests : StoreFolder
{
    private const string First = "AQ.first-of-the-ledger-0001";
    private const string Second = "AQ.second-of-the-ledger-002";

    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task Resources_come_back_under_the_new_numbers_of_their_credentials()
    {
        Process first = Start(First, Second);
        first.Ledger.Remember(File("files/a", first.Id(First), "ann"));
        first.Ledger.Remember(File("files/b", first.Id(Second), "ann") with { Payload = "capability"u8.ToArray() });
        first.Ledger.Remember(File("files/forgotten", first.Id(Second), "ann"));
        first.Ledger.Forget("files/forgotten");
        first.Ledger.Extend("files/b", _clock.GetUtcNow().AddDays(5));
        await StopAsync(first);
        _clock.Advance(TimeSpan.FromDays(3)); // a is over, b was extended

        Process second = Start(Second); // it is the first of the pool now

        Assert.Equal(1, second.Ledger.Count);
        Assert.True(second.Ledger.TryFind(ResourceKind.File, "files/b", "ann", out RemoteResource? found));
        Assert.Equal(second.Id(Second), found.Credential);
        Assert.NotEqual(first.Id(Second), found.Credential);
        Assert.Equal("capability", Encoding.UTF8.GetString(found.Payload.Span));
        Assert.Equal(ResourceClaim.Foreign, second.Ledger.Find("files/b", "bob", out _));
    }

    [Fact]
    public async Task What_a_removed_credential_owned_is_dropped_from_the_disk_too()
    {
        Process first = Start(First, Second);
        first.Ledger.Remember(File("files/a", first.Id(First), "ann"));
        first.Ledger.Remember(File("files/b", first.Id(Second), "ann"));
        await StopAsync(first);

        Process second = Start(Second);
        Assert.Equal(ResourceClaim.Unknown, second.Ledger.Find("files/a", "ann", out _));
        await StopAsync(second);

        Assert.Single(Store(Database()).LoadAll());
    }

    [Fact]
    public async Task Neither_names_nor_owners_nor_payloads_lie_readable_on_the_disk()
    {
        Process first = Start(First);
        first.Ledger.Remember(File("files/very-telling-name", first.Id(First), "caller-of-note") with { Payload = "https://upload.test/?upload_id=SECRET"u8.ToArray() });
        await StopAsync(first);

        string bytes = string.Concat(Directory.GetFiles(Folder).Where(static file => !file.EndsWith("-shm", StringComparison.Ordinal)).Select(static file =>
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var all = new MemoryStream();
            stream.CopyTo(all);
            return Encoding.Latin1.GetString(all.ToArray());
        }));

        Assert.Contains("affinity", bytes, StringComparison.Ordinal); // the right files were read
        foreach (string secret in (ReadOnlySpan<string>)["very-telling-name", "caller-of-note", "SECRET"])
            Assert.DoesNotContain(secret, bytes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_of_another_master_key_is_left_alone_and_not_used()
    {
        Process first = Start(First);
        first.Ledger.Remember(File("files/a", first.Id(First), "ann"));
        await StopAsync(first);
        Run(Stranger(), "UPDATE affinity SET record = x'010000000000'");

        Process second = Start(First);
        await StopAsync(second);

        Assert.Equal(0, second.Ledger.Count);
        Assert.Single(Store(Database()).LoadAll());
    }

    private RemoteResource File(string name, CredentialId credential, string owner) => new(name, ResourceKind.File, credential, owner, _clock.GetUtcNow().AddDays(2));

    private Database Database() => Open();

    private AffinityStore Store(Database database) =>
        new(database, new StoreWriter(database, TimeProvider.System, NullLogger<StoreWriter>.Instance), Box(database));

    private Process Start(params string[] keys)
    {
        Database database = Open();
        SecretBox box = Box(database);
        StoreWriter writer = new StoreWriter(database, TimeProvider.System, NullLogger<StoreWriter>.Instance);
        var pool = new Pool(_clock, new Random(1), new KeyPoolOptions());
        PoolKeeper keeper = Own(new PoolKeeper(
            pool, database, new KeyStore(database, box, _clock, writer), new QuotaStore(database, writer), new ProjectLinkStore(database, writer), new CredentialEventStore(database, writer), _clock, NullLogger<PoolKeeper>.Instance));
        keeper.Restore([.. keys.Select(static key => new KeyEntry(key))]);
        var ledger = new AffinityLedger(_clock, new AffinityLedgerOptions());
        new AffinityKeeper(ledger, new AffinityStore(database, writer, box), keeper, _clock, NullLogger<AffinityKeeper>.Instance).Restore();
        return new Process(pool, ledger, writer);
    }

    private static async Task StopAsync(Process process)
    {
        await process.Writer.StartAsync(TestContext.Current.CancellationToken);
        await process.Writer.StopAsync(TestContext.Current.CancellationToken);
    }

    private sealed record Process(Pool Pool, AffinityLedger Ledger, StoreWriter Writer)
    {
        public CredentialId Id(string key) => Pool.Find(new SecretText(key))!.Id;
    }
}
