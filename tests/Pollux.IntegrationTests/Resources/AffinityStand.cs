using System.Net;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Files;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Resources;

/// <summary>An upstream that outlives gateways with a database, and many things over many keys, for two callers.</summary>
public abstract class AffinityStand : IAsyncLifetime
{
    private const int Keys = 50;
    private const int Things = 200;

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-affinity-").FullName;

    private protected FakeGeminiServer Upstream { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Upstream = await FakeGeminiServer.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Upstream.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>
    /// Makes two hundred things over fifty keys, half of them another caller's; restarts the gateway after one key died; and asserts that
    /// each thing is used at its key, or told to be out of service, and does not exist for the other caller.
    /// </summary>
    /// <param name="make">Makes the thing of a number and gives its name.</param>
    /// <param name="use">Uses a thing.</param>
    /// <param name="list">What a caller sees in lists.</param>
    /// <param name="isListed">Whether a name belongs there.</param>
    private protected async Task AssertAllStayAsync(Func<HttpClient, int, Task<string>> make, Func<HttpClient, string, Task<FileSeen>> use, Func<HttpClient, Task<List<string>>> list, Func<string, bool> isListed)
    {
        AddKeys(Keys);
        var owners = new Dictionary<string, bool>(StringComparer.Ordinal); // by name: whether it is the second caller's
        await using (TestGateway gateway = await StartAsync(Keys))
        {
            using HttpClient other = gateway.Other();
            for (int i = 0; i < Things; i++)
                owners.Add(await make(i % 2 == 0 ? gateway.Client : other, i), i % 2 == 1);
        }

        Assert.InRange(owners.Keys.Select(KeyOf).Distinct().Count(), Keys / 2, Keys); // they were spread
        string dead = KeyOf(owners.Keys.First());
        Upstream.AddKey(dead).State = FakeKeyState.Leaked;

        await using TestGateway again = await StartAsync(Keys);
        using HttpClient otherAgain = again.Other();
        foreach ((string name, bool isOther) in owners)
        {
            (HttpClient own, HttpClient foreign) = isOther ? (otherAgain, again.Client) : (again.Client, otherAgain);
            long sent = Upstream.Received.Total;
            Assert.Equal(HttpStatusCode.NotFound, (await use(foreign, name)).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await foreign.SeeAsync(HttpMethod.Get, "/v1beta/" + name)).Status);
            Assert.Empty(Since(sent));

            FileSeen seen = await use(own, name);
            Assert.True(seen.Status == (KeyOf(name) == dead ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK), seen.Body);
            if (KeyOf(name) == dead)
                Assert.Contains(name, seen.Body, StringComparison.Ordinal);
            Assert.All(Since(sent), request => Assert.Equal(KeyOf(name), request.Key));
        }

        foreach ((HttpClient client, bool isOther) in ((HttpClient, bool)[])[(again.Client, false), (otherAgain, true)])
            Assert.Equal(owners.Where(one => one.Value == isOther && isListed(one.Key)).Select(static one => one.Key).Order(), (await list(client)).Order());
    }

    private protected void AddKeys(int count)
    {
        for (int i = 0; i < count; i++)
            Upstream.AddKey(ResourceStand.Key(i), Upstream.AddProject($"2000000000{i:D2}"));
    }

    private protected string KeyOf(string name) => name.StartsWith("files/", StringComparison.Ordinal) ? Upstream.Files.Find(name)!.Key : Upstream.Resources.Find(name)!.Key;

    private protected static string UriOf(string file) => "https://generativelanguage.googleapis.com/v1beta/" + file;

    private protected Task<TestGateway> StartAsync(int keys) => TestGateway.StartAsync(settings: new Dictionary<string, string>
    {
        ["KEY_STORAGE_MODE"] = "database",
        ["DATA_DIR"] = _folder,
        ["BASE_URL"] = Upstream.BaseAddress.AbsoluteUri,
        ["GEMINI_API_KEYS"] = string.Join(',', Enumerable.Range(0, keys).Select(ResourceStand.Key)),
        ["ALLOWED_TOKENS"] = ResourceStand.OtherCaller,
    });

    private IEnumerable<ReceivedRequest> Since(long sent) => Upstream.Received.Requests.Where(request => request.Sequence > sent && request.Action != "listModels");
}
