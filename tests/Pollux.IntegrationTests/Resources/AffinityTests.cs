using System.Net;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Files;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Resources;

/// <summary>Many files and caches over many keys, a restart in the middle and a key that dies: each request finds its key, or is told why not.</summary>
[Trait("Feature", "MEM-4")]
[Trait("Feature", "GEM-4")]
public sealed class AffinityTests : IAsyncLifetime
{
    private const int Keys = 50;
    private const int Things = 200;

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-resources-").FullName;
    private FakeGeminiServer _upstream = null!;

    public async ValueTask InitializeAsync() => _upstream = await FakeGeminiServer.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _upstream.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Two_hundred_files_and_caches_over_fifty_keys_stay_with_their_keys_and_callers_over_a_restart_and_a_death()
    {
        for (int i = 0; i < Keys; i++)
            _upstream.AddKey(ResourceStand.Key(i), _upstream.AddProject($"2000000000{i:D2}"));
        _upstream.Resources.LeastCachedTokens = 1;
        var owners = new Dictionary<string, bool>(StringComparer.Ordinal); // by name: whether it is the second caller's
        await using (TestGateway gateway = await StartAsync())
        {
            using HttpClient other = gateway.Other();
            for (int i = 0; i < Things; i++)
            {
                HttpClient client = i % 2 == 0 ? gateway.Client : other;
                string name = i % 4 < 2 ? await client.MakeCacheAsync() : (string)(await client.UploadAsync(FileWork.Bytes(50, (byte)i), UploadForm.Media)).File["name"]!;
                owners.Add(name, i % 2 == 1);
            }
        }

        Assert.InRange(owners.Keys.Select(KeyOf).Distinct().Count(), Keys / 2, Keys); // they were spread
        string dead = KeyOf(owners.Keys.First());
        _upstream.AddKey(dead).State = FakeKeyState.Leaked;

        await using TestGateway again = await StartAsync();
        using HttpClient otherAgain = again.Other();
        foreach ((string name, bool isOther) in owners)
        {
            (HttpClient own, HttpClient foreign) = isOther ? (otherAgain, again.Client) : (again.Client, otherAgain);
            long sent = _upstream.Received.Total;
            Assert.Equal(HttpStatusCode.NotFound, (await UseAsync(foreign, name)).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await foreign.SeeAsync(HttpMethod.Get, "/v1beta/" + name)).Status);
            Assert.Empty(Since(sent));

            FileSeen seen = await UseAsync(own, name);
            Assert.True(seen.Status == (KeyOf(name) == dead ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK), seen.Body);
            if (KeyOf(name) == dead)
                Assert.Contains(name, seen.Body, StringComparison.Ordinal);
            Assert.All(Since(sent), request => Assert.Equal(KeyOf(name), request.Key));
        }

        foreach ((HttpClient client, bool isOther) in ((HttpClient, bool)[])[(again.Client, false), (otherAgain, true)])
        {
            string[] listed = [.. (await client.SeeAsync(HttpMethod.Get, "/v1beta/cachedContents?pageSize=100")).Json["cachedContents"]!.AsArray().Select(static cache => (string)cache!["name"]!)];
            Assert.Equal(owners.Where(one => one.Value == isOther && one.Key.StartsWith("cached", StringComparison.Ordinal)).Select(static one => one.Key).Order(), listed.Order());
        }
    }

    private static Task<FileSeen> UseAsync(HttpClient client, string name) =>
        name.StartsWith("files/", StringComparison.Ordinal) ? client.AskAboutAsync("https://generativelanguage.googleapis.com/v1beta/" + name) : client.AskCacheAsync(name);

    private IEnumerable<ReceivedRequest> Since(long sent) => _upstream.Received.Requests.Where(request => request.Sequence > sent && request.Action != "listModels");

    private string KeyOf(string name) => name.StartsWith("files/", StringComparison.Ordinal) ? _upstream.Files.Find(name)!.Key : _upstream.Resources.Find(name)!.Key;

    private Task<TestGateway> StartAsync() => TestGateway.StartAsync(settings: new Dictionary<string, string>
    {
        ["KEY_STORAGE_MODE"] = "database",
        ["DATA_DIR"] = _folder,
        ["BASE_URL"] = _upstream.BaseAddress.AbsoluteUri,
        ["GEMINI_API_KEYS"] = string.Join(',', Enumerable.Range(0, Keys).Select(ResourceStand.Key)),
        ["ALLOWED_TOKENS"] = ResourceStand.OtherCaller,
    });
}
