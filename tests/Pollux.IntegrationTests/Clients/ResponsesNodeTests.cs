using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Clients;

/// <summary>The package <c>openai</c> for Node.js, and Vercel's <c>ai</c>, with OpenAI's responses and completions.</summary>
[Trait("Feature", "OAI-13")]
public sealed class ResponsesNodeTests
{
    private readonly NodeClient _openai = new("openai");

    [Fact]
    public async Task A_response_is_made_given_again_and_deleted()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.ForAction("generateContent").Reply(FakeReply.Text("Hello, you.").WithThoughtTokens(5));

        ClientReport report = await RunAsync(_openai, gateway, "responses");

        Assert.Equal(("Hello, you.", "completed", "gemini-3.5-flash", 5), (report.Text, report.Finish, report.Model, report.Usage?.Thoughts));
        Assert.Equal(["Hello, you.", "a test", "Hello, gateway"], report.Models);
        Assert.True(report.Tokens > 0);
        Assert.Equal(("NotFoundError", 404, "response_not_found"), (report.Error?.Type, report.Error?.Status, report.Error?.Code));
    }

    [Fact]
    public async Task The_clients_own_stream_hears_texts_and_thoughts()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Thinking("I think.", "Hello, you.", 3));

        ClientReport report = await RunAsync(_openai, gateway, "responses-stream");

        Assert.Null(report.Error);
        Assert.Equal(("Hello, you.", "Hello, you.", "I think.", "completed"), (report.Text, report.Model, report.Thoughts, report.Finish));
        Assert.True(report.Pieces > 1);
    }

    [Fact]
    public async Task A_structured_answer_is_read_by_the_clients_own_schema()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Text("""{"name":"Rome","population":2750000,"continent":"Europe","nickname":null,"districts":[{"name":"Trastevere","old":true}]}"""));

        ClientReport report = await RunAsync(_openai, gateway, "responses-schema");

        Assert.Null(report.Error);
        Assert.Equal("Rome", report.Object?.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("responses-tools")]
    [InlineData("responses-tools-history")]
    public async Task A_conversation_with_tools_brings_back_what_the_upstream_gave(string script)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        ToolConversation.Arrange(gateway.Upstream);

        ClientReport report = await RunAsync(_openai, gateway, script);

        Assert.Null(report.Error);
        Assert.Equal("You are welcome.", report.Text);
        ToolConversation.AssertClientSaw(report, finish: "completed");
        ToolConversation.AssertUpstreamSaw([.. gateway.Upstream.Received.Requests.Where(static request => request.Method == "POST")], questions: 2);
    }

    [Fact]
    public async Task Items_that_a_client_names_instead_of_sending_them_are_found()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        ToolConversation.Arrange(gateway.Upstream);

        ClientReport report = await RunAsync(new NodeClient("ai", "openai-compatible"), gateway, "responses");

        Assert.Null(report.Error);
        Assert.Equal(("Sunny in Paris, cloudy in Rome, noon in both.", "You are welcome.", "stop"), (report.Text, report.Model, report.Finish));
        ToolConversation.AssertUpstreamSaw([.. gateway.Upstream.Received.Requests.Where(static request => request.Method == "POST")], questions: 2);
    }

    [Fact]
    public async Task Completions_go_on()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Text(" a time"), FakeReply.Text(" a time"));

        ClientReport report = await RunAsync(_openai, gateway, "completions");

        Assert.Equal((" a time", " a time", "stop"), (report.Model, report.Text, report.Finish));
    }

    private static Task<ClientReport> RunAsync(NodeClient client, TestGateway gateway, string script) =>
        client.RunAsync(new ClientCall(script, gateway.Address, TestGateway.Password, "gemini-3.5-flash"), TestContext.Current.CancellationToken);
}
