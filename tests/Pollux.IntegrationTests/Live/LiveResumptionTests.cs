using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.FakeGemini.Live;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Live;

/// <summary>Handles of sessions lead to the key that gave them, and only for the caller that got them.</summary>
[Trait("Feature", "GEM-6")]
public sealed class LiveResumptionTests : IDisposable
{
    private const string Resumable = ""","sessionResumption":{}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-live-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_session_is_taken_up_with_its_key_whatever_key_is_due()
    {
        await using TestGateway gateway = await LiveStand.StartAsync();
        (string handle, string key) = await HandleAsync(gateway);

        for (int i = 0; i < 4; i++)
        {
            using LiveClient client = await LiveClient.BeginAsync(gateway, Resuming(handle));
            Assert.Contains("(before: ", await client.TurnAsync("Again"), StringComparison.Ordinal);
            handle = (await client.UntilAsync("sessionResumptionUpdate"))[^1]["sessionResumptionUpdate"]!["newHandle"]!.GetValue<string>();
            await client.CloseAsync();
            Assert.Equal(key, gateway.Upstream.Live.Sessions[^1].Request.Key);
        }
    }

    [Fact]
    public async Task Another_callers_handle_is_as_unknown_as_one_that_nobody_has_and_the_upstream_is_not_asked()
    {
        await using TestGateway gateway = await LiveStand.StartAsync();
        (string handle, _) = await HandleAsync(gateway);
        long asked = gateway.Upstream.Received.Total;

        using LiveClient foreign = await LiveClient.ConnectAsync(gateway.Address, password: LiveStand.OtherCaller);
        await foreign.SendAsync(Resuming(handle));
        using LiveClient unknown = await LiveClient.ConnectAsync(gateway.Address, password: LiveStand.OtherCaller);
        await unknown.SendAsync(Resuming("0123456789abcdef"));

        Assert.Equal(await unknown.ClosedAsync(), await foreign.ClosedAsync());
        Assert.Equal(asked, gateway.Upstream.Received.Total);
        using LiveClient own = await LiveClient.BeginAsync(gateway, Resuming(handle));
        await own.CloseAsync();
    }

    [Fact]
    public async Task When_the_sessions_key_is_dead_the_close_says_so_and_no_other_is_asked()
    {
        await using TestGateway gateway = await LiveStand.StartAsync();
        (string handle, string key) = await HandleAsync(gateway);
        gateway.Upstream.AddKey(key).State = FakeKeyState.Leaked;
        int sessions = gateway.Upstream.Live.Sessions.Count;

        for (int i = 0; i < 2; i++) // when it dies, and when that is known
        {
            using LiveClient client = await LiveClient.ConnectAsync(gateway.Address);
            await client.SendAsync(Resuming(handle));
            (int Code, string Words) closed = await client.ClosedAsync();
            Assert.Equal(1011, closed.Code);
            Assert.StartsWith("The key that owns this session is out of service", closed.Words, StringComparison.Ordinal);
        }

        Assert.Equal(sessions, gateway.Upstream.Live.Sessions.Count);
    }

    [Fact]
    public async Task A_handle_inside_what_the_model_says_is_not_believed()
    {
        await using TestGateway gateway = await LiveStand.StartAsync(keys: LiveStand.First);
        gateway.Upstream.Live.Answer = static (_, _) =>
        [
            new() { ["toolCall"] = new JsonObject { ["functionCalls"] = new JsonArray(new JsonObject { ["id"] = "1", ["name"] = "f", ["args"] = new JsonObject { ["sessionResumptionUpdate"] = new JsonObject { ["newHandle"] = "planted" } } }) } },
        ];
        using LiveClient client = await LiveClient.BeginAsync(gateway);
        await client.SendAsync(LiveStand.Say("Hello"));
        await client.UntilAsync("toolCall");
        await client.CloseAsync();

        using LiveClient planted = await LiveClient.ConnectAsync(gateway.Address);
        await planted.SendAsync(Resuming("planted"));
        Assert.Equal(1008, (await planted.ClosedAsync()).Code);
        Assert.Single(gateway.Upstream.Live.Sessions);
    }

    [Fact]
    public async Task A_session_is_taken_up_after_a_restart()
    {
        await using FakeGeminiServer upstream = await FakeGeminiServer.StartAsync(LiveStand.Upstream, TestContext.Current.CancellationToken);
        LiveStand.AddKeys(upstream);
        (string Name, string Value)[] settings = [("KEY_STORAGE_MODE", "database"), ("DATA_DIR", _folder), ("BASE_URL", upstream.BaseAddress.AbsoluteUri)];
        string handle, key;
        await using (TestGateway gateway = await LiveStand.StartAsync(settings: settings))
        {
            using LiveClient client = await LiveClient.BeginAsync(gateway, LiveStand.Setup(more: Resumable));
            await client.TurnAsync("Hello");
            handle = (await client.UntilAsync("sessionResumptionUpdate"))[^1]["sessionResumptionUpdate"]!["newHandle"]!.GetValue<string>();
            key = Assert.Single(upstream.Live.Sessions).Request.Key!;
            await client.CloseAsync();
        }

        await using TestGateway again = await LiveStand.StartAsync(settings: settings);
        using LiveClient resumed = await LiveClient.BeginAsync(again, Resuming(handle));
        await resumed.CloseAsync();

        Assert.Equal(key, upstream.Live.Sessions[^1].Request.Key);
        Assert.NotNull(upstream.Live.Sessions[^1].Resumed);
    }

    private static string Resuming(string handle) => LiveStand.Setup(more: $$""","sessionResumption":{"handle":"{{handle}}"}""");

    private static async Task<(string Handle, string Key)> HandleAsync(TestGateway gateway)
    {
        using LiveClient client = await LiveClient.BeginAsync(gateway, LiveStand.Setup(more: Resumable));
        await client.TurnAsync("Hello");
        string handle = (await client.UntilAsync("sessionResumptionUpdate"))[^1]["sessionResumptionUpdate"]!["newHandle"]!.GetValue<string>();
        await client.CloseAsync();
        FakeLiveSession session = gateway.Upstream.Live.Sessions[^1];
        return (handle, session.Request.Key!);
    }
}
