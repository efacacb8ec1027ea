using System.Net;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Files;

/// <summary>An upstream with two keys of two projects, and gateways before it that keep copies.</summary>
public abstract class CopyStand : IAsyncLifetime
{
    private const string Second = "AQ.test-key-0000000000000000000000002";
    private const string OtherCaller = "password-of-the-other-caller";

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-copies-").FullName;

    /// <summary>The upstream, which outlives gateways.</summary>
    private protected FakeGeminiServer Upstream { get; private set; } = null!;

    /// <summary>Where gateways keep their data.</summary>
    private protected string Folder => _folder;

    public async ValueTask InitializeAsync()
    {
        Upstream = await FakeGeminiServer.StartAsync(TestContext.Current.CancellationToken);
        Upstream.AddKey(TestGateway.Key, Upstream.AddProject("100000000001"));
        Upstream.AddKey(Second, Upstream.AddProject("100000000002"));
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Upstream.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private protected static void AssertApart(FileSeen seen)
    {
        Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
        Assert.Contains("cannot be used together", seen.Body, StringComparison.Ordinal);
    }

    private protected static JsonObject Asking(Form form, params string[] names)
    {
        JsonObject body = form.Body("");
        if (form.IsOpenAI())
        {
            var content = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = "What are these?" });
            foreach (string name in names)
                content.Add((JsonNode)new JsonObject { ["type"] = "file", ["file"] = new JsonObject { ["file_id"] = name } });
            body["messages"]![0]!["content"] = content;
            return body;
        }

        var parts = new JsonArray(new JsonObject { ["text"] = "What are these?" });
        foreach (string name in names)
            parts.Add((JsonNode)new JsonObject { ["fileData"] = new JsonObject { ["fileUri"] = Uri(name), ["mimeType"] = "text/plain" } });
        body["contents"]![0]!["parts"] = parts;
        return body;
    }

    private protected static IEnumerable<string> NamedIn(ReceivedRequest request) =>
        from part in request.Json.GetProperty("contents")[0].GetProperty("parts").EnumerateArray()
        where part.TryGetProperty("fileData", out _)
        select part.GetProperty("fileData").GetProperty("fileUri").GetString()!["https://generativelanguage.googleapis.com/v1beta/".Length..];

    private protected static string Uri(string name) => "https://generativelanguage.googleapis.com/v1beta/" + name;

    private protected static bool Uploads(ReceivedRequest request) => request.Path.Contains("/upload/", StringComparison.Ordinal);

    private protected string KeyOf(string name) => Upstream.Files.Find(name)!.Key;

    private protected string[] Copies() => Directory.Exists(Path.Combine(_folder, "file-copies")) ? Directory.GetFiles(Path.Combine(_folder, "file-copies")) : [];

    private protected List<ReceivedRequest> Generations() => [.. Upstream.Received.Requests.Where(static request => request is { Status: 200, Action: "generateContent" or "streamGenerateContent" })];

    private protected static async Task<string> UploadAsync(TestGateway gateway, UploadForm form, byte seed, int size = 10) =>
        (string)(await gateway.Client.UploadAsync(FileWork.Bytes(size, seed), form)).File["name"]!;

    private protected async Task<(string One, string Other)> UploadApartAsync(TestGateway gateway, UploadForm form = UploadForm.Resumable, int size = 10)
    {
        string one = await UploadAsync(gateway, form, 1, size);
        for (int i = 0; i < 10; i++)
        {
            string other = await UploadAsync(gateway, form, 2, size);
            if (KeyOf(other) != KeyOf(one))
                return (one, other);
            await gateway.Client.SeeAsync(HttpMethod.Delete, "/v1beta/" + other);
        }

        throw new InvalidOperationException("Ten uploads went to one key.");
    }

    private protected static HttpClient Stranger(TestGateway gateway)
    {
#pragma warning disable RS0030 // a client of the gateway, not a part of it
        var client = new HttpClient { BaseAddress = gateway.Address };
#pragma warning restore RS0030
        client.DefaultRequestHeaders.Authorization = new("Bearer", OtherCaller);
        return client;
    }

    private protected Task<TestGateway> StartAsync(params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string>
        {
            ["DATA_DIR"] = _folder,
            ["BASE_URL"] = Upstream.BaseAddress.AbsoluteUri,
            ["GEMINI_API_KEYS"] = $"{TestGateway.Key},{Second}",
            ["ALLOWED_TOKENS"] = OtherCaller,
            ["FILES_KEEP_COPIES_MB"] = "100",
        };
        foreach ((string name, string value) in settings)
            all[name] = value;
        return TestGateway.StartAsync(settings: all);
    }
}
