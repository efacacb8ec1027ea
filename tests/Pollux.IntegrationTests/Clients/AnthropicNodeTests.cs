using System.Text.Json;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Clients;

/// <summary>The package <c>@anthropic-ai/sdk</c> for Node.js.</summary>
[Trait("Feature", "ANT-1")]
public sealed class AnthropicNodeTests : ClientContract
{
    private protected override IClient Client { get; } = new NodeClient("anthropic");

    private protected override string Stop => "end_turn";

    private protected override string ToolCalls => "tool_use";

    private protected override int Overloaded => 529;

    private protected override IReadOnlyList<string> CutErrors => ["APIError"];

    [Fact]
    [Trait("Feature", "ANT-2")]
    public async Task The_clients_own_loop_over_tools_comes_to_its_end()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        ToolConversation.Arrange(gateway.Upstream);

        ClientReport report = await AnswerAsync(gateway, "run-tools");

        Assert.Equal("Sunny in Paris, cloudy in Rome, noon in both.", report.Text); // it asks for a conversation that the server keeps, and is told that there is none
        ToolConversation.AssertClientSaw(report, finish: null);
        ToolConversation.AssertUpstreamSaw(gateway.Calls("generateContent"), questions: 1);
    }

    [Fact]
    [Trait("Feature", "ANT-2")]
    public async Task Thinking_blocks_carry_the_signatures_of_the_calls_behind_them()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        ToolConversation.Arrange(gateway.Upstream);

        ClientReport report = await AnswerAsync(gateway, "thinking-tools");

        ToolConversation.AssertUpstreamSaw(gateway.Calls("streamGenerateContent"), questions: 2);
        string[][] blocks = [.. report.Object!.Value.EnumerateArray().Select(static message => message.EnumerateArray().Select(static block => block.GetString()!).ToArray())];
        Assert.StartsWith("thinking plx1.Zmlyc3Q", blocks[0][0], StringComparison.Ordinal);
        Assert.Equal(["tool_use", "tool_use"], blocks[0][1..]);
        Assert.StartsWith("thinking plx1.c2Vjb25k", blocks[1][0], StringComparison.Ordinal);
        Assert.Equal(["tool_use"], blocks[1][1..]);
    }

    [Fact]
    public async Task The_input_of_a_call_comes_in_pieces_that_join_to_it()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.ToolCalls(FakeToolCall.Parse("get_weather", """{"city":"Zürich \"old\"","days":[1,2]}""")));

        ClientReport report = await AnswerAsync(gateway, "input-json");

        Assert.Equal("tool_use", report.Finish);
        Assert.True(JsonElement.DeepEquals(report.Object!.Value.GetProperty("pieces"), report.Object.Value.GetProperty("input")), $"{report.Object}");
    }

    [Fact]
    [Trait("Feature", "ANT-2")]
    public async Task Documents_and_a_picture_out_of_a_tool_reach_the_upstream()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        await AnswerAsync(gateway, "documents");

        JsonElement contents = Assert.Single(gateway.Calls("generateContent")).Json.GetProperty("contents");
        JsonElement[] said = [.. contents[0].GetProperty("parts").EnumerateArray()];
        Assert.Equal("The paper", said[0].GetProperty("text").GetString());
        Assert.Equal("application/pdf", said[1].GetProperty("inlineData").GetProperty("mimeType").GetString());
        Assert.Equal(["A plain document.", "Look."], said[2..].Select(static part => part.GetProperty("text").GetString()));
        JsonElement response = contents[2].GetProperty("parts")[0].GetProperty("functionResponse");
        Assert.Equal("Here it is.", response.GetProperty("response").GetProperty("result").GetString());
        Assert.Equal(WireAnswers.Pixel, response.GetProperty("parts")[0].GetProperty("inlineData").GetProperty("data").GetString());
    }

    [Fact]
    [Trait("Feature", "ANT-2")]
    public async Task Sources_of_a_search_are_cited_in_answers_and_in_streams()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(static fake => SearchTests.Answer(fake));

        ClientReport report = await AnswerAsync(gateway, "search", "gemini-2.5-flash");

        JsonElement seen = report.Object!.Value;
        string[] List(string name) => [.. seen.GetProperty(name).EnumerateArray().Select(static url => url.GetString()!)];
        Assert.Equal(["https://weather.example/a", "https://weather.example/a", "https://wiki.example/sky_(blue)"], List("whole"));
        Assert.Equal(List("whole"), List("streamed"));
        Assert.Equal(["https://weather.example/a", "https://wiki.example/sky_(blue)"], List("found"));
        Assert.Equal(List("found"), List("foundStreamed"));
    }

    [Fact]
    public async Task Tokens_are_counted_by_google()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.ForAction("countTokens").Reply(FakeReply.Raw(200, "application/json; charset=UTF-8", """{"totalTokens":321}"""u8.ToArray()));

        ClientReport report = await AnswerAsync(gateway, "count-tokens");

        ReceivedRequest counted = Assert.Single(gateway.Calls("countTokens"));
        Assert.Equal((321, "google"), (report.Tokens, report.Text));
        JsonElement inner = counted.Json.GetProperty("generateContentRequest");
        Assert.Equal("models/gemini-3.5-flash", inner.GetProperty("model").GetString());
        Assert.Equal("Be short.", inner.GetProperty("systemInstruction").GetProperty("parts")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task The_models_are_listed_page_by_page()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, "models");

        Assert.Equal(ListedModels, report.Models);
        Assert.Equal("gemini-3.5-flash", report.Model);
        AssertOnlyTheKeyTravelled(gateway);
    }

    [Fact]
    [Trait("Feature", "ANT-3")]
    public async Task A_client_comes_back_when_a_limit_is_over()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["GEMINI_503_RETRIES"] = "0" });
        gateway.Upstream.Script.Next(FakeReply.Overloaded());

        ClientReport report = await AnswerAsync(gateway, "patient");

        Assert.Equal("You said: Hello, gateway", report.Text);
        Assert.InRange(report.Tokens!.Value, 1000, 60_000); // milliseconds: it waited as long as it was told
        Assert.Equal([503, 200], gateway.Calls().Select(static request => request.Status));
    }

    private protected override string ErrorType(int status) => status switch
    {
        400 => "BadRequestError",
        401 => "AuthenticationError",
        404 => "NotFoundError",
        429 => "RateLimitError",
        529 => "OverloadedError",
        _ => "InternalServerError",
    };
}
