using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Images;

namespace Pollux.IntegrationTests.Clients;

/// <summary>The package <c>openai</c> for Node.js.</summary>
public sealed class OpenAINodeTests : ClientContract
{
    private protected override IClient Client { get; } = new NodeClient("openai");

    private protected override IReadOnlyList<string> CutErrors => ["APIError"];

    [Fact]
    public async Task The_clients_own_loop_over_tools_comes_to_its_end()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        ToolConversation.Arrange(gateway.Upstream);

        ClientReport report = await AnswerAsync(gateway, "run-tools");

        Assert.Equal("Sunny in Paris, cloudy in Rome, noon in both.", report.Text);
        ToolConversation.AssertClientSaw(report, finish: null);
        ToolConversation.AssertUpstreamSaw(gateway.Calls("generateContent"), questions: 1);
    }

    [Fact]
    public async Task A_request_without_messages_is_refused_as_400_and_nothing_goes_upstream()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await RunAsync(gateway, "no-messages");

        Assert.Equal(("BadRequestError", 400, "messages"), (report.Error?.Type, report.Error?.Status, report.Error?.Param));
        Assert.Empty(gateway.Calls());
    }

    [Fact]
    public async Task The_models_are_listed()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, "models");

        Assert.Equal(ImageStand.Listed, report.Models);
        Assert.Equal("gemini-3.5-flash", report.Model);
        AssertOnlyTheKeyTravelled(gateway);
    }

    private protected override string ErrorType(int status) => status switch
    {
        400 => "BadRequestError",
        401 => "AuthenticationError",
        404 => "NotFoundError",
        429 => "RateLimitError",
        _ => "InternalServerError",
    };
}
