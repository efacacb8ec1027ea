using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Images;

namespace Pollux.IntegrationTests.Clients;

/// <summary>OpenAI's library for .NET.</summary>
public sealed class OpenAIDotNetTests : ClientContract
{
    private protected override IClient Client { get; } = new OpenAIDotNetClient();

    private protected override string Stop => "Stop";

    private protected override string ToolCalls => "ToolCalls";

    private protected override IReadOnlyList<string> CutErrors => ["HttpIOException"];

    [Fact]
    public async Task The_models_are_listed()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, "models");

        Assert.Equal(ImageStand.Listed, report.Models);
        Assert.Equal("gemini-3.5-flash", report.Model);
        AssertOnlyTheKeyTravelled(gateway);
    }

    private protected override string ErrorType(int status) => "ClientResultException";
}
