using System.Net;
using System.Net.Sockets;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary><c>BASE_URL</c> with several addresses.</summary>
[Trait("Feature", "UPS-5")]
public sealed class SeveralAddressesTests
{
    [Fact]
    public async Task They_take_turns_by_their_weights()
    {
        await using FakeGeminiServer other = await FakeGeminiServer.StartAsync(new FakeGeminiOptions(), TestContext.Current.CancellationToken);
        other.AddKey(TestGateway.Key);
        await using TestGateway gateway = await StartAsync(fake => $"{fake.BaseAddress}|3, {other.BaseAddress}v1beta");

        for (int i = 0; i < 8; i++)
            Assert.True((await gateway.Client.AskAsync(Form.OpenAI)).IsComplete);

        Assert.Equal((6, 2), (Calls(gateway.Upstream), Calls(other)));
    }

    [Fact]
    public async Task One_that_cannot_be_reached_costs_no_request()
    {
        await using TestGateway gateway = await StartAsync(fake => $"http://127.0.0.1:{FreePort()}, {fake.BaseAddress}");

        for (int i = 0; i < 6; i++)
        {
            Seen seen = await gateway.Client.AskAsync(i % 2 == 0 ? Form.OpenAI : Form.GeminiStream);
            Assert.Equal(HttpStatusCode.OK, seen.Status);
        }

        Assert.Equal(6, Calls(gateway.Upstream));
    }

    private static Task<TestGateway> StartAsync(Func<FakeGeminiServer, string> addresses) => TestGateway.StartAsync(
        static fake => fake.AddKey(TestGateway.Key), settingsOf: fake => new Dictionary<string, string> { ["BASE_URL"] = addresses(fake) });

    private static int Calls(FakeGeminiServer upstream) => upstream.Received.Requests.Count(static request => request.Method == "POST");

    /// <summary>Where nobody listens.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
