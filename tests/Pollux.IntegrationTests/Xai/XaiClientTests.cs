using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Images;
using OpenAI.Models;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Xai;

/// <summary>UPS-3 with OpenAI's own clients.</summary>
[Trait("Feature", "UPS-3")]
public sealed class XaiClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TestGateway.Password)]
    [InlineData(XaiStand.CallersKey)]
    public async Task The_client_for_Node_chats_streams_paints_and_lists(string credential)
    {
        await using TestGateway gateway = await XaiStand.StartAsync();

        ClientReport report = await new NodeClient("openai").RunAsync(new ClientCall("xai", gateway.Address, credential, XaiStand.Model), Cancellation);

        Assert.Null(report.Error);
        Assert.Equal(("You said: Hello", "They want an echo.", "stop"), (report.Text, report.Thoughts, report.Finish));
        Assert.Equal(3, report.Pieces);
        Assert.Equal(new ClientUsage(12, 5, 7, 24), report.Usage);
        Assert.Equal([2d, 3d], report.Embedding); // pictures of either route
        Assert.Contains("grok-imagine-image", report.Models);
        Assert.Equal(XaiStand.Model, report.Model);
        Assert.All(gateway.ToXai(), request => Assert.Equal(credential == XaiStand.CallersKey ? XaiStand.CallersKey : XaiStand.Key, request.Key));
    }

    [Fact]
    public async Task The_client_for_DotNet_chats_streams_paints_and_lists()
    {
        await using TestGateway gateway = await XaiStand.StartAsync();
        var options = new OpenAIClientOptions { Endpoint = new Uri(gateway.Address, "/xai/v1"), RetryPolicy = new ClientRetryPolicy(maxRetries: 0) };
        var client = new OpenAIClient(new ApiKeyCredential(TestGateway.Password), options);

        ChatCompletion whole = await client.GetChatClient(XaiStand.Model).CompleteChatAsync([new UserChatMessage("Hello")], cancellationToken: Cancellation);
        var streamed = new StringBuilder();
        await foreach (StreamingChatCompletionUpdate update in client.GetChatClient(XaiStand.Model).CompleteChatStreamingAsync([new UserChatMessage("Hello")], cancellationToken: Cancellation))
            streamed.Append(string.Concat(update.ContentUpdate.Select(static part => part.Text)));
        GeneratedImage picture = await client.GetImageClient("grok-imagine-image").GenerateImageAsync("a cat", new ImageGenerationOptions { Size = GeneratedImageSize.W1024xH1024 }, Cancellation);
        ChatCompletion shown = await client.GetChatClient("grok-2-image").CompleteChatAsync([new UserChatMessage("2 cats")], cancellationToken: Cancellation);
        OpenAIModelCollection models = await client.GetOpenAIModelClient().GetModelsAsync(Cancellation);

        Assert.Equal(("You said: Hello", "You said: Hello"), (whole.Content[0].Text, streamed.ToString()));
        Assert.Equal(12, whole.Usage.InputTokenCount);
        Assert.NotNull(picture.ImageUri);
        Assert.Contains("![image2](", shown.Content[0].Text, StringComparison.Ordinal);
        Assert.Contains(models, static model => model.Id == "grok-4");
    }

    [Fact]
    public async Task The_client_for_DotNet_reads_the_refusal_of_a_callers_key()
    {
        await using TestGateway gateway = await XaiStand.StartAsync();
        var client = new ChatClient(XaiStand.Model, new ApiKeyCredential("xai-nobody-knows-this-CANARYxyzzy-key"), new OpenAIClientOptions { Endpoint = new Uri(gateway.Address, "/xai/v1"), RetryPolicy = new ClientRetryPolicy(maxRetries: 0) });

        var fault = await Assert.ThrowsAsync<ClientResultException>(() => client.CompleteChatAsync([new UserChatMessage("Hello")], cancellationToken: Cancellation));

        Assert.Equal(401, fault.Status);
        gateway.CheckNothingShows(fault.Message);
    }
}
