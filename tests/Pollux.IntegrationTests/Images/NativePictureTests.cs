using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Images;

/// <summary>OAI-9 over Gemini's own routes: the twins with <c>-image</c>, and models for pictures asked without modalities.</summary>
[Trait("Feature", "OAI-9")]
public sealed class NativePictureTests
{
    private const string Older = "gemini-2.0-flash-preview-image-generation";
    private const string Twin = "nano-banana-pro-preview";

    [Theory]
    [InlineData(Form.Gemini)]
    [InlineData(Form.GeminiStream)]
    [InlineData(Form.GeminiArray)]
    public async Task A_twin_asks_for_text_and_picture(Form form)
    {
        await using TestGateway gateway = await StartAsync();

        Seen seen = await gateway.Client.AskAsync(form, "a cat", Twin + "-image");

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Contains("inlineData", seen.Body, StringComparison.Ordinal);
        ReceivedRequest sent = Assert.Single(gateway.Calls());
        Assert.Equal(Twin, sent.Model);
        Assert.Equal("""{"responseModalities":["TEXT","IMAGE"]}""", sent.Json.GetProperty("generationConfig").GetRawText());
    }

    [Fact]
    public async Task A_twin_keeps_what_the_body_says_of_pictures_and_of_all_else()
    {
        await using TestGateway gateway = await StartAsync();
        JsonObject body = Form.Gemini.Body("a cat");
        body["generationConfig"] = JsonNode.Parse("""{"responseModalities":["IMAGE"],"imageConfig":{"aspectRatio":"3:4"}}""");

        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAsync(Form.Gemini, body, Twin + "-image")).Status);

        Assert.Equal(body["generationConfig"]!.ToJsonString(), Assert.Single(gateway.Calls()).Json.GetProperty("generationConfig").GetRawText());
    }

    [Fact]
    public async Task A_model_before_2_5_paints_by_its_twin_alone()
    {
        await using TestGateway gateway = await StartAsync(("IMAGE_MODELS", Older));

        Seen plain = await gateway.Client.AskAsync(Form.Gemini, "a cat", Older);
        Seen twin = await gateway.Client.AskAsync(Form.Gemini, "a cat", Older + "-image");

        Assert.Equal(HttpStatusCode.BadRequest, plain.Status);
        Assert.Contains("accepts the following combination of response modalities:\n* TEXT, IMAGE", plain.Message, StringComparison.Ordinal); // in Google's words
        Assert.True(twin.IsComplete, twin.Body);
        Assert.Contains("inlineData", twin.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ImageStand.Painter)]
    [InlineData("gemini-2.5-flash-image")]
    public async Task A_model_of_today_paints_by_itself_and_its_body_goes_as_it_came(string model)
    {
        await using TestGateway gateway = await StartAsync();

        Seen seen = await gateway.Client.AskAsync(Form.Gemini, "a cat", model);

        Assert.Contains("inlineData", seen.Body, StringComparison.Ordinal);
        Assert.Equal(Form.Gemini.Body("a cat").ToJsonString(), System.Text.Encoding.UTF8.GetString(Assert.Single(gateway.Calls()).Body.Span));
    }

    [Fact]
    public async Task Twins_are_listed()
    {
        await using TestGateway gateway = await StartAsync();

        JsonElement list = JsonElement.Parse(await gateway.Client.GetByteArrayAsync(new Uri("/v1beta/models?pageSize=1000", UriKind.Relative), TestContext.Current.CancellationToken));

        Assert.Contains($"models/{Twin}-image", list.GetProperty("models").EnumerateArray().Select(static model => model.GetProperty("name").GetString()));
    }

    private static async Task<TestGateway> StartAsync(params (string Name, string Value)[] settings)
    {
        TestGateway gateway = await TestGateway.StartAsync(
            static fake => fake.AddKey(TestGateway.Key, fake.AddProject("100000000001", FakeTier.Paid)),
            settings.ToDictionary(static pair => pair.Name, static pair => pair.Value, StringComparer.Ordinal),
            new FakeGeminiOptions { Models = [.. FakeModelCatalog.Default, FakeModel.Named(Older)] });
        await EmbeddingTests.ListedAsync(gateway);
        return gateway;
    }
}
