using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Clients;

/// <summary>The package <c>@google/genai</c> for Node.js, which speaks Gemini's own API.</summary>
public sealed class GenAINodeTests : ClientContract
{
    private protected override IClient Client { get; } = new NodeClient("genai");

    private protected override string Stop => "STOP";

    private protected override bool ShowsHeaders => false;

    private protected override bool IsNative => true;

    private protected override IReadOnlyList<string> CutErrors => ["ApiError", "Error", "TypeError"];

    [Fact]
    public async Task The_models_are_listed_page_by_page()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, "models");

        Assert.Equal(ClientContract.ListedModels, report.Models);
        Assert.Equal("gemini-3.5-flash", report.Model);
        AssertOnlyTheKeyTravelled(gateway);
    }

    [Fact]
    public async Task Tokens_are_counted()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, "count-tokens");

        Assert.InRange(report.Tokens!.Value, 1, 20);
        Assert.Single(gateway.Calls("countTokens"));
        AssertOnlyTheKeyTravelled(gateway);
    }

    [Theory]
    [InlineData("gemini-embedding-001")]
    [InlineData("gemini-embedding-2")]
    public async Task A_text_is_embedded(string model)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, "embed", model);

        Assert.Equal(256, report.Embedding.Count);
        Assert.Equal(model, Assert.Single(gateway.Calls()).Model);
        AssertOnlyTheKeyTravelled(gateway);
    }

    /// <summary>GEM-3: only the base address and the key are the gateway's.</summary>
    [Fact]
    [Trait("Feature", "GEM-3")]
    public async Task A_file_is_uploaded_in_pieces_used_listed_and_deleted()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, "files");

        Assert.Contains("You sent the file https://generativelanguage.googleapis.com/v1beta/files/", report.Text, StringComparison.Ordinal);
        Assert.Equal("letters", report.Model);
        Assert.StartsWith("files/", Assert.Single(report.Models), StringComparison.Ordinal);
        Assert.Equal("404", report.Finish);
        Assert.Empty(gateway.Upstream.Files.All);
        Assert.Equal(2, gateway.Upstream.Received.Requests.Count(static request => request.Query.ContainsKey("upload_id"))); // two pieces
    }

    private protected override string ErrorType(int status) => "ApiError";
}
