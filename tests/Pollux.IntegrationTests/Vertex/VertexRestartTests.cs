using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Vertex;

/// <summary>Credentials of Vertex AI in the database: kinds are kept, secrets are encrypted, the dead stay out.</summary>
[Trait("Feature", "UPS-1")]
public sealed class VertexRestartTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-vertex-").FullName;
    private FakeGeminiServer _upstream = null!;

    public async ValueTask InitializeAsync() => _upstream = await FakeGeminiServer.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _upstream.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task They_serve_after_a_restart_and_nothing_of_them_stands_on_the_disk()
    {
        FakeServiceAccount good = _upstream.AddServiceAccount("test-project-1");
        FakeServiceAccount gone = _upstream.AddServiceAccount("test-project-2");
        gone.State = FakeAccountState.Gone;
        _upstream.AddExpressKey(VertexStand.ExpressKeys[0]);
        for (int start = 0; start < 2; start++)
        {
            await using TestGateway gateway = await StartAsync(good, gone);
            for (int i = 0; i < 2; i++)
                Assert.True((await gateway.AskAsync(Form.OpenAI, "vertex")).IsComplete);
            Assert.True((await gateway.AskAsync(Form.Gemini, "vertex-express")).IsComplete);
            Assert.Equal(
                [CredentialKind.VertexServiceAccount, CredentialKind.VertexServiceAccount, CredentialKind.VertexExpressKey],
                gateway.Services.GetRequiredService<KeyPool.KeyPool>().Credentials().Select(static credential => credential.Kind));
            Assert.Equal((CredentialStatus.Out, FaultReason.CredentialRefused), (gateway.Of("test-project-2").Health.Status, gateway.Of("test-project-2").Health.Reason!.Value));
        }

        Assert.Equal(1, _upstream.Received.Requests.Count(request => request.Action == "token" && request.Account == gone.ClientEmail)); // not asked again
        string body = good.PrivateKey.Split('\n')[3];
        foreach (string file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
        {
            string text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
            Assert.DoesNotContain(body, text, StringComparison.Ordinal);
            Assert.DoesNotContain(VertexStand.Canary, text, StringComparison.Ordinal);
        }
    }

    private Task<TestGateway> StartAsync(params FakeServiceAccount[] accounts) => TestGateway.StartAsync(settings: new Dictionary<string, string>(VertexStand.Addresses(_upstream))
    {
        ["KEY_STORAGE_MODE"] = "database",
        ["DATA_DIR"] = _folder,
        ["BASE_URL"] = _upstream.BaseAddress.AbsoluteUri,
        ["GEMINI_API_KEYS"] = "",
        ["GOOGLE_CREDENTIALS_JSON"] = string.Join("\n", accounts.Select(static account => account.ToJson())),
        ["VERTEX_API_KEYS"] = VertexStand.ExpressKeys[0],
    });
}
