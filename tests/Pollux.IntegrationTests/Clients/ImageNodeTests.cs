using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Images;

namespace Pollux.IntegrationTests.Clients;

/// <summary>OAI-9 and OAI-10 with the clients for Node.js: <c>openai</c>, and <c>ai</c> with OpenAI's provider.</summary>
[Trait("Feature", "OAI-10")]
[Trait("Feature", "OAI-9")]
public sealed class ImageNodeTests
{
    private static readonly NodeClient OpenAI = new("openai");

    private static readonly NodeClient Ai = new("ai", "openai-compatible");

    [Theory]
    [InlineData("dall-e-3")]
    [InlineData("gemini-2.5-flash-image")]
    public async Task OpenAI_makes_pictures(string model)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();

        ClientReport report = await AnswerAsync(gateway, OpenAI, "images", model);

        Assert.Equal(2, report.Models.Count);
        Assert.All(report.Models, static url => Assert.StartsWith("http://127.0.0.1", url, StringComparison.Ordinal));
        Assert.Equal(0x89, Convert.FromBase64String(report.Text!)[0]);
        Assert.True(report.Tokens > 0);
    }

    [Fact]
    public async Task OpenAI_changes_pictures()
    {
        await using TestGateway gateway = await ImageStand.StartAsync();

        ClientReport report = await AnswerAsync(gateway, OpenAI, "image-edit", "gpt-image-1", check: false);

        byte[] pixel = Convert.FromBase64String(WireAnswers.Pixel);
        Assert.All(gateway.Calls("generateContent"), call => Assert.Equal([pixel, pixel], ImageStand.Sent(call)));
        Assert.NotEqual(report.Models[0], report.Models[1]); // one of them was a mask
    }

    [Theory]
    [InlineData("memory", "last", "![image](http://127.0.0.1")]
    [InlineData("none", "last", "![image](data:image/png;base64,")]
    [InlineData("memory", "all", "![image](http://127.0.0.1")]
    public async Task OpenAI_makes_a_picture_and_changes_it_three_times_though_it_keeps_Markdown_alone(string store, string history, string start)
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("IMAGE_STORAGE_TYPE", store), ("HISTORY_IMAGE_SUBMIT_TYPE", history));

        ClientReport report = await AnswerAsync(gateway, OpenAI, "picture-conversation", ImageStand.Painter, check: store != "none");

        Assert.Equal(4, report.Models.Count);
        Assert.Equal(4, gateway.Calls("generateContent").Count); // no signature was refused
        var shown = new List<byte[]>();
        for (int turn = 0; turn < 4; turn++)
        {
            Assert.Contains(start, report.Models[turn], StringComparison.Ordinal);
            Assert.Equal(history == "all" ? shown : shown.TakeLast(1), ImageStand.Sent(gateway.Calls()[turn]));
            shown.Add(await ImageStand.PictureAsync(gateway, report.Models[turn]));
        }

        Assert.Equal(4, shown.DistinctBy(Convert.ToHexString).Count());
    }

    [Theory]
    [InlineData("gpt-image-1")]
    [InlineData("dall-e-3")]
    [InlineData("gemini-3-pro-image")]
    public async Task Ai_makes_pictures(string model)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();

        ClientReport report = await AnswerAsync(gateway, Ai, "image", model);

        Assert.Equal(2, report.Models.Count);
        Assert.All(report.Models, static picture => Assert.Equal(0x89, Convert.FromBase64String(picture)[0]));
        Assert.Equal("image/png", report.Finish);
        Assert.All(gateway.Calls(), static call => Assert.Equal("2:3", call.Json.GetProperty("generationConfig").GetProperty("imageConfig").GetProperty("aspectRatio").GetString()));
    }

    private static async Task<ClientReport> AnswerAsync(TestGateway gateway, NodeClient client, string scenario, string model, bool check = true)
    {
        ClientReport report = await client.RunAsync(new ClientCall(scenario, gateway.Address, TestGateway.Password, model), TestContext.Current.CancellationToken);
        Assert.True(report.Error is null, $"The client threw {report.Error}");
        if (check)
            ClientContract.AssertOnlyTheKeyTravelled(gateway);
        return report;
    }
}
