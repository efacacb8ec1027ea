using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;
using Pollux.Storage;

namespace Pollux.IntegrationTests.Storage;

/// <summary>What a gateway still knows after it was stopped and started again.</summary>
public sealed class RestartTests : IAsyncLifetime
{
    private const string First = "AQ.first-key-of-the-restart-000000000001";
    private const string Second = "AQ.second-key-of-the-restart-00000000002";

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-restart-").FullName;
    private FakeGeminiServer _upstream = null!;

    public async ValueTask InitializeAsync() => _upstream = await FakeGeminiServer.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _upstream.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_wall_of_the_day_that_was_learned_is_not_met_again()
    {
        _upstream.AddKey(First, _upstream.AddProject("100000000001")).Project.SetQuota(Ask.Model, new FakeQuota(Rpd: 2));
        await using (TestGateway gateway = await StartAsync(First))
        {
            for (int i = 0; i < 2; i++)
                Assert.True((await gateway.Client.AskAsync(Form.Gemini)).IsComplete);
            Assert.Equal(HttpStatusCode.TooManyRequests, (await gateway.Client.AskAsync(Form.Gemini)).Status);
        }

        int asked = Asked(First);
        await using (TestGateway again = await StartAsync(First))
        {
            Seen seen = await again.Client.AskAsync(Form.Gemini);

            Assert.Equal(HttpStatusCode.TooManyRequests, seen.Status);
            Assert.Equal(asked, Asked(First));
            Assert.True((await again.Client.AskAsync(Form.Gemini, model: "gemini-2.5-flash")).IsComplete);
        }
    }

    [Fact]
    public async Task A_dead_key_stays_out_with_its_reason_and_a_disabled_one_disabled()
    {
        _upstream.AddKey(First).State = FakeKeyState.Leaked;
        _upstream.AddKey(Second);
        CredentialHealth before;
        await using (TestGateway gateway = await StartAsync($"{First},{Second}"))
        {
            for (int i = 0; i < 3; i++)
                Assert.True((await gateway.Client.AskAsync(Form.Gemini)).IsComplete);
            before = Of(gateway, First)!.Health;
            Assert.Equal(CredentialStatus.Out, before.Status);
        }

        int asked = Asked(First);
        await using (TestGateway again = await StartAsync($"{First},{Second}"))
        {
            for (int i = 0; i < 3; i++)
                Assert.True((await again.Client.AskAsync(Form.Gemini)).IsComplete);

            CredentialHealth after = Of(again, First)!.Health;
            Assert.Equal((before.Status, before.Reason, before.Message), (after.Status, after.Reason, after.Message));
            Assert.Equal(before.NextRecheckAt!.Value, after.NextRecheckAt!.Value, TimeSpan.FromMilliseconds(1));
            Assert.Equal(asked, Asked(First));
            CredentialEventRow told = Assert.Single(again.Services.GetRequiredService<CredentialEventStore>().Page(null, 10));
            Assert.Equal((nameof(CredentialEventKind.WentOut), before.Reason.ToString()), (told.Kind, told.Reason));
            again.Services.GetRequiredService<KeyPool.KeyPool>().Disable(Of(again, Second)!.Id);
        }

        await using TestGateway third = await StartAsync($"{First},{Second}");
        Assert.Equal(CredentialStatus.Disabled, Of(third, Second)!.Health.Status);
    }

    [Fact]
    public async Task A_key_that_is_gone_from_the_environment_goes_and_an_imported_one_stays()
    {
        const string imported = "AQ.imported-key-of-the-restart-000000003";
        foreach (string key in (ReadOnlySpan<string>)[First, Second, imported])
            _upstream.AddKey(key);
        await using (TestGateway gateway = await StartAsync($"{First},{Second}"))
            gateway.Services.GetRequiredService<KeyStore>().Import([new KeyEntry(imported, ProjectGroup: "p")], KeyOrigin.Imported, cancellation: TestContext.Current.CancellationToken);

        await using TestGateway again = await StartAsync(Second);

        Assert.Equal([Second, imported], again.Services.GetRequiredService<KeyPool.KeyPool>().Credentials().Select(static key => key.Secret.Reveal()));
        Assert.Equal("p", Of(again, imported)!.ProjectGroup);
    }

    [Fact]
    public async Task The_place_where_a_key_travels_is_remembered()
    {
        _upstream.AddKey(First);
        await using (TestGateway gateway = await StartAsync(First))
            gateway.Services.GetRequiredService<KeyPool.KeyPool>().SetTransport(Of(gateway, First)!.Id, KeyTransport.Query);

        await using TestGateway again = await StartAsync(First);

        Assert.Equal(KeyTransport.Query, Of(again, First)!.Transport);
    }

    private static Credential? Of(TestGateway gateway, string key) => gateway.Services.GetRequiredService<KeyPool.KeyPool>().Find(new SecretText(key));

    private int Asked(string key) => _upstream.Received.Requests.Count(request => request.Key == key && request.Action == "generateContent");

    private Task<TestGateway> StartAsync(string keys) => TestGateway.StartAsync(settings: new Dictionary<string, string>
    {
        ["KEY_STORAGE_MODE"] = "database",
        ["DATA_DIR"] = _folder,
        ["BASE_URL"] = _upstream.BaseAddress.AbsoluteUri,
        ["GEMINI_API_KEYS"] = keys,
    });
}
