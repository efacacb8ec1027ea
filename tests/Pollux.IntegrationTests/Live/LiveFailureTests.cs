using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Proxies;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Live;

/// <summary>What fails before a session began is tried with another key, and its owner alone is marked.</summary>
[Trait("Feature", "GEM-6")]
public sealed class LiveFailureTests
{
    private const string Quota = "You exceeded your current quota, please check your plan and billing details.";

    [Theory]
    [InlineData(FakeKeyState.Invalid, FaultReason.ApiKeyInvalid)]
    [InlineData(FakeKeyState.Expired, FaultReason.ApiKeyExpired)]
    [InlineData(FakeKeyState.Leaked, FaultReason.KeyLeaked)]
    [InlineData(FakeKeyState.Suspended, FaultReason.KeySuspended)]
    [InlineData(FakeKeyState.ServiceDisabled, FaultReason.ServiceDisabled)]
    [InlineData(FakeKeyState.Denied, FaultReason.ProjectDenied)]
    [InlineData(FakeKeyState.BillingDisabled, FaultReason.BillingStopped)]
    [InlineData(FakeKeyState.Blocked, FaultReason.KeyRestricted)]
    [InlineData(FakeKeyState.RefusesAuthKey, FaultReason.AuthKeyRefused)]
    public async Task A_dead_key_is_put_out_and_the_session_begins_with_another(FakeKeyState state, FaultReason reason)
    {
        await using TestGateway gateway = await LiveStand.StartAsync();
        gateway.Upstream.AddKey(LiveStand.First).State = state;
        string? served = null;
        for (int i = 0; i < 3; i++) // whichever key is taken first
        {
            using LiveClient client = await LiveClient.BeginAsync(gateway);
            Assert.Equal("You said: Hello", await client.TurnAsync("Hello"));
            await client.CloseAsync();
            served = gateway.Upstream.Live.Sessions[^1].Request.Key;
            Assert.Equal(LiveStand.Second, served);
        }

        Credential dead = Key(gateway, LiveStand.First);
        Assert.NotEqual(CredentialStatus.Usable, dead.Health.Status);
        Assert.Equal(reason, dead.Health.Reason);
        Assert.Equal(CredentialStatus.Usable, Key(gateway, LiveStand.Second).Health.Status);
    }

    [Theory]
    [InlineData(1011, Quota, "ProjectModel")]
    [InlineData(1011, "Resource has been exhausted (e.g. check quota).", "ProjectModel")]
    [InlineData(1011, "Internal error encountered.", "Upstream")]
    [InlineData(1011, "The service is currently unavailable.", "Model")]
    public async Task A_refusal_that_another_attempt_cures_is_not_seen(int code, string words, string owner)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await LiveStand.StartAsync(lines);
        gateway.Upstream.Live.CloseNext(code, words);

        using LiveClient client = await LiveClient.BeginAsync(gateway);
        await client.CloseAsync();

        RequestLine line = await lines.NextAsync();
        Assert.Equal((2, "-"), (line.Attempts, line["owner"]));
        Assert.Contains(gateway.Logs.Lines, log => log.Id.Id == 8000 && log.Text.Contains(owner, StringComparison.Ordinal));
        if (owner == "ProjectModel")
            Assert.NotEqual(gateway.Upstream.Live.Sessions[0].Request.Key, gateway.Upstream.Live.Sessions[1].Request.Key);
    }

    [Fact]
    public async Task A_connection_that_is_cut_before_the_session_began_is_made_again()
    {
        await using TestGateway gateway = await LiveStand.StartAsync();
        gateway.Upstream.Live.CutNext();

        using LiveClient client = await LiveClient.BeginAsync(gateway);

        Assert.Equal("You said: Hello", await client.TurnAsync("Hello"));
        await client.CloseAsync();
    }

    [Fact]
    public async Task When_all_keys_have_used_up_their_quota_the_close_says_so_and_when_all_are_dead_too()
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await LiveStand.StartAsync(lines);
        gateway.Upstream.Live.CloseNext(1011, Quota);
        gateway.Upstream.Live.CloseNext(1011, Quota);
        using LiveClient client = await LiveClient.ConnectAsync(gateway.Address);
        await client.SendAsync(LiveStand.Setup());

        (int Code, string Words) closed = await client.ClosedAsync();

        Assert.Equal(1011, closed.Code);
        Assert.Contains("quota", closed.Words, StringComparison.Ordinal);
        Assert.Equal("ProjectModel", (await lines.NextAsync())["owner"]);
        gateway.Upstream.AddKey(LiveStand.First).State = FakeKeyState.Leaked;
        gateway.Upstream.AddKey(LiveStand.Second).State = FakeKeyState.Leaked;
        using LiveClient other = await LiveClient.ConnectAsync(gateway.Address);
        await other.SendAsync(LiveStand.Setup("gemini-3.1-flash-live-preview"));
        closed = await other.ClosedAsync();
        Assert.Equal(1011, closed.Code);
        Assert.Contains("keys of this gateway", closed.Words, StringComparison.Ordinal);
        Assert.DoesNotContain("leaked", closed.Words, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_quota_that_ends_a_session_in_its_middle_is_told_and_learned()
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await LiveStand.StartAsync(lines, keys: LiveStand.First);
        using LiveClient client = await LiveClient.BeginAsync(gateway);
        await client.TurnAsync("Hello");

        await gateway.Upstream.Live.Sessions[0].CloseAsync(1011, Quota);

        Assert.Equal((1011, Quota), await client.ClosedAsync());
        RequestLine line = await lines.NextAsync();
        Assert.Equal(("ProjectModel", "QuotaMinute", "10"), (line["owner"], line["reason"], line["prompt"]));
        using LiveClient next = await LiveClient.ConnectAsync(gateway.Address);
        await next.SendAsync(LiveStand.Setup());
        Assert.Contains("quota", (await next.ClosedAsync()).Words, StringComparison.Ordinal);
        Assert.Single(gateway.Upstream.Live.Sessions);
    }

    [Fact]
    public async Task Sessions_take_the_proxies_and_the_headers_of_every_other_request()
    {
        await using TestProxy proxy = TestProxy.Start(socks: true);
        await using TestGateway gateway = await LiveStand.StartAsync(null, null, LiveStand.First, ("PROXIES", proxy.Address), ("CUSTOM_HEADERS", """{"x-team":"talk"}"""));

        using LiveClient client = await LiveClient.BeginAsync(gateway);
        await client.CloseAsync();

        Assert.Contains(LiveStand.First, proxy.Keys);
        Assert.Equal("talk", gateway.Upstream.Live.Sessions[0].Request.Headers["x-team"]);
    }

    [Fact]
    public async Task An_upstream_that_cannot_be_reached_closes_with_1011()
    {
        await using TestGateway gateway = await LiveStand.StartAsync(null, null, LiveStand.First, ("BASE_URL", "http://127.0.0.1:9"), ("MAX_RETRY_NUM", "2"));
        using LiveClient client = await LiveClient.ConnectAsync(gateway.Address);

        await client.SendAsync(LiveStand.Setup());

        Assert.Equal(1011, (await client.ClosedAsync()).Code);
    }

    private static Credential Key(TestGateway gateway, string secret) =>
        gateway.Services.GetRequiredService<KeyPool.KeyPool>().Credentials().Single(key => key.Secret.Reveal() == secret);
}
