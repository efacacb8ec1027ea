using System.Globalization;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;
using Pollux.Storage;

namespace Pollux.IntegrationTests.Storage;

/// <summary>Kills the gateway under load and looks at what is left: no key may be lost, and at most a second of what was counted.</summary>
[Collection(nameof(Alone))]
public sealed class SuddenDeathTests : IDisposable
{
    private const int Clients = 3;
    private static readonly TimeSpan MostLost = TimeSpan.FromSeconds(1);
    private static readonly SecretText Master = new("the passphrase of the tests that kill");

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-kills-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Ten times; <c>POLLUX_KILLS</c> says how often instead.</summary>
    [Fact]
    public async Task A_gateway_that_is_killed_loses_no_key_and_at_most_a_second()
    {
#pragma warning disable RS0030 // a switch of the tests
        int kills = int.TryParse(Environment.GetEnvironmentVariable("POLLUX_KILLS"), CultureInfo.InvariantCulture, out int given) ? given : 10;
#pragma warning restore RS0030
        int seed = Environment.TickCount;
#pragma warning disable CA5394 // moments, not secrets
        var random = new Random(seed);
#pragma warning restore CA5394
        ITestOutputHelper output = TestContext.Current.TestOutputHelper!;
        output.WriteLine($"Seed {seed}");
        await using FakeGeminiServer upstream = await FakeGeminiServer.StartAsync(new FakeGeminiOptions { ReceivedCapacity = 200_000 }, TestContext.Current.CancellationToken);
        string[] good = [.. Enumerable.Range(0, 6).Select(static i => $"AQ.good-imported-key-{i:D8}-abcdefgh")];
        string[] leaked = [.. Enumerable.Range(0, 20).Select(static i => $"AQ.leaked-imported-key-{i:D8}-abcdef")];
        foreach (string key in good)
            upstream.AddKey(key);
        foreach (string key in leaked)
            upstream.AddKey(key).State = FakeKeyState.Leaked;
        Left left = Look((_, keys) => keys.Import([.. good.Concat(leaked).Select(static key => new KeyEntry(key))], KeyOrigin.Imported, cancellation: TestContext.Current.CancellationToken));
        TimeSpan worst = default;
        int early = 0;
        for (int round = 0; round < kills; round++)
        {
            upstream.Received.Clear();
            string added = string.Join(',', Enumerable.Range(0, 10).Select(i => $"AQ.unknown-key-of-round-{round:D4}-{i:D4}-abc")); // to be stored, found bad, and gone in the next round
            using ChildGateway gateway = ChildGateway.Start(upstream, _folder, ("POLLUX_MASTER_KEY", Master.Reveal()), ("GEMINI_API_KEYS", added));
            DateTimeOffset killedAt = await ServeAsync(gateway, whileStarting: round % 4 == 3, random);
            ILookup<string, DateTimeOffset> received = upstream.Received.Requests
                .Where(static request => request.Action == "generateContent" && request.Key is not null).ToLookup(static request => request.Key!, static request => request.ArrivedAt);
            early += received.Count == 0 ? 1 : 0;

            Left now = Look();

            Assert.Equal("ok", now.Integrity);
            Assert.Empty(now.Keys.Unreadable);
            Assert.Empty(good.Concat(leaked).Except(now.Keys.Credentials.Select(static key => key.Secret.Reveal())));
            Assert.Equal(Enumerable.Range(1, now.Events.Count).Select(static number => (long)number), now.Events.Select(static row => row.Sequence));
            Assert.All(now.Events, static row => Assert.True(Enum.TryParse(row.Kind, out CredentialEventKind _) && Enum.TryParse(row.Reason, out FaultReason _) && row.Label.Contains('#', StringComparison.Ordinal)));
            Assert.True(now.Events.Count >= left.Events.Count);
            if (now.Day == left.Day)
            {
                foreach (string key in good)
                    worst = Max(worst, Lost(received[key], now.CountOf(key) - left.CountOf(key), killedAt));
            }

            left = now;
        }

        output.WriteLine($"{kills} kills, {early} of them before the first request; {left.Events.Count} events whole; {good.Sum(left.CountOf)} requests counted; at most {worst.TotalMilliseconds:F0} ms lost.");
        Assert.True(worst <= MostLost, $"{worst} of requests were not on disk; seed {seed}");
        Assert.True(early < kills);
        Assert.NotEmpty(left.Events);
    }

    private static async Task<DateTimeOffset> ServeAsync(ChildGateway gateway, bool whileStarting, Random random)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task load = Task.CompletedTask;
        if (!whileStarting)
        {
            Uri? address = await gateway.Address.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, cancellation);
            Assert.True(address is not null, "The gateway did not start.");
            load = Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => AskOnAsync(address, over.Token)));
        }

#pragma warning disable CA5394 // moments, not secrets
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(50, whileStarting ? 1200 : 3000)), TimeProvider.System, cancellation);
#pragma warning restore CA5394
        DateTimeOffset at = TimeProvider.System.GetUtcNow();
        await gateway.KillAsync();
        await over.CancelAsync();
        await load;
        return at;
    }

    private static async Task AskOnAsync(Uri address, CancellationToken over)
    {
        using HttpClient client = ChildGateway.Client(address);
        while (!over.IsCancellationRequested)
        {
            try
            {
                using HttpRequestMessage request = Form.Gemini.Request("Hello");
                using HttpResponseMessage response = await client.SendAsync(request, over);
            }
            catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
            {
                return; // it was killed
            }
        }
    }

    /// <summary>How long before the kill the oldest request came that is not on disk.</summary>
    private static TimeSpan Lost(IEnumerable<DateTimeOffset> received, long stored, DateTimeOffset killedAt)
    {
        DateTimeOffset[] arrivals = [.. received.Order()];
        Assert.InRange(stored, 0, arrivals.Length + Clients); // what was leased and not sent yet may be counted
        return stored >= arrivals.Length || arrivals[stored] >= killedAt ? TimeSpan.Zero : killedAt - arrivals[stored];
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private Left Look(Action<Database, KeyStore>? work = null)
    {
        using Database database = Database.Open(_folder, TimeProvider.System);
        using SecretBox box = MasterKey.Unlock(database, Master, _folder, TimeProvider.System);
        var keys = new KeyStore(database, box, TimeProvider.System);
        work?.Invoke(database, keys);
        StoredKeys stored = keys.LoadAll();
        var counts = new QuotaStore(database, null!).LoadAll().GroupBy(static cell => cell.Project).ToDictionary(static cells => cells.Key, static cells => cells.Sum(static cell => cell.RequestsDay));
        return new Left(
            (string)database.Read(static session => session.Scalar("PRAGMA integrity_check"))!,
            stored,
            [.. new CredentialEventStore(database, null!).Page(null, int.MaxValue).Reverse()],
            stored.Credentials.ToDictionary(static key => key.Secret.Reveal(), key => counts.GetValueOrDefault(QuotaCellRecord.Undeclared(key.Id))),
            PacificDay.Of(TimeProvider.System.GetUtcNow()));
    }

    private sealed record Left(string Integrity, StoredKeys Keys, List<CredentialEventRow> Events, Dictionary<string, long> Counts, DateOnly Day)
    {
        public long CountOf(string key) => Counts.GetValueOrDefault(key);
    }
}
