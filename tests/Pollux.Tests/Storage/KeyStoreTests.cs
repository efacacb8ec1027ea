using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Pollux.KeyPool;
using Pollux.Storage;

namespace Pollux.Tests.Storage;

public sealed class KeyStoreTests(ITestOutputHelper output) : StoreFolder
{
    private static readonly DateTimeOffset At = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Import_tells_new_ones_from_duplicates_samples_and_what_cannot_be_a_key()
    {
        KeyStore store = Store();
        Import(store, [new KeyEntry(Key(1))], KeyOrigin.Console);

        StoredKeyImport import = Import(store, [new KeyEntry(Key(1)), new KeyEntry($" {Key(2)} "), new KeyEntry(Key(2)), new KeyEntry("your_api_key"), new KeyEntry("two words"), new KeyEntry("")], KeyOrigin.Imported);

        Assert.Equal(
            [KeyImportVerdict.Duplicate, KeyImportVerdict.Added, KeyImportVerdict.Duplicate, KeyImportVerdict.Placeholder, KeyImportVerdict.Malformed, KeyImportVerdict.Malformed],
            import.Verdicts);
        Assert.Equal([Key(1), Key(2)], Secrets(store));
    }

    [Fact]
    public void A_dry_run_says_the_same_and_writes_nothing()
    {
        KeyStore store = Store();
        Import(store, [new KeyEntry(Key(1))], KeyOrigin.Imported);
        KeyEntry[] offered = [new(Key(1)), new(Key(2)), new(Key(2)), new("key1")];

        StoredKeyImport tried = Import(store, offered, KeyOrigin.Imported, dryRun: true);

        Assert.Equal([Key(1)], Secrets(store));
        Assert.Equal(Import(store, offered, KeyOrigin.Imported).Verdicts, tried.Verdicts);
    }

    [Fact]
    public async Task All_that_is_known_about_a_key_comes_back_after_a_restart()
    {
        var health = new CredentialHealth(CredentialStatus.Out, At, 3, Enum.GetValues<FaultReason>()[^1], "the upstream's words", At.AddHours(1), 2);
        using (Database database = Database.Open(Folder, TimeProvider.System))
        {
            await using var writer = new StoreWriter(database, TimeProvider.System, NullLogger<StoreWriter>.Instance);
            await writer.StartAsync(TestContext.Current.CancellationToken);
            using SecretBox box = MasterKey.Unlock(database, new SecretText(MasterKeyText), Folder, TimeProvider.System);
            var store = new KeyStore(database, box, TimeProvider.System, writer);
            Import(store, [new KeyEntry(Key(1), CredentialKind.VertexExpressKey, "project-one", KeyTransport.Header, "my name"), new KeyEntry(Key(2), Disabled: true)], KeyOrigin.Imported);
            store.SaveHealth(1, health with { ConsecutiveFailures = 1 });
            store.SaveHealth(1, health);
            store.SaveTransport(1, KeyTransport.Query);
        }

        StoredKeys stored = Store().LoadAll();

        StoredCredential first = stored.Credentials[0];
        Assert.Equal((1L, Key(1), CredentialKind.VertexExpressKey, "project-one", "my name", KeyTransport.Query, KeyOrigin.Imported, health),
            (first.Id, first.Secret.Reveal(), first.Kind, first.ProjectGroup, first.Name, first.Transport, first.Origin, first.Health));
        Assert.Equal(CredentialStatus.Disabled, stored.Credentials[1].Health.Status);
        Assert.Empty(stored.Unreadable);
        Assert.Equal("my name#1", first.Label);
    }

    [Fact]
    public void A_key_is_found_by_its_secret_and_gone_when_deleted()
    {
        KeyStore store = Store();
        Import(store, [new KeyEntry(Key(1)), new KeyEntry(Key(2))], KeyOrigin.Imported);

        Assert.Equal(2, store.Find(new SecretText(Key(2)))?.Id);
        Assert.Null(store.Find(new SecretText(Key(3))));
        Assert.Equal(1, store.Delete([2, 77]));
        Assert.Null(store.Find(new SecretText(Key(2))));

        Import(store, [new KeyEntry(Key(2))], KeyOrigin.Imported);
        Assert.Equal(3, store.Find(new SecretText(Key(2)))?.Id); // a number is never given twice
    }

    [Fact]
    public void A_record_that_was_changed_is_told_apart_and_left_as_it_is()
    {
        KeyStore store = Store();
        Import(store, [new KeyEntry(Key(1)), new KeyEntry(Key(2))], KeyOrigin.Imported);
        Run(Stranger(), "UPDATE credentials SET secret = zeroblob(80) WHERE id = 1");

        StoredKeys stored = store.LoadAll();

        Assert.Equal([2L], stored.Credentials.Select(static credential => credential.Id));
        Assert.Equal([1L], stored.Unreadable);
        Assert.Equal(1, store.Delete([1]));
    }

