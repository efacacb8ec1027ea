using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Pollux.Affinity;
using Pollux.Protocols.Translation;
using Pollux.Storage;
using Pollux.Tests.Time;

namespace Pollux.Tests.Storage;

/// <summary>What the signature vault knows after a restart, for how long, and what of it lies readable on a disk.</summary>
[Trait("Feature", "MEM-4")]
public sealed class SignatureKeeperTests : StoreFolder
{
    private readonly ManualTimeProvider _clock = new();

    public static TheoryData<string?, string?> Kept => new()
    {
        { "gemini-1", "c2lnbmF0dXJl" },
        { null, "c2lnbmF0dXJl" },
        { "gemini-1", null },
        { "", "with \"quotes\" \\ and ünïcode" },
    };

    [Theory]
    [MemberData(nameof(Kept))]
    public async Task Calls_come_back_to_their_caller_as_they_were(string? geminiId, string? signature)
    {
        Process first = Start();
        string id = first.Vault.For("ann").Register(geminiId, signature);
        Assert.True(first.Vault.For("ann").TryGet(id, out SignedCall before));
        await StopAsync(first);

        Process second = Start();

        Assert.True(second.Vault.For("ann").TryGet(id, out SignedCall after));
        Assert.Equal((before.GeminiCallId, before.Signature.AsText()), (after.GeminiCallId, after.Signature.AsText()));
        Assert.Equal((geminiId, signature), (after.GeminiCallId, after.Signature.AsText()));
        Assert.False(second.Vault.For("bob").TryGet(id, out _));
    }

    [Theory]
    [InlineData(0, 6.9, true)]
    [InlineData(0, 7, false)]
    [InlineData(0.5, 7, false)] // a use on the first day writes nothing
    [InlineData(1, 7, true)]
    [InlineData(6, 12.9, true)]
    [InlineData(6, 13, false)]
    public async Task What_nobody_uses_for_a_week_is_gone(double usedAt, double askedAt, bool known)
    {
        Process first = Start();
        string id = first.Vault.For("ann").Register("gemini-1", "c2ln");
        _clock.Advance(TimeSpan.FromDays(usedAt));
        Assert.True(first.Vault.For("ann").TryGet(id, out _));
        await StopAsync(first);
        _clock.Advance(TimeSpan.FromDays(askedAt - usedAt));

        Assert.Equal(known, first.Vault.For("ann").TryGet(id, out _)); // without a restart too
        Process second = Start();
        Assert.Equal(known, second.Vault.For("ann").TryGet(id, out _));
        await StopAsync(second);
        Assert.Equal(known ? 1 : 0, Rows());
    }

    [Fact]
    public async Task A_gateway_that_runs_on_forgets_the_old_on_disk_within_an_hour_of_traffic()
    {
        Process first = Start();
        first.Vault.For("ann").Register("old", "c2ln");
        _clock.Advance(TimeSpan.FromDays(8));
        first.Vault.For("ann").Register("new", "c2ln");
        await StopAsync(first);

        Assert.Equal(1, Rows());
    }

    [Fact]
    public async Task Only_two_generations_are_stored_and_the_numbers_go_on()
    {
        const int perGeneration = 11; // ten fit, the eleventh fills it
        var ids = new List<string>();
        for (int process = 0; process < 3; process++)
        {
            Process one = Start(entries: 10);
            for (int i = 0; i < 20; i++)
                ids.Add(one.Vault.For("ann").Register("gemini", "c2ln"));
            Assert.InRange(one.Vault.Count, perGeneration, 2 * perGeneration);
            await StopAsync(one);
            Assert.InRange(Rows(), perGeneration, 2 * perGeneration);
        }

        SignatureStore store = Start(entries: 10).Store;
        HashSet<string> stored = [.. store.LoadPage(0).Select(row => store.Open(row).CallId)];
        Assert.Equal(ids.TakeLast(stored.Count), ids.Where(stored.Contains)); // the newest, without a gap
    }

    [Fact]
    public async Task What_is_used_outlives_its_generation()
    {
        Process first = Start(entries: 10);
        string used = first.Vault.For("ann").Register("gemini", "c2ln");
        for (int i = 0; i < 100; i++)
        {
            first.Vault.For("ann").Register("gemini", "c2ln");
            Assert.True(first.Vault.For("ann").TryGet(used, out _));
        }

        await StopAsync(first);
        Assert.True(Start(entries: 10).Vault.For("ann").TryGet(used, out _));
    }

    [Fact]
    public async Task Neither_callers_nor_calls_nor_signatures_lie_readable_on_the_disk()
    {
        Process first = Start();
        string id = first.Vault.For("caller-of-note").Register("telling-id-of-gemini", "c2VjcmV0LXRob3VnaHRz");
        await StopAsync(first);

        string bytes = string.Concat(Directory.GetFiles(Folder).Where(static file => !file.EndsWith("-shm", StringComparison.Ordinal)).Select(static file =>
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var all = new MemoryStream();
            stream.CopyTo(all);
            return Encoding.Latin1.GetString(all.ToArray());
        }));

        Assert.Contains("signatures", bytes, StringComparison.Ordinal); // the right files were read
        foreach (string secret in (ReadOnlySpan<string>)[id, "caller-of-note", "telling-id-of-gemini", "c2VjcmV0LXRob3VnaHRz"])
            Assert.DoesNotContain(secret, bytes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_of_another_master_key_is_left_alone_and_not_used()
    {
        Process first = Start();
        string id = first.Vault.For("ann").Register("gemini-1", "c2ln");
        await StopAsync(first);
        Run(Stranger(), "UPDATE signatures SET record = x'010000000000'");

        Process second = Start();
        Assert.False(second.Vault.For("ann").TryGet(id, out _));
        string other = second.Vault.For("ann").Register("gemini-2", "c2ln"); // it works on
        await StopAsync(second);

        Assert.Equal(2, Rows());
        Assert.True(Start().Vault.For("ann").TryGet(other, out _));
    }

    private int Rows()
    {
        using SqliteCommand command = Stranger().CreateCommand();
        command.CommandText = "SELECT count(*) FROM signatures";
        return (int)(long)command.ExecuteScalar()!;
    }

    private Process Start(int? entries = null)
    {
        Database database = Open();
        var writer = new StoreWriter(database, TimeProvider.System, NullLogger<StoreWriter>.Instance);
        const int entryBytes = 200 + 6; // with the quotes of the signature
        var vault = new SignatureVault(_clock, entries is { } count ? new SignatureVaultOptions { MaxGenerationBytes = count * entryBytes } : null);
        var store = new SignatureStore(database, writer, Box(database));
        new SignatureKeeper(vault, store, _clock, NullLogger<SignatureKeeper>.Instance).Restore();
        return new Process(vault, store, writer);
    }

    private static async Task StopAsync(Process process)
    {
        await process.Writer.StartAsync(TestContext.Current.CancellationToken);
        await process.Writer.StopAsync(TestContext.Current.CancellationToken);
    }

    private sealed record Process(SignatureVault Vault, SignatureStore Store, StoreWriter Writer);
}
