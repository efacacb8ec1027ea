using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.Affinity;
using Pollux.IntegrationTests.Hosting;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Live;

/// <summary>Ephemeral tokens: made with a key of the pool, and good for sessions without the gateway's own credential.</summary>
[Trait("Feature", "GEM-6")]
public sealed class LiveTokenTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_opens_sessions_with_its_key_and_no_other_credential_as_often_as_was_asked_for()
    {
        await using TestGateway gateway = await LiveStand.StartAsync();
        string token = await MakeAsync(gateway, """{"uses":2}""");
        string key = gateway.Upstream.Received.Requests.Last(static request => request.Path.EndsWith("auth_tokens", StringComparison.Ordinal)).Key!;

        for (int i = 0; i < 2; i++)
        {
            using LiveClient client = await LiveClient.BeginAsync(gateway, query: "access_token=" + token, path: LiveClient.Constrained, password: null);
            Assert.Equal("You said: Hello", await client.TurnAsync("Hello"));
            await client.CloseAsync();
            Assert.Equal(key, gateway.Upstream.Live.Sessions[^1].Key.Key);
            Assert.Null(gateway.Upstream.Live.Sessions[^1].Request.Key); // the token is all that travels
        }

        using LiveClient third = await LiveClient.ConnectAsync(gateway.Address, "access_token=" + token, LiveClient.Constrained, null);
        await third.SendAsync(LiveStand.Setup());
        Assert.Equal(1008, (await third.ClosedAsync()).Code);
        Assert.All(gateway.Services.GetRequiredService<KeyPool.KeyPool>().Credentials(), static one => Assert.Equal(CredentialStatus.Usable, one.Health.Status)); // that was the token's fault
    }

    [Fact]
    public async Task A_token_that_is_not_known_or_has_expired_is_refused_and_a_token_is_good_for_nothing_else()
    {
        await using TestGateway gateway = await LiveStand.StartAsync();
        DateTimeOffset soon = TimeProvider.System.GetUtcNow().AddSeconds(1.5);
        string token = await MakeAsync(gateway, $$"""{"uses":0,"expireTime":"{{soon:O}}"}""");
        using (LiveClient client = await LiveClient.BeginAsync(gateway, query: "access_token=" + token, path: LiveClient.Constrained, password: null))
            await client.CloseAsync();

        using var chat = new HttpRequestMessage(HttpMethod.Post, "/v1beta/models/gemini-3.5-flash:generateContent?key=" + token) { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
#pragma warning disable RS0030 // a client of the gateway, not a part of it
        using var anybody = new HttpClient { BaseAddress = gateway.Address };
#pragma warning restore RS0030
        Assert.Equal(HttpStatusCode.Unauthorized, (await anybody.SendAsync(chat, Cancellation)).StatusCode);
        Assert.Equal(401, (await Assert.ThrowsAsync<RefusedException>(() => LiveClient.ConnectAsync(gateway.Address, "access_token=auth_tokens/none", LiveClient.Constrained, null))).Status);
        AffinityLedger ledger = gateway.Services.GetRequiredService<AffinityLedger>();
        while (ledger.TryFindToken(token, out _)) // until its time is over
            await Task.Yield();
        Assert.Equal(401, (await Assert.ThrowsAsync<RefusedException>(() => LiveClient.ConnectAsync(gateway.Address, "access_token=" + token, LiveClient.Constrained, null))).Status);
    }

    [Fact]
    public async Task What_a_token_is_asked_for_is_checked_and_an_alias_in_it_is_replaced()
    {
        await using TestGateway gateway = await LiveStand.StartAsync(null, null, LiveStand.First, ("MODEL_ALIASES", """{"talk":"gemini-3.8-live"}"""));

        await MakeAsync(gateway, """{"bidiGenerateContentSetup":{"model":"models/talk"},"fieldMask":"model"}""");

        JsonObject sent = JsonNode.Parse(gateway.Upstream.Received.Requests.Last(static request => request.Path.EndsWith("auth_tokens", StringComparison.Ordinal)).Body.Span)!.AsObject();
        Assert.Equal("models/gemini-3.8-live", sent["bidiGenerateContentSetup"]!["model"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(gateway, """{"bidiGenerateContentSetup":{"model":"models/none"}}""")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(gateway, """{"colour":"red"}""")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(gateway, "[")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(gateway, "{}", "v1beta")).StatusCode);
    }

    private static async Task<string> MakeAsync(TestGateway gateway, string body)
    {
        using HttpResponseMessage response = await PostAsync(gateway, body);
        string text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!["name"]!.GetValue<string>();
    }

    private static async Task<HttpResponseMessage> PostAsync(TestGateway gateway, string body, string version = "v1alpha")
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await gateway.Client.PostAsync(new Uri($"/{version}/auth_tokens", UriKind.Relative), content, Cancellation);
    }
}
