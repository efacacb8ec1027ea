using System.Text.Json;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.IntegrationTests.Vertex;

namespace Pollux.IntegrationTests.Clients;

/// <summary>
/// The package <c>@google/genai</c> as users of Vertex AI have it: in express mode, where only base address and key are the gateway's, and with
/// a project and a place of its own, which give way to those of the pool.
/// </summary>
[Trait("Feature", "UPS-1")]
[Trait("Feature", "UPS-2")]
public sealed class GenAIVertexTests
{
    /// <summary>How the client is made, and whose credential has to serve it.</summary>
    public static TheoryData<string, bool> Modes => new()
    {
        { "express", true },
        { "express", false },
        { "express-route", true },
        { "project", true },
        { "project", false },
    };

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_text_comes_whole(string mode, bool express)
    {
        ClientReport report = await AnswerAsync(mode, express, "plain", Ask.Model, "generateContent");

        Assert.Equal("STOP", report.Finish);
        Assert.True(report.Usage is { Prompt: > 0, Completion: > 0 });
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_text_comes_in_pieces(string mode, bool express)
    {
        ClientReport report = await AnswerAsync(mode, express, "stream", Ask.Model, "streamGenerateContent");

        Assert.Equal("STOP", report.Finish);
        Assert.True(report is { Pieces: > 1, Usage.Completion: > 0 });
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Tokens_are_counted(string mode, bool express)
    {
        ClientReport report = await AnswerAsync(mode, express, "count-tokens", Ask.Model, "countTokens");

        Assert.InRange(report.Tokens!.Value, 1, 20);
    }

    [Theory]
    [InlineData("express", true, "gemini-embedding-001", "predict")]
    [InlineData("express", true, "gemini-embedding-2", "embedContent")]
    [InlineData("express-route", true, "gemini-embedding-2", "embedContent")]
    [InlineData("project", false, "gemini-embedding-001", "predict")]
    [InlineData("project", false, "gemini-embedding-2", "embedContent")]
    public async Task A_text_becomes_a_vector_of_the_size_asked_for(string mode, bool express, string model, string action)
    {
        ClientReport report = await AnswerAsync(mode, express, "embed", model, action);

        Assert.Equal(256, report.Embedding.Count);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Pictures_are_made(string mode, bool express)
    {
        ClientReport report = await AnswerAsync(mode, express, "generate-images", "imagen-4.0-generate-001", "predict");

        Assert.Equal(["image/png", "image/png"], report.Models);
    }

    [Fact]
    public async Task A_name_says_who_serves_it()
    {
        foreach (string mode in (string[])["gemini", "express"])
        {
            await using TestGateway gateway = await VertexStand.StartAsync(express: 1, gemini: true);

            await RunAsync(gateway, mode, "plain", "[PAY]" + Ask.Model);
            await RunAsync(gateway, mode, "stream", "[EXPRESS] " + Ask.Model);

            Assert.Equal(["test-project-1", null], gateway.ToVertex().Select(static request => request.Project));
            Assert.Equal(2, gateway.Upstream.Received.Requests.Count(static request => request is { Method: "POST" } and not { Action: "token" }));
        }
    }

    [Fact]
    public async Task A_model_that_no_credential_has_is_an_error_of_the_client()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(accounts: 0, express: 1);

        ClientReport report = await new NodeClient("genai", "express").RunAsync(new ClientCall("plain", gateway.Address, TestGateway.Password, "gemini-0.1-never"), TestContext.Current.CancellationToken);

        Assert.Equal("ApiError", report.Error?.Type);
        Assert.Equal(503, report.Error?.Status); // Vertex AI says the same of a model that only others may use
        Assert.Contains("entitled", report.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_project_and_a_place_of_the_client_are_told_as_lost_and_reach_nobody()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(settings: new Dictionary<string, string> { ["DEBUG_HEADERS"] = "true" });
        const string Path = "/v1beta1/projects/project-of-the-client/locations/us-central1/publishers/google/models/gemini-3.5-flash:generateContent";

        using HttpRequestMessage request = Ask.Request(Path, Form.Gemini.Body("Hello"));
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.True(response.IsSuccessStatusCode);
        Assert.Contains("path.project:changed", Assert.Single(response.Headers.GetValues("x-pollux-losses")), StringComparison.Ordinal);
        Assert.Equal(("test-project-1", "global"), (Assert.Single(gateway.ToVertex()).Project, gateway.ToVertex()[0].Location));
        foreach (string other in (string[])["/v1beta" + Path["/v1beta1".Length..], Path.Replace("locations/us-central1/", "", StringComparison.Ordinal), Path.Replace("project-of-the-client", "..", StringComparison.Ordinal)])
        {
            using HttpRequestMessage wrong = Ask.Request(other, Form.Gemini.Body("Hello"));
            using HttpResponseMessage refused = await gateway.Client.SendAsync(wrong, TestContext.Current.CancellationToken);
            Assert.True(refused.StatusCode == System.Net.HttpStatusCode.NotFound, other);
            using JsonDocument error = JsonDocument.Parse(await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal("NOT_FOUND", error.RootElement.GetProperty("error").GetProperty("status").GetString());
        }

        Assert.Single(gateway.ToVertex());
    }

    private static async Task<ClientReport> AnswerAsync(string mode, bool express, string scenario, string model, string action)
    {
        await using TestGateway gateway = await VertexStand.StartAsync(
            accounts: express ? 0 : 1, express: express ? 1 : 0, gemini: true, models: [.. FakeModelCatalog.Default, FakeModel.Named("imagen-4.0-generate-001")]);

        ClientReport report = await RunAsync(gateway, mode, scenario, model);

        ReceivedRequest sent = Assert.Single(gateway.ToVertex());
        Assert.Equal((model, action, express ? null : "test-project-1", express ? VertexStand.ExpressKeys[0] : null), (sent.Model, sent.Action, sent.Project, sent.Key));
        foreach (string text in sent.Headers.Values.Append(sent.Path))
        {
            Assert.DoesNotContain(TestGateway.Password, text, StringComparison.Ordinal);
            Assert.DoesNotContain("project-of-the-client", text, StringComparison.Ordinal);
        }

        return report;
    }

    private static async Task<ClientReport> RunAsync(TestGateway gateway, string mode, string scenario, string model)
    {
        ClientReport report = await new NodeClient("genai", mode).RunAsync(new ClientCall(scenario, gateway.Address, TestGateway.Password, model), TestContext.Current.CancellationToken);
        Assert.True(report.Error is null, report.Error?.Message);
        return report;
    }
}
