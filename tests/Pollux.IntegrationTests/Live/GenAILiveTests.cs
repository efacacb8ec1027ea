using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Live;

/// <summary>The package <c>@google/genai</c> for Node.js in Live sessions: only the base address and the key are the gateway's.</summary>
[Trait("Feature", "GEM-6")]
public sealed class GenAILiveTests
{
    private static readonly NodeClient Client = new("genai");

    [Fact]
    public async Task A_session_with_tools_is_held_and_taken_up_again()
    {
        await using TestGateway gateway = await LiveStand.StartAsync();

        ClientReport report = await Client.RunAsync(new ClientCall("live", gateway.Address, TestGateway.Password, LiveStand.Model), TestContext.Current.CancellationToken);

        Assert.Null(report.Error);
        Assert.Equal("get_weather", Assert.Single(Assert.Single(report.Steps)).Name);
        Assert.Contains("sunny", report.Thoughts, StringComparison.Ordinal);
        Assert.Equal("You said: And now? (before: gemini-3.8-live)", report.Text);
        Assert.Equal(2, gateway.Upstream.Live.Sessions.Count);
        Assert.Single(gateway.Upstream.Live.Sessions.Select(static session => session.Request.Key).Distinct());
    }

    [Fact]
    public async Task An_ephemeral_token_is_made_and_opens_a_session()
    {
        await using TestGateway gateway = await LiveStand.StartAsync();

        ClientReport report = await Client.RunAsync(new ClientCall("live-token", gateway.Address, TestGateway.Password, LiveStand.Model), TestContext.Current.CancellationToken);

        Assert.Null(report.Error);
        Assert.Equal("You said: Hello", report.Text);
        Assert.StartsWith("auth_tokens/", Assert.Single(gateway.Upstream.Live.Sessions).Request.Query["access_token"], StringComparison.Ordinal);
    }
}
