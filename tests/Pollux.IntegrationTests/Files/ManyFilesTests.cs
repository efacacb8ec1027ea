using System.Net;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Files;

/// <summary>Many files over many keys, a restart in the middle and a key that dies: each request finds its key, or is told why not.</summary>
[Trait("Feature", "GEM-3")]
[Trait("Feature", "MEM-4")]
public sealed class ManyFilesTests : IAsyncLifetime
{
    private const int Keys = 50;
    private const int Files = 200;
    private const string OtherCaller = "password-of-the-other-caller";

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-files-").FullName;
    private FakeGeminiServer _upstream = null!;

    public async ValueTask InitializeAsync() => _upstream = await FakeGeminiServer.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _upstream.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Two_hundred_files_over_fifty_keys_stay_with_their_keys_and_callers_over_a_restart_and_a_death()
    {
        for (int i = 0; i < Keys; i++)
            _upstream.AddKey(KeyOf(i), _upstream.AddProject($"2000000000{i:D2}"));
        var owners = new Dictionary<string, bool>(StringComparer.Ordinal); // by file: whether it is the second caller's
        await using (TestGateway gateway = await StartAsync(Keys))
        {
            using HttpClient other = Other(gateway);
            for (int i = 0; i < Files; i++)
                owners.Add((string)(await (i % 2 == 0 ? gateway.Client : other).UploadAsync(FileWork.Bytes(100, (byte)i), (UploadForm)(i % 3))).File["name"]!, i % 2 == 1);
        }

        Assert.InRange(owners.Keys.Select(KeyOf).Distinct().Count(), Keys / 2, Keys); // they were spread
        string dead = KeyOf(owners.Keys.First());
        _upstream.AddKey(dead).State = FakeKeyState.Leaked;

        await using TestGateway again = await StartAsync(Keys);
        using HttpClient otherAgain = Other(again);
        foreach ((string name, bool isOther) in owners)
        {
            (HttpClient own, HttpClient foreign) = isOther ? (otherAgain, again.Client) : (again.Client, otherAgain);
            long sent = _upstream.Received.Total;
            Assert.Equal(HttpStatusCode.NotFound, (await foreign.AskAboutAsync(Uri(name))).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await foreign.SeeAsync(HttpMethod.Get, "/v1beta/" + name)).Status);
            Assert.DoesNotContain(_upstream.Received.Requests, request => request.Sequence > sent && request.Action != "listModels");

            FileSeen seen = await own.AskAboutAsync(Uri(name));
            if (KeyOf(name) != dead)
            {
                Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
            }
            else
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, seen.Status);
                Assert.Contains(name, seen.Body, StringComparison.Ordinal);
            }

            Assert.All(_upstream.Received.Requests.Where(request => request.Sequence > sent && request.Action != "listModels"), request => Assert.Equal(KeyOf(name), request.Key));
        }

        Assert.Equal(owners.Where(static file => file.Value).Select(static file => file.Key).Order(), (await ListAsync(otherAgain)).Order());
        Assert.Equal(owners.Where(static file => !file.Value).Select(static file => file.Key).Order(), (await ListAsync(again.Client)).Order());
    }

    [Fact]
    public async Task An_upload_goes_on_after_a_restart_at_its_key()
    {
        foreach (int i in (int[])[0, 1])
            _upstream.AddKey(KeyOf(i), _upstream.AddProject($"2000000000{i:D2}"));
        _upstream.Files.Granularity = 256;
        byte[] bytes = FileWork.Bytes(700);
        string id;
        await using (TestGateway gateway = await StartAsync(2))
        {
            string url = (await gateway.Client.StartAsync(bytes.Length)).Header("X-Goog-Upload-URL")!;
            Assert.Equal(HttpStatusCode.OK, (await gateway.Client.PieceAsync(url, "upload", 0, bytes[..512])).Status);
            id = new System.Uri(url).AbsolutePath;
        }

        await using TestGateway again = await StartAsync(2);
        Assert.Equal("512", (await again.Client.PieceAsync(id, "query", 0)).Header("X-Goog-Upload-Size-Received"));
        FileSeen last = await again.Client.PieceAsync(id, "upload, finalize", 512, bytes[512..]);

        Assert.Equal(700, _upstream.Files.Find((string)last.File["name"]!)!.Size);
        Assert.Single(_upstream.Received.Requests.Where(static request => request.Action == "files").Select(static request => request.Key).Distinct());
        Assert.Equal(HttpStatusCode.OK, (await again.Client.AskAboutAsync((string)last.File["uri"]!)).Status);
    }

    [Fact]
    public async Task What_a_key_owned_that_is_gone_from_the_settings_is_unknown()
    {
        foreach (int i in (int[])[0, 1])
            _upstream.AddKey(KeyOf(i), _upstream.AddProject($"2000000000{i:D2}"));
        var names = new List<string>();
        await using (TestGateway gateway = await StartAsync(2))
        {
            for (int i = 0; i < 6; i++)
                names.Add((string)(await gateway.Client.UploadAsync(FileWork.Bytes(10, (byte)i), UploadForm.Media)).File["name"]!);
        }

        await using TestGateway again = await StartAsync(1);

        Assert.Equal(names.Where(name => KeyOf(name) == KeyOf(0)).Order(), (await ListAsync(again.Client)).Order());
        Assert.Contains(names, name => KeyOf(name) == KeyOf(1));
    }

    private static async Task<List<string>> ListAsync(HttpClient client)
    {
        List<string> names = [];
        string? token = "";
        while (token is not null)
        {
            JsonNode page = (await client.SeeAsync(HttpMethod.Get, $"/v1beta/files?pageSize=30&pageToken={token}")).Json;
            names.AddRange(page["files"]!.AsArray().Select(static file => (string)file!["name"]!));
            token = (string?)page["nextPageToken"];
        }

        return names;
    }

    private static string Uri(string name) => "https://generativelanguage.googleapis.com/v1beta/" + name;

    private static string KeyOf(int number) => $"AQ.key-of-many-files-000000000000000{number:D4}";

    private string KeyOf(string file) => _upstream.Files.Find(file)!.Key;

    private static HttpClient Other(TestGateway gateway)
    {
#pragma warning disable RS0030 // a client of the gateway, not a part of it
        var client = new HttpClient { BaseAddress = gateway.Address };
#pragma warning restore RS0030
        client.DefaultRequestHeaders.Authorization = new("Bearer", OtherCaller);
        return client;
    }

    private Task<TestGateway> StartAsync(int keys) => TestGateway.StartAsync(settings: new Dictionary<string, string>
    {
        ["KEY_STORAGE_MODE"] = "database",
        ["DATA_DIR"] = _folder,
        ["BASE_URL"] = _upstream.BaseAddress.AbsoluteUri,
        ["GEMINI_API_KEYS"] = string.Join(',', Enumerable.Range(0, keys).Select(KeyOf)),
        ["ALLOWED_TOKENS"] = OtherCaller,
    });
}
