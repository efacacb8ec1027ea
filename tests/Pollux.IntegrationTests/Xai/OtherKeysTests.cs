using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini.Xai;
using Pollux.Hosting;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Upstream;

namespace Pollux.IntegrationTests.Xai;

/// <summary>UPS-3 and UPS-4: keys of others than Google are checked like the rest, and stored only where they stand for themselves.</summary>
[Trait("Feature", "UPS-4")]
public sealed class OtherKeysTests
{
    [Fact]
    public async Task A_check_asks_each_upstream_for_its_models_with_its_own_key()
    {
        await using TestGateway gateway = await XaiStand.StartAsync([XaiStand.Key, XaiStand.OtherKey], arrange: static fake => fake.AddXaiKey(XaiStand.OtherKey, FakeXaiKeyState.Incorrect));
        var probe = new KeyProbe(
            gateway.Services.GetRequiredService<KeyPool.KeyPool>(), gateway.Services.GetRequiredService<GeminiUpstream>(), gateway.Services.GetRequiredService<TimeProvider>());
        DispatchSettings settings = gateway.Services.GetRequiredService<SettingsHolder>().Current.Dispatch;

        Fault? good = await probe.AskAsync(gateway.Of(XaiStand.Key), settings, TestContext.Current.CancellationToken);
        Fault? bad = await probe.AskAsync(gateway.Of(XaiStand.OtherKey), settings, TestContext.Current.CancellationToken);
        Fault? local = await probe.AskAsync(gateway.Of(XaiStand.LocalKeys[0]), settings, TestContext.Current.CancellationToken);

        Assert.Equal((null, FaultReason.ApiKeyInvalid, null), (good?.Reason, bad?.Reason, local?.Reason));
        Assert.Equal(["/xai/v1/models", "/xai/v1/models"], gateway.ToXai().Select(static request => request.Path));
        Assert.Equal("/compatible/v1/models", Assert.Single(gateway.ToLocal()).Path);
    }

    [Fact]
    public async Task With_a_database_they_serve_after_a_restart_too()
    {
        string folder = Directory.CreateTempSubdirectory("pollux-others-").FullName;
        var settings = new Dictionary<string, string> { ["KEY_STORAGE_MODE"] = "database", ["DATA_DIR"] = folder };
        for (int start = 0; start < 2; start++)
        {
            await using TestGateway gateway = await XaiStand.StartAsync(settings: settings);

            Seen xai = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", XaiStand.Model));
            Seen local = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", "local/local-chat"), path: "/v1/chat/completions");

            Assert.True(xai.IsComplete && local.IsComplete, xai.Body + local.Body);
            KeyPool.KeyPool pool = gateway.Services.GetRequiredService<KeyPool.KeyPool>();
            Assert.Equal((1, 2), (pool.CountOf(CredentialKinds.XaiKey), pool.CountOf(PoolSections.KindsOf(1))));
        }
    }
}
