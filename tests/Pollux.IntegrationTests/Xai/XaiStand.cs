using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Xai;

/// <summary>A gateway with keys of xAI, and with a further upstream, before their stand-ins.</summary>
internal static class XaiStand
{
    /// <summary>A word in every secret here. It must never be seen.</summary>
    public const string Canary = "CANARYxyzzy";

    /// <summary>The first key of the pool.</summary>
    public const string Key = "xai-pool-CANARYxyzzy-000000000000000001";

    /// <summary>The second key of the pool.</summary>
    public const string OtherKey = "xai-pool-CANARYxyzzy-000000000000000002";

    /// <summary>A key that a caller brings along.</summary>
    public const string CallersKey = "xai-caller-CANARYxyzzy-0000000000000001";

    /// <summary>Keys of the further upstream.</summary>
    public static readonly string[] LocalKeys = ["local-CANARYxyzzy-key-0000000000000001", "local-CANARYxyzzy-key-0000000000000002"];

    /// <summary>A model that chats.</summary>
    public const string Model = "grok-4";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts a gateway.</summary>
    /// <param name="keys">The pool's keys of xAI.</param>
    /// <param name="lines">Listens to the request log.</param>
    /// <param name="arrange">Told of the upstream before the gateway starts.</param>
    /// <param name="settings">Over those of the tests.</param>
    /// <param name="services">Replaces services.</param>
    public static Task<TestGateway> StartAsync(
        string[]? keys = null, RequestLines? lines = null, Action<FakeGeminiServer>? arrange = null, IReadOnlyDictionary<string, string>? settings = null, Action<IServiceCollection>? services = null)
    {
        Action<FakeGeminiServer> arranged = fake =>
        {
            fake.AddKey(TestGateway.Key);
            foreach (string key in (string[])[Key, OtherKey, CallersKey])
                fake.AddXaiKey(key);
            foreach (string key in LocalKeys)
                fake.AddCompatibleKey(key);
            arrange?.Invoke(fake);
        };
        Func<FakeGeminiServer, IReadOnlyDictionary<string, string>> addresses = fake =>
        {
            var all = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["XAI_API_KEYS"] = string.Join(',', keys ?? [Key]),
                ["XAI_BASE_URL"] = fake.BaseAddress + "xai/v1",
                ["UPSTREAMS"] = new JsonArray(new JsonObject
                {
                    ["name"] = "local",
                    ["base_url"] = fake.BaseAddress + "compatible/v1",
                    ["allow_http"] = true,
                    ["keys"] = new JsonArray([.. LocalKeys.Select(static key => JsonValue.Create(key))]),
                    ["models"] = new JsonArray("local-chat", "local/nested", "local-vectors", "local-pictures", Ask.Model),
                }).ToJsonString(),
            };
            foreach ((string name, string value) in settings ?? new Dictionary<string, string>())
                all[name] = value;
            return all;
        };
        return lines is null
            ? TestGateway.StartAsync(arranged, services: services, settingsOf: addresses)
            : lines.StartAsync(arranged, services: services, settingsOf: addresses);
    }

    /// <summary>Asks on one of xAI's routes.</summary>
    public static Task<Seen> AskAsync(this TestGateway gateway, Form form, JsonNode body, string? bearer = null, string path = "/xai/v1/chat/completions") =>
        gateway.AskAsync(form, Encoding.UTF8.GetBytes(body.ToJsonString()), bearer, path);

    /// <summary>Asks on one of xAI's routes with exact bytes.</summary>
    public static Task<Seen> AskAsync(this TestGateway gateway, Form form, byte[] body, string? bearer = null, string path = "/xai/v1/chat/completions")
    {
        HttpRequestMessage request = Ask.Request(path, body);
        if (bearer is not null)
            request.Headers.Authorization = new("Bearer", bearer);
        return gateway.Client.SendAsync(form, request, Cancellation);
    }

    /// <summary>Sends any request and reads status and body.</summary>
    public static async Task<(int Status, string Headers, string Body)> SendAsync(this TestGateway gateway, HttpMethod method, string path, string? body = null, string? bearer = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (bearer is not null)
            request.Headers.Authorization = new("Bearer", bearer);
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, Cancellation);
        return ((int)response.StatusCode, $"{response.Headers}{response.Content.Headers}", await response.Content.ReadAsStringAsync(Cancellation));
    }

    /// <summary>The requests that xAI got.</summary>
    public static IReadOnlyList<ReceivedRequest> ToXai(this TestGateway gateway) => [.. gateway.Upstream.Received.Requests.Where(static request => request.Path.StartsWith("/xai/", StringComparison.Ordinal))];

    /// <summary>The requests that the further upstream got.</summary>
    public static IReadOnlyList<ReceivedRequest> ToLocal(this TestGateway gateway) => [.. gateway.Upstream.Received.Requests.Where(static request => request.Path.StartsWith("/compatible/", StringComparison.Ordinal))];

    /// <summary>A key of the pool.</summary>
    public static Credential Of(this TestGateway gateway, string key) => gateway.Services.GetRequiredService<KeyPool.KeyPool>().Credentials().Single(credential => credential.Secret.Reveal() == key);

    /// <summary>No secret stands in what clients saw or in the log.</summary>
    public static void CheckNothingShows(this TestGateway gateway, params IEnumerable<string> seen)
    {
        foreach (string text in seen.Concat(gateway.Logs.Lines.Select(static line => line.Text)))
            Assert.DoesNotContain(Canary, text, StringComparison.Ordinal);
    }

    /// <summary>The content of a chat's answer.</summary>
    public static string ContentOf(string body) => JsonNode.Parse(body)!["choices"]![0]!["message"]!["content"]!.GetValue<string>();

    /// <summary>A member of a received body, as JSON.</summary>
    public static string? Member(this ReceivedRequest request, string name) => request.Json.TryGetProperty(name, out JsonElement value) ? value.GetRawText() : null;
}
