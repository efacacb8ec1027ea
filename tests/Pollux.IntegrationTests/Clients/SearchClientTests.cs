using System.ClientModel;
using OpenAI;
using OpenAI.Chat;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Clients;

/// <summary>Sources of answers as official clients show them. The other clients stand in <c>SearchTests</c> and <c>LangChainTests</c>.</summary>
[Trait("Feature", "OAI-6")]
public sealed class SearchClientTests
{
    private const string Model = "gemini-2.5-flash-search";

    private static readonly string[] Cited = ["https://weather.example/a", "https://weather.example/a", "https://wiki.example/sky_(blue)"];

    [Fact]
    public async Task OpenAI_for_NET_shows_what_each_citation_stands_on()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(static fake => SearchTests.Answer(fake));
        ChatClient client = new(Model, new ApiKeyCredential(TestGateway.Password), new OpenAIClientOptions { Endpoint = new Uri(gateway.Address, "v1") });

        ChatCompletion answer = await client.CompleteChatAsync([new UserChatMessage("Hello")], cancellationToken: TestContext.Current.CancellationToken);

#pragma warning disable OPENAI001 // the library says that this part of it may change
        Assert.Equal(Cited, answer.Annotations.Select(static annotation => annotation.WebResourceUri.AbsoluteUri));
        Assert.All(answer.Annotations, annotation => Assert.InRange(annotation.EndIndex, annotation.StartIndex + 1, answer.Content[0].Text.Length));
#pragma warning restore OPENAI001
    }

    [Fact]
    public async Task Ai_shows_sources_of_answers_and_of_streams()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(static fake => SearchTests.Answer(fake));

        ClientReport report = await new NodeClient("ai", "openai-compatible").RunAsync(new ClientCall("search", gateway.Address, TestGateway.Password, Model), TestContext.Current.CancellationToken);

        Assert.Equal(Cited, report.Object!.Value.GetProperty("whole").EnumerateArray().Select(static url => url.GetString()));
        Assert.Equal(Cited, report.Object.Value.GetProperty("streamed").EnumerateArray().Select(static url => url.GetString()));
    }
}
