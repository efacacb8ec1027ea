using System.Diagnostics;
using System.Globalization;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Storage;

namespace Pollux.IntegrationTests.Live;

/// <summary>What open sessions cost in which nobody speaks: measured at a gateway that is a process of its own.</summary>
[Collection(nameof(Alone))]
[Trait("Feature", "GEM-6")]
public sealed class IdleSessionMemoryTests : IDisposable
{
    private const int Sessions = 1000;
    private const int MostMegabytes = 60;

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-live-memory-").FullName;

    public static bool HasProc => OperatingSystem.IsLinux();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Skip = "There is no /proc here.", SkipUnless = nameof(HasProc))]
    public async Task A_thousand_sessions_in_which_nobody_speaks_cost_less_than_60_MB()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        long started = Stopwatch.GetTimestamp();
        await using FakeGeminiServer upstream = await FakeGeminiServer.StartAsync(LiveStand.Upstream, cancellation);
        LiveStand.AddKeys(upstream);
        using ChildGateway gateway = ChildGateway.Start(upstream, _folder, ("KEY_STORAGE_MODE", "memory"), ("GEMINI_API_KEYS", $"{LiveStand.First},{LiveStand.Second}"), ("LIVE_PING_SECONDS", "1"));
        Uri address = (await gateway.Address.WaitAsync(TimeSpan.FromSeconds(30), cancellation))!;
        for (int i = 0; i < 200; i++) // the code is compiled and the small pools are filled
        {
            using LiveClient client = await OpenAsync(address);
            await client.TurnAsync("Hello");
            await client.CloseAsync();
        }

        int before = Memory(gateway);
        var clients = new List<LiveClient>(Sessions);
        for (int i = 0; i < Sessions; i++)
        {
            clients.Add(await OpenAsync(address));
            if (i < 200)
                await clients[i].TurnAsync("Hello"); // some have spoken before they fell silent
        }

        int open = Memory(gateway);
        await clients[^1].TurnAsync("Hello");
        for (int i = 0; i < 20; i++) // several pings later they still rest
            await clients[i].TurnAsync("Hello");
        int later = Memory(gateway);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{before} MB before; {Sessions} sessions: +{open - before} MB, later +{later - before} MB; {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s.");
        Assert.Equal(Sessions, upstream.Live.Sessions.Count(static session => !session.Ended.IsCompleted));
        foreach (LiveClient client in clients)
            client.Dispose();
        Assert.InRange(Math.Max(open, later) - before, 0, MostMegabytes);
    }

    private static async Task<LiveClient> OpenAsync(Uri address)
    {
        LiveClient client = await LiveClient.ConnectAsync(address, password: ChildGateway.Password);
        await client.SendAsync(LiveStand.Setup());
        Assert.NotNull((await client.NextAsync())?["setupComplete"]);
        return client;
    }

    /// <summary>In MB, rounded up.</summary>
    private static int Memory(ChildGateway gateway)
    {
        string line = File.ReadLines($"/proc/{gateway.Id}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return (int.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) + 1023) / 1024;
    }
}
