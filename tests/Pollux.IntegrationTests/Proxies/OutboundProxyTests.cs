using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Proxies;

/// <summary><c>PROXIES</c>: which proxy sees which key, what happens when one fails, and that nothing ever goes around them.</summary>
public sealed class OutboundProxyTests
{
    private const int Keys = 12;
    private const int LeftOut = 3100;
    private const string User = "user-of-the-proxy";
    private const string Password = "pass:word@of#the/proxy";

    [Fact]
    public async Task Each_key_keeps_its_proxy_and_no_request_goes_around_them()
    {
        await using TestProxy one = TestProxy.Start(), two = TestProxy.Start(), three = TestProxy.Start(socks: true);
        await using TestGateway gateway = await StartAsync([one.Address, two.Address, three.Address]);

        for (int i = 0; i < 4 * Keys; i++)
            Assert.True((await gateway.Client.AskAsync(Form.OpenAI)).IsComplete);

        TestProxy[] proxies = [one, two, three];
        foreach (int key in Enumerable.Range(0, Keys))
            Assert.Single(proxies, proxy => proxy.Keys.Contains(KeyText(key)));
        Assert.True(proxies.Count(static proxy => proxy.Keys.Count > 0) > 1, "All keys took the same proxy.");
        Assert.Equal(gateway.Upstream.Received.Total, proxies.Sum(static proxy => proxy.Keys.Count)); // the model list's request among them
    }

