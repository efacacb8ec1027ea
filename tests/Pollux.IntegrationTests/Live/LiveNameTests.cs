using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.Generation;
using Pollux.IntegrationTests.Files;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Resources;

namespace Pollux.IntegrationTests.Live;

/// <summary>Names of models in a setup are read as on the native routes: prefixes, aliases and endings; what means nothing in a session is refused in words.</summary>
[Trait("Feature", "GEM-6")]
public sealed class LiveNameTests
{
    private const string Tokens = "/v1alpha/auth_tokens";

    [Theory]
    [InlineData("models/" + LiveStand.Model)]
    [InlineData(LiveStand.Model)]
    [InlineData("talk")]
    [InlineData("models/talk")]
    [InlineData(LiveStand.Model + "-nothinking")] // it does not think in any case
    public async Task A_name_leads_to_its_model_and_nothing_else_of_the_setup_changes(string name)
    {
        await using TestGateway gateway = await StartAsync();

        using LiveClient client = await LiveClient.BeginAsync(gateway, SetupOf(name));
        await client.CloseAsync();

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(SetupOf("models/" + LiveStand.Model)), JsonNode.Parse(gateway.Upstream.Live.Sessions[0].RawSetup)), gateway.Upstream.Live.Sessions[0].Setup.ToJsonString());
    }

    [Theory]
    [InlineData(LiveStand.Model + "-search", "")]
    [InlineData("models/" + LiveStand.Model + "-search", "")]
    [InlineData("seek", "")]
    [InlineData(LiveStand.Model + "-search", ",\"tools\":[{\"functionDeclarations\":[{\"name\":\"now\"}]}]")]
    [InlineData(LiveStand.Model + "-search", ",\"tools\":[{\"googleSearch\":{}}]")] // once is enough
    [InlineData(LiveStand.Model + "-search-nothinking", "")]
    public async Task A_name_that_searches_puts_the_search_into_the_setup(string name, string more)
    {
        await using TestGateway gateway = await StartAsync();

        using LiveClient client = await LiveClient.BeginAsync(gateway, SetupOf(name, more));
        Assert.Equal("You said: Hello", await client.TurnAsync("Hello"));
        await client.CloseAsync();

        JsonObject setup = gateway.Upstream.Live.Sessions[0].Setup;
        Assert.Equal("models/" + LiveStand.Model, (string?)setup["model"]);
        Assert.Single(setup["tools"]!.AsArray(), static tool => tool!["googleSearch"] is not null);
        Assert.Equal(more.Contains("now", StringComparison.Ordinal), setup["tools"]!.AsArray().Any(static tool => tool!["functionDeclarations"] is not null));
        Assert.Equal("AUDIO", (string?)setup["generationConfig"]!["responseModalities"]![0]);
    }

    /// <summary>The code is the one that Google closes with for what it calls invalid, or not found.</summary>
    [Theory]
    [InlineData(LiveStand.Model + "-fake", 1007, "-fake means nothing")]
    [InlineData(LiveStand.Model + "-maxthinking", 1007, "thinking of " + LiveStand.Model)]
    [InlineData(LiveStand.Model + "-thinking-1024", 1007, "thinking of " + LiveStand.Model)]
    [InlineData(LiveStand.Model + "-thinking", 1007, "thinking of " + LiveStand.Model)]
    [InlineData("[EXPRESS] " + LiveStand.Model, 1007, "Vertex AI")]
    [InlineData(LiveStand.Model + "-encrypt", 1007, "-encrypt")]
    [InlineData("gemini-9-live-search", 1008, "gemini-9-live-search is not found")]
    [InlineData("gemini-3.1-flash-live-preview", 1008, "gemini-3.1-flash-live-preview is not found")]
    public async Task What_means_nothing_in_a_session_is_refused_in_words(string name, int code, string words)
    {
        await using TestGateway gateway = await StartAsync();
        using LiveClient client = await LiveClient.ConnectAsync(gateway.Address);

        await client.SendAsync(SetupOf(name));
        (int Code, string Words) closed = await client.ClosedAsync();

        Assert.Equal(code, closed.Code);
        Assert.Contains(words, closed.Words, StringComparison.Ordinal);
        Assert.Empty(gateway.Upstream.Live.Sessions);
    }

    [Fact]
    public async Task A_token_is_bound_to_what_its_name_asks_for()
    {
        await using TestGateway gateway = await StartAsync();

        FileSeen made = await gateway.Client.SendAsync(HttpMethod.Post, Tokens, $$$"""{"uses":1,"bidiGenerateContentSetup":{"model":"models/{{{LiveStand.Model}}}-search","generationConfig":{"responseModalities":["AUDIO"] } } }""");

        Assert.True(made.Status == HttpStatusCode.OK, made.Body);
        JsonNode sent = JsonNode.Parse(gateway.Upstream.Received.Requests.Single(static request => request.Action == "auth_tokens").Body.Span)!["bidiGenerateContentSetup"]!;
        Assert.Equal(("models/" + LiveStand.Model, 1), ((string?)sent["model"], sent["tools"]!.AsArray().Count));
        FileSeen refused = await gateway.Client.SendAsync(HttpMethod.Post, Tokens, $$$"""{"bidiGenerateContentSetup":{"model":"models/{{{LiveStand.Model}}}-fake"}}""");
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("-fake means nothing", refused.Body, StringComparison.Ordinal);
    }

    private static string SetupOf(string model, string more = "") => $$$"""{"setup":{"model":"{{{model}}}","generationConfig":{"responseModalities":["AUDIO"]},"systemInstruction":{"parts":[{"text":"Be \"short\"."}]}{{{more}}}}}""";

    private static async Task<TestGateway> StartAsync()
    {
        TestGateway gateway = await LiveStand.StartAsync(null, null, LiveStand.First,
            ("MODEL_ALIASES", $$"""{"talk":"{{LiveStand.Model}}","seek":"{{LiveStand.Model}}-search"}"""), ("BLOCKED_MODELS", "gemini-3.1-flash-live-preview"));
        Assert.True(await gateway.Services.GetRequiredService<ModelDirectory>().RefreshAsync(TestContext.Current.CancellationToken)); // while nobody knows the list, the upstream judges names
        return gateway;
    }
}
