using System.Text.Json;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Images;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Clients;

/// <summary>LangChain's <c>@langchain/openai</c>: chats, streams, tools with signatures restored, schemas, vectors, citations, pictures, errors.</summary>
public sealed class LangChainTests
{
    private static readonly NodeClient Client = new("langchain");

    [Fact]
    public async Task An_answer_arrives_whole_and_in_pieces()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(WireAnswers.Whole("Hello from the other side"), WireAnswers.Stream("Hello ", "from the ", "other side"));

        ClientReport whole = await AnswerAsync(gateway, "plain");
        ClientReport streamed = await AnswerAsync(gateway, "stream");

        Assert.Equal(("Hello from the other side", "stop", 42), (whole.Text, whole.Finish, whole.Tokens));
        Assert.Equal(("Hello from the other side", "stop", 42, 3), (streamed.Text, streamed.Finish, streamed.Tokens, streamed.Pieces));
    }

    [Fact]
    public async Task Tools_are_called_over_turns_and_signatures_come_back()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(static fake =>
        {
            fake.AddKey(TestGateway.Key);
            ToolConversation.Arrange(fake);
        });

        ClientReport report = await AnswerAsync(gateway, "tools");

        Assert.Equal("Sunny in Paris, cloudy in Rome, noon in both.", report.Text);
        ToolConversation.AssertClientSaw(report, finish: null);
        ToolConversation.AssertUpstreamSaw([.. gateway.Calls("generateContent")], questions: 1);
    }

    [Fact]
    public async Task A_structured_answer_fits_the_schema()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, "schema");

        Assert.Equal("Europe", report.Object!.Value.GetProperty("continent").GetString());
    }

    [Fact]
    public async Task Vectors_are_the_same_as_base64_which_is_asked_for_by_default_and_as_numbers()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, "embed", "gemini-embedding-001");

        Assert.Equal(256, report.Embedding.Count);
        JsonElement seen = report.Object!.Value;
        Assert.Equal(report.Embedding.Select(static value => (float)value), seen.GetProperty("plain").EnumerateArray().Select(static value => value.GetSingle()));
        Assert.NotEqual(report.Embedding[0], seen.GetProperty("second")[0].GetDouble());
    }

    [Fact]
    public async Task Citations_are_in_the_raw_answer()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(static fake => SearchTests.Answer(fake));

        ClientReport report = await AnswerAsync(gateway, "search", "gemini-2.5-flash-search");

        Assert.Equal(["https://weather.example/a", "https://weather.example/a", "https://wiki.example/sky_(blue)"], report.Object!.Value.EnumerateArray().Select(static url => url.GetString()));
    }

    [Theory]
    [Trait("Feature", "OAI-10")]
    [InlineData("dall-e-3", ImageStand.Painter)]
    [InlineData("gemini-2.5-flash-image", "gemini-2.5-flash-image")]
    public async Task Its_tool_for_pictures_gets_addresses_bytes_and_several(string model, string painter)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();

        ClientReport report = await AnswerAsync(gateway, "images", model);

        IReadOnlyList<ReceivedRequest> calls = gateway.Calls("generateContent");
        Assert.Equal(4, calls.Count);
        Assert.All(calls, call => Assert.Equal(painter, call.Model));
        Assert.Equal("16:9", calls[0].Json.GetProperty("generationConfig").GetProperty("imageConfig").GetProperty("aspectRatio").GetString());
        Assert.Equal(0x89, Convert.FromBase64String(report.Text!)[0]);
        Assert.Equal(3, report.Models.Count);
        foreach (string address in report.Models)
            Assert.Equal(0x89, (await gateway.Client.GetByteArrayAsync(new Uri(address), TestContext.Current.CancellationToken))[0]);
    }

    [Fact]
    public async Task An_error_is_thrown_with_its_status_and_code()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await Client.RunAsync(new ClientCall("plain", gateway.Address, TestGateway.Password, "no-such-model"), TestContext.Current.CancellationToken);

        Assert.Equal((404, "model_not_found"), (report.Error!.Status, report.Error.Code));
    }

    private static async Task<ClientReport> AnswerAsync(TestGateway gateway, string scenario, string model = "gemini-3.5-flash")
    {
        ClientReport report = await Client.RunAsync(new ClientCall(scenario, gateway.Address, TestGateway.Password, model), TestContext.Current.CancellationToken);
        Assert.True(report.Error is null, $"The client threw {report.Error}");
        ClientContract.AssertOnlyTheKeyTravelled(gateway);
        return report;
    }
}
