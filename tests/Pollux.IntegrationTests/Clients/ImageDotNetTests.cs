using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Images;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Images;
using Pollux.IntegrationTests.Media;

namespace Pollux.IntegrationTests.Clients;

/// <summary>OAI-10 with OpenAI's library for .NET.</summary>
[Trait("Feature", "OAI-10")]
public sealed class ImageDotNetTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_picture_comes_as_an_address()
    {
        await using TestGateway gateway = await ImageStand.StartAsync();

        GeneratedImage picture = await Client(gateway, "dall-e-3").GenerateImageAsync("a cat", new ImageGenerationOptions { ResponseFormat = GeneratedImageFormat.Uri, Size = GeneratedImageSize.W1792xH1024, Quality = GeneratedImageQuality.High, Style = GeneratedImageStyle.Vivid }, Cancellation);

        Assert.Equal(0x89, (await gateway.Client.GetByteArrayAsync(picture.ImageUri, Cancellation))[0]);
        Assert.Equal("a cat", picture.RevisedPrompt);
        Assert.Equal("16:9", Assert.Single(gateway.Calls()).Json.GetProperty("generationConfig").GetProperty("imageConfig").GetProperty("aspectRatio").GetString());
    }

    [Theory]
    [InlineData("gpt-image-1")]
    [InlineData(ImageStand.Imagen)]
    public async Task Pictures_come_as_bytes(string model)
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("IMAGE_STORAGE_TYPE", "none"));

        GeneratedImageCollection pictures = await Client(gateway, model).GenerateImagesAsync("a cat", 3, cancellationToken: Cancellation);

        Assert.Equal(3, pictures.Count);
        Assert.All(pictures, static picture => Assert.Equal(0x89, picture.ImageBytes.ToArray()[0]));
    }

    [Fact]
    public async Task A_picture_is_changed_within_its_mask()
    {
        await using TestGateway gateway = await ImageStand.StartAsync();
        byte[] picture = MediaStand.Png(400), mask = MediaStand.Png(300);

        GeneratedImage changed = await Client(gateway, "gpt-image-1").GenerateImageEditAsync(
            new MemoryStream(picture), "Bild — Zürich.png", "a hat", new MemoryStream(mask), "mask.png", new ImageEditOptions { Size = GeneratedImageSize.W1024xH1024 }, Cancellation);

        Assert.Equal(0x89, changed.ImageBytes.ToArray()[0]);
        ReceivedRequest sent = Assert.Single(gateway.Calls("generateContent"));
        Assert.Equal([picture, mask], ImageStand.Sent(sent));
        Assert.Equal("1:1", sent.Json.GetProperty("generationConfig").GetProperty("imageConfig").GetProperty("aspectRatio").GetString());
    }

    [Fact]
    public async Task A_picture_that_is_withheld_is_an_exception()
    {
        await using TestGateway gateway = await ImageStand.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.NoContent("IMAGE_SAFETY"));

        var fault = await Assert.ThrowsAsync<ClientResultException>(() => Client(gateway, "gpt-image-1").GenerateImageAsync("something bad", cancellationToken: Cancellation));

        Assert.Equal(400, fault.Status);
        Assert.Contains("content_policy_violation", fault.Message, StringComparison.Ordinal);
    }

    private static ImageClient Client(TestGateway gateway, string model) => new(model, new ApiKeyCredential(TestGateway.Password), new OpenAIClientOptions
    {
        Endpoint = new Uri(gateway.Address, "/v1"),
        RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
    });
}
