using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Images;

namespace Pollux.IntegrationTests.Clients;

/// <summary>What <c>@google/genai</c> does by itself: calling tools over turns, and asking for pictures.</summary>
public sealed class GenAIToolAndPictureTests
{
    [Fact]
    public async Task Tools_are_called_automatically_until_the_answer_is_there()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(
            FakeReply.ToolCalls(FakeToolCall.Parse("get_weather", """{"city":"Rome"}"""), FakeToolCall.Parse("get_weather", """{"city":"Oslo"}""")),
            FakeReply.ToolCalls(FakeToolCall.Parse("get_weather", """{"city":"Rome, again"}""")),
            FakeReply.Text("It is blue everywhere."));

        ClientReport report = await RunAsync(gateway, "automatic");

        Assert.Equal("It is blue everywhere.", report.Text);
        Assert.Equal(["Rome", "Oslo", "Rome, again"], report.Models);
        Assert.Equal(3, gateway.Calls().Count);
    }

    [Fact]
    public async Task A_picture_is_made_and_changed_in_a_chat()
    {
        await using TestGateway gateway = await ImageStand.StartAsync();

        ClientReport report = await RunAsync(gateway, "images");

        Assert.Equal("image/png", report.Text);
        Assert.Equal(["bytes", "bytes"], report.Models);
        Assert.Contains("inlineData", gateway.Calls()[^1].Json.GetProperty("contents")[1].GetRawText(), StringComparison.Ordinal); // the first picture, sent back
    }

    private static async Task<ClientReport> RunAsync(TestGateway gateway, string scenario)
    {
        ClientReport report = await new NodeClient("genai").RunAsync(new ClientCall(scenario, gateway.Address, TestGateway.Password, "gemini-3.5-flash"), TestContext.Current.CancellationToken);
        Assert.True(report.Error is null, report.Error?.Message);
        return report;
    }
}
