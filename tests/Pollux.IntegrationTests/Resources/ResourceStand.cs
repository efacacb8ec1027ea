using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Files;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Resources;

/// <summary>A gateway with several keys, each in a project of its own, and two callers.</summary>
internal static class ResourceStand
{
    public const string OtherCaller = "password-of-the-other-caller";
    public const string Model = "gemini-3.5-flash";
    public const string Veo = "veo-3.1-generate-preview";

    private static string Long { get; } = string.Concat(Enumerable.Repeat("All that the cache has to know. ", 200));

    public static string Key(int number) => $"AQ.key-of-resources-0000000000000000{number:D4}";

    public static Task<TestGateway> StartAsync(int keys = 3, IReadOnlyDictionary<string, string>? settings = null, TimeProvider? clock = null)
    {
        var all = new Dictionary<string, string>
        {
            ["GEMINI_API_KEYS"] = string.Join(',', Enumerable.Range(0, keys).Select(Key)),
            ["ALLOWED_TOKENS"] = OtherCaller,
        };
        foreach ((string name, string value) in settings ?? new Dictionary<string, string>())
            all[name] = value;
        return TestGateway.StartAsync(
            fake =>
            {
                fake.AddModel(FakeModel.Named(Veo));
                for (int i = 0; i < Math.Max(keys, 3); i++)
                    fake.AddKey(Key(i), fake.AddProject($"3000000000{i:D2}", FakeTier.Paid));
            },
            all,
            clock is null ? null : new FakeGeminiOptions { TimeProvider = clock },
            clock is null ? null : services => services.Replace(ServiceDescriptor.Singleton(clock)));
    }

    /// <summary>A client of the second caller.</summary>
    public static HttpClient Other(this TestGateway gateway)
    {
#pragma warning disable RS0030 // a client of the gateway, not a part of it
        var client = new HttpClient { BaseAddress = gateway.Address };
#pragma warning restore RS0030
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", OtherCaller);
        return client;
    }

    public static Task<FileSeen> SendAsync(this HttpClient client, HttpMethod method, string path, string? json = null) =>
        client.SeeAsync(new HttpRequestMessage(method, path) { Content = json is null ? null : FileWork.Json(json) });

    /// <summary>Makes something and expects that it works.</summary>
    public static async Task<JsonNode> MakeAsync(this HttpClient client, string path, string json)
    {
        FileSeen seen = await client.SendAsync(HttpMethod.Post, path, json);
        Assert.True(seen.Status == HttpStatusCode.OK, $"{seen.Status}: {seen.Body}");
        return seen.Json;
    }

    public static string CacheBody(string more = "") => $$"""{"model":"models/{{Model}}","contents":[{"role":"user","parts":[{"text":"{{Long}}"}]}]{{more}}}""";

    public static async Task<string> MakeCacheAsync(this HttpClient client, string more = "") => (string)(await client.MakeAsync("/v1beta/cachedContents", CacheBody(more)))["name"]!;

    public static Task<FileSeen> AskCacheAsync(this HttpClient client, string cache, string version = "/v1beta") =>
        client.SendAsync(HttpMethod.Post, $"{version}/models/{Model}:generateContent", $$"""{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"cachedContent":"{{cache}}"}""");

    /// <summary>What the upstream was asked about resources and generation.</summary>
    public static IEnumerable<ReceivedRequest> Asked(this TestGateway gateway, long after = 0) => gateway.Upstream.Received.Requests.Where(request => request.Sequence > after && request.Action != "listModels");

    public static string OwnerOf(this TestGateway gateway, string name) => gateway.Upstream.Resources.Find(name)!.Key;

    /// <summary>What nobody has, and what is another's, must look alike.</summary>
    public static void AssertNotThere(FileSeen seen)
    {
        Assert.Equal(HttpStatusCode.NotFound, seen.Status);
        Assert.Equal(("NOT_FOUND", "Requested entity was not found."), ((string?)seen.Json["error"]!["status"], (string?)seen.Json["error"]!["message"]));
    }
}
