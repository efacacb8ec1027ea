using System.Text;
using System.Text.Json;
using Pollux.FakeGemini;

namespace Pollux.Tests.FakeGemini;

/// <summary>A fake with one valid key, and a client that talks to it.</summary>
internal sealed class Upstream : IAsyncDisposable
{
    public const string Key = "AQ.the-one-valid-key";
    public const string Model = "gemini-3.8-flash";
    public const string Hello = """{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}""";
    private readonly HttpClient _client = new(new SocketsHttpHandler(), disposeHandler: true);

    private Upstream(FakeGeminiServer server, FakeProject project, FakeKey key)
    {
        Server = server;
        Project = project;
        ValidKey = key;
        _client.BaseAddress = server.BaseAddress;
    }

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public FakeGeminiServer Server { get; }

    public FakeProject Project { get; }

    public FakeKey ValidKey { get; }

    public static async Task<Upstream> StartAsync(FakeGeminiOptions? options = null)
    {
        FakeGeminiServer server = await FakeGeminiServer.StartAsync(options ?? new FakeGeminiOptions(), Stop);
        FakeProject project = server.AddProject("123456789012");
        return new Upstream(server, project, server.AddKey(Key, project));
    }

    public Task<HttpResponseMessage> PostAsync(
        string method, string body = Hello, string model = Model, string? key = Key, CancellationToken? cancellation = null) =>
        SendAsync(HttpMethod.Post, $"v1beta/models/{model}:{method}", body, key, cancellation);

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? body = null, string? key = Key, CancellationToken? cancellation = null)
    {
        using HttpRequestMessage request = new(method, path);
        if (key is not null) request.Headers.Add("x-goog-api-key", key);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation ?? Stop);
    }

    public static async Task<JsonElement> ReadAsync(HttpResponseMessage response) =>
        JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(Stop));

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Server.DisposeAsync();
    }
}