    [Fact]
    public async Task Without_the_hash_one_key_takes_any_of_them()
    {
        await using TestProxy one = TestProxy.Start(), two = TestProxy.Start();
        await using TestGateway gateway = await StartAsync([one.Address, two.Address], ("PROXIES_USE_CONSISTENCY_HASH_BY_API_KEY", "false"), ("GEMINI_API_KEYS", KeyText(0)));

        for (int i = 0; i < 20; i++)
            Assert.True((await gateway.Client.AskAsync(Form.Gemini)).IsComplete);

        Assert.Contains(KeyText(0), one.Keys);
        Assert.Contains(KeyText(0), two.Keys);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Credentials_are_sent_to_the_proxy_and_shown_nowhere(bool socks)
    {
        await using TestProxy proxy = TestProxy.Start(socks, $"{User}:{Password}");
        await using TestGateway gateway = await StartAsync([WithCredentials(proxy.Address, Password)]);

        Seen seen = await gateway.Client.AskAsync(Form.GeminiStream);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.NotEmpty(proxy.Keys);
        Assert.All(gateway.Upstream.Received.Requests, static request => Assert.DoesNotContain(request.Headers.Keys, static name => name.StartsWith("Proxy-", StringComparison.OrdinalIgnoreCase)));
        AssertHidden(gateway, seen);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wrong_credentials_are_the_proxys_fault_and_are_not_shown(bool socks)
    {
        await using TestProxy proxy = TestProxy.Start(socks, $"{User}:other");
        await using TestGateway gateway = await StartAsync([WithCredentials(proxy.Address, Password)]);

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI);

        Assert.True(proxy.Unauthorized > 0);
        AssertDown(gateway, seen, proxies: 1);
    }

    [Fact]
    public async Task A_dead_proxys_keys_go_by_the_next_one()
    {
        await using TestProxy alive = TestProxy.Start();
        await using TestGateway gateway = await StartAsync([$"http://{TestProxy.NobodyAt()}", alive.Address, $"socks5://{TestProxy.NobodyAt()}"]);

        for (int i = 0; i < Keys; i++)
        {
            Seen seen = await gateway.Client.AskAsync(Form.OpenAI);
            Assert.True(seen.IsComplete, seen.Body);
            Assert.Contains("x-pollux-attempts: 1", seen.Headers, StringComparison.OrdinalIgnoreCase); // nobody's attempt is used up by a proxy
        }

        Assert.Equal(Keys, alive.Keys.Distinct().Count());
        Assert.Equal(gateway.Upstream.Received.Total, alive.Keys.Count);
        Assert.Equal(2, gateway.Logs.Lines.Count(static line => line.Id.Id == LeftOut)); // once each, not once a request
        AssertKeysAreWell(gateway);
    }

    [Fact]
    public async Task A_proxy_that_dies_is_left_out_and_asked_again_after_its_pause()
    {
        var clock = new ManualTimeProvider();
        TestProxy first = TestProxy.Start();
        await using TestProxy second = TestProxy.Start();
        string key = Enumerable.Range(0, 1000).Select(KeyText).First(key => Prefers(key, first.Address, second.Address));
        await using TestGateway gateway = await StartAsync([first.Address, second.Address], clock, ("GEMINI_API_KEYS", key));
        Assert.True((await gateway.Client.AskAsync(Form.OpenAI)).IsComplete);
        Assert.Empty(second.Keys);

        await first.DisposeAsync();
        Assert.True((await gateway.Client.AskAsync(Form.OpenAI)).IsComplete);
        Assert.NotEmpty(second.Keys);

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI)).IsComplete); // not asked now
        int warnings = gateway.Logs.Lines.Count(static line => line.Id.Id == LeftOut);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True((await gateway.Client.AskAsync(Form.OpenAI)).IsComplete); // asked, and still dead
        Assert.Equal((1, 2), (warnings, gateway.Logs.Lines.Count(static line => line.Id.Id == LeftOut)));
    }

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task With_all_proxies_down_a_request_fails_and_does_not_go_around_them(Form form)
    {
        await using TestGateway gateway = await StartAsync([WithCredentials($"http://{TestProxy.NobodyAt()}", Password), $"socks5://{TestProxy.NobodyAt()}"]);

        AssertDown(gateway, await gateway.Client.AskAsync(form), proxies: 2);
    }

    [Fact]
    public async Task An_upstream_of_TLS_is_reached_by_a_tunnel()
    {
        await using TestProxy proxy = TestProxy.Start(credentials: $"{User}:{Password}");
        await using TestGateway gateway = await StartAsync([WithCredentials(proxy.Address, Password)], ("BASE_URL", "https://upstream.test"));

        Seen seen = await gateway.Client.AskAsync(Form.Gemini);

        Assert.Contains("upstream.test:443", proxy.Tunnels);
        AssertDown(gateway, seen, proxies: 1); // this proxy refuses tunnels
    }

    private static string KeyText(int index) => $"AQ.proxy-test-key-{index:D4}-0000000000000";

    private static string WithCredentials(string address, string password) =>
        address.Replace("://", $"://{User}:{Uri.EscapeDataString(password)}@", StringComparison.Ordinal);

    private static bool Prefers(string key, string first, string second) => Score(key, first) > Score(key, second);

    private static ulong Score(string key, string proxy)
    {
        Assert.True(Settings.OutboundProxy.TryRead(proxy, out Settings.OutboundProxy? read, out _));
        return Upstream.StableHash.Mix(Upstream.StableHash.Of(key), Upstream.StableHash.Of(read.Identity));
    }

    private static Task<TestGateway> StartAsync(string[] proxies, params (string Name, string Value)[] settings) => StartAsync(proxies, null, settings);

    private static Task<TestGateway> StartAsync(string[] proxies, ManualTimeProvider? clock, params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string>
        {
            ["GEMINI_API_KEYS"] = string.Join(',', Enumerable.Range(0, Keys).Select(KeyText)),
            ["PROXIES"] = string.Join('\n', proxies),
            ["KEY_SELECTION"] = "least-recently-used",
            ["DEBUG_HEADERS"] = "true",
            ["ATTEMPT_BUDGET_SECONDS"] = "1", // shorter than the pause of a proxy: no test waits for it
        };
        foreach ((string name, string value) in settings)
            all[name] = value;
        return new RequestLines().StartAsync(
            fake =>
            {
                foreach (string key in all["GEMINI_API_KEYS"].Split(','))
                    fake.AddKey(key);
            },
            all,
            services: services =>
            {
                if (clock is not null)
                    services.AddSingleton<TimeProvider>(clock);
            });
    }

    private static void AssertDown(TestGateway gateway, Seen seen, int proxies)
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, seen.Status);
        Assert.Equal(seen.Form.IsOpenAI() ? "proxy_unavailable" : "UNAVAILABLE", seen.ErrorCode);
        Assert.Contains($"{proxies} of the {proxies} outbound proxies", seen.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", seen.Body, StringComparison.Ordinal);
        Assert.True(seen.RetryAfter > 0);
        Assert.Equal(0, gateway.Upstream.Received.Total);
        Assert.Equal(proxies, gateway.Logs.Lines.Count(static line => line.Id.Id == LeftOut));
        AssertHidden(gateway, seen);
        AssertKeysAreWell(gateway);
    }

    private static void AssertHidden(TestGateway gateway, Seen seen)
    {
        foreach (string text in gateway.Logs.Lines.Select(static line => line.Text).Append(seen.Body).Append(seen.Headers))
        {
            Assert.DoesNotContain(User, text, StringComparison.Ordinal);
            Assert.DoesNotContain(Password, text, StringComparison.Ordinal);
            Assert.DoesNotContain(Uri.EscapeDataString(Password), text, StringComparison.Ordinal);
        }
    }

    private static void AssertKeysAreWell(TestGateway gateway) => Assert.All(
        gateway.Services.GetRequiredService<KeyPool.KeyPool>().Credentials(),
        static key => Assert.Equal((CredentialStatus.Usable, 0), (key.Health.Status, key.Health.ConsecutiveFailures)));
}
