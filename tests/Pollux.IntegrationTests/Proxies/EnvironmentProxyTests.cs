using Pollux.FakeGemini;
using Pollux.IntegrationTests.Serving;
using Pollux.IntegrationTests.Storage;

namespace Pollux.IntegrationTests.Proxies;

/// <summary>
/// The proxy that the environment of the process names. It is read once in a process, so each test has a gateway in one of its own.
/// </summary>
public sealed class EnvironmentProxyTests
{
    private const string Key = "AQ.environment-proxy-test-key-0000001";

    [Theory]
    [InlineData("HTTP_PROXY", "", true)]
    [InlineData("http_proxy", "", true)]
    [InlineData("ALL_PROXY", "", true)]
    [InlineData("all_proxy", "other.test", true)]
    [InlineData("HTTP_PROXY", "other.test,127.0.0.1", false)]
    public async Task It_is_used_unless_the_upstream_is_among_the_exceptions(string name, string exceptions, bool isUsed)
    {
        await using TestProxy proxy = TestProxy.Start();

        long direct = await AskAsync((name, proxy.Address), (name == "all_proxy" ? "no_proxy" : "NO_PROXY", exceptions));

        Assert.Equal((isUsed, !isUsed), (proxy.Keys.Contains(Key), direct > 0));
    }

    [Fact]
    public async Task What_PROXIES_says_comes_first()
    {
        await using TestProxy environment = TestProxy.Start(), configured = TestProxy.Start();

        long direct = await AskAsync(("HTTP_PROXY", environment.Address), ("NO_PROXY", "127.0.0.1"), ("PROXIES", configured.Address));

        Assert.Contains(Key, configured.Keys);
        Assert.Empty(environment.Keys);
        Assert.Equal(0, direct);
    }

    /// <summary>Asks once, successfully.</summary>
    /// <returns>How many requests reached the upstream without the mark of a test proxy.</returns>
    private static async Task<long> AskAsync(params (string Name, string Value)[] settings)
    {
        await using FakeGeminiServer upstream = await FakeGeminiServer.StartAsync(TestContext.Current.CancellationToken);
        upstream.AddKey(Key);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("pollux-proxy-");
        try
        {
            using var child = ChildGateway.Start(upstream, folder.FullName, [("GEMINI_API_KEYS", Key), ("KEY_STORAGE_MODE", "memory"), .. settings]);
            Uri? address = await child.Address;
            Assert.NotNull(address);
            using HttpClient client = ChildGateway.Client(address);

            Seen seen = await client.AskAsync(Form.Gemini);

            Assert.True(seen.IsComplete, seen.Body);
            await child.KillAsync();
            return upstream.Received.Requests.Count(static request => !request.Headers.ContainsKey(TestProxy.Mark));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