    [Fact]
    public void A_wrong_master_key_loses_nothing()
    {
        Import(Store(), [new KeyEntry(Key(1))], KeyOrigin.Imported);

        Assert.Throws<StorageException>(() => Box(Open(), new string('f', 64)));

        Assert.Equal([Key(1)], Secrets(Store()));
    }

    [Fact]
    public void A_key_gone_from_the_environment_goes_unless_it_was_added_otherwise()
    {
        KeyStore store = Store();
        Import(store, [new KeyEntry(Key(4))], KeyOrigin.Console);
        Assert.Equal([Key(4), Key(1), Key(2), Key(3)], Secrets(store.LoadUnited([new(Key(1)), new(Key(2), ProjectGroup: "old"), new(Key(3)), new("key1"), new(Key(1))])));
        Import(store, [new KeyEntry(Key(3))], KeyOrigin.Imported); // a duplicate, but somebody wants it

        StoredKeys united = store.LoadUnited([new KeyEntry(Key(2), ProjectGroup: "new")]);

        Assert.Equal([Key(4), Key(2), Key(3)], Secrets(united));
        Assert.Equal("new", united.Credentials[1].ProjectGroup);
        Assert.Equal(united.Credentials.Select(Flat), store.LoadAll().Credentials.Select(Flat));
        Assert.Equal([Key(4), Key(3)], Secrets(store.LoadUnited([])));
    }

    [Fact]
    public void No_secret_lies_readable_in_any_file()
    {
        const string Canary = "AQ.canary-of-the-store-00000000000000001";
        KeyStore store = Store();
        Import(store, [new KeyEntry(Canary)], KeyOrigin.Imported);
        store.Delete([.. store.LoadAll().Credentials.Select(static credential => credential.Id)]);
        Import(store, [new KeyEntry(Canary)], KeyOrigin.Imported);

        string[] files = Directory.GetFiles(Folder);

        Assert.True(files.Length >= 2);
        byte[] sha = new SecretText(Canary).Hash.ToArray();
        foreach (string file in files)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            Assert.Equal(-1, bytes.AsSpan().IndexOf("canary-of-the-store"u8));
            Assert.Equal(-1, bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes("canary-of-the-store")));
            Assert.Equal(-1, bytes.AsSpan().IndexOf(sha)); // an unkeyed hash could be tried against guesses
        }
    }

    [Fact]
    public void A_hundred_thousand_keys_go_in_and_come_out_in_time()
    {
        KeyStore store = Store();
        KeyEntry[] entries = [.. Enumerable.Range(0, 100_000).Select(static i => new KeyEntry(Key(i)))];
        var progress = new Steps();

        long start = Stopwatch.GetTimestamp();
        StoredKeyImport import = Import(store, entries, KeyOrigin.Imported, progress: progress);
        TimeSpan imported = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        StoredKeyImport again = Import(store, entries, KeyOrigin.Imported, dryRun: true);
        TimeSpan tried = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        StoredKeys stored = store.LoadAll();
        TimeSpan loaded = Stopwatch.GetElapsedTime(start);

        output.WriteLine($"100,000 keys: imported in {imported.TotalSeconds:0.00} s, dry run in {tried.TotalSeconds:0.00} s, loaded in {loaded.TotalSeconds:0.00} s");
        Assert.Equal(100_000, import.Count(KeyImportVerdict.Added));
        Assert.Equal(100_000, again.Count(KeyImportVerdict.Duplicate));
        Assert.Equal(100_000, stored.Credentials.Length);
        Assert.Equal(100, progress.Count);
        Assert.True(imported < TimeSpan.FromSeconds(30) && tried < TimeSpan.FromSeconds(30) && loaded < TimeSpan.FromSeconds(30)); // wide: the machine may be busy
    }

    private static string Key(int number) => $"AIzaSyTestKeyNumber{number:D20}";

    private static IEnumerable<string> Secrets(KeyStore store) => Secrets(store.LoadAll());

    private static IEnumerable<string> Secrets(StoredKeys stored) => stored.Credentials.Select(static credential => credential.Secret.Reveal());

    private static string Flat(StoredCredential credential) => $"{credential.Id} {credential.Secret.Reveal()} {credential.ProjectGroup} {credential.Origin}";

    private KeyStore Store()
    {
        Database database = Open();
        return new KeyStore(database, Box(database), TimeProvider.System);
    }

    private sealed class Steps : IProgress<int>
    {
        public int Count { get; private set; }

        public void Report(int value) => Count++;
    }
}
