using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Responses;

/// <summary>OpenAI's completions, the API before chats.</summary>
[Trait("Feature", "OAI-13")]
public sealed class CompletionTests
{
    [Theory]
    [InlineData("\"prompt\":\"Once upon\"", " a time")]
    [InlineData("\"prompt\":[\"Once upon\"],\"echo\":true", "Once upon a time")]
    public async Task A_text_goes_on(string members, string text)
    {
        await using TestGateway gateway = await ResponseStand.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Text(" a time"), FakeReply.Text(" a time"));

        JsonObject whole = (await AskAsync(gateway, members + ",\"stop\":[\"END\"],\"max_tokens\":50")).Body;
        string stream = (await AskAsync(gateway, members + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}")).Text;

        Assert.Equal("text_completion", whole["object"]!.GetValue<string>());
        Assert.Equal((text, "stop"), (whole["choices"]![0]!["text"]!.GetValue<string>(), whole["choices"]![0]!["finish_reason"]!.GetValue<string>()));
        Assert.True(whole["usage"]!["total_tokens"]!.GetValue<int>() > 0);
        JsonObject[] chunks = [.. stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[..^1].Select(static line => JsonNode.Parse(line["data: ".Length..])!.AsObject())];
        Assert.EndsWith("data: [DONE]\n\n", stream, StringComparison.Ordinal);
        Assert.Equal(text, string.Concat(chunks.SelectMany(static chunk => chunk["choices"]!.AsArray()).Select(static choice => choice!["text"]!.GetValue<string>())));
        Assert.Equal("stop", chunks[^2]["choices"]![0]!["finish_reason"]!.GetValue<string>());
        Assert.True(chunks[^1]["usage"]!["total_tokens"]!.GetValue<int>() > 0);
        JsonObject sent = gateway.Sent()[0];
        Assert.Equal("Once upon", sent["contents"]![0]!["parts"]![0]!["text"]!.GetValue<string>());
        Assert.Equal(("END", 50), (sent["generationConfig"]!["stopSequences"]![0]!.GetValue<string>(), sent["generationConfig"]!["maxOutputTokens"]!.GetValue<int>()));
    }

    [Fact]
    public async Task What_cannot_be_carried_is_reported()
    {
        await using TestGateway gateway = await ResponseStand.StartAsync();

        string losses = (await AskAsync(gateway, "\"prompt\":\"a\",\"suffix\":\"z\",\"logprobs\":3,\"best_of\":4,\"logit_bias\":{\"1\":2}")).Losses;

        foreach (string name in (string[])["suffix", "logprobs", "best_of", "logit_bias"])
            Assert.Contains(name + ":dropped", losses, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"prompt\":[\"a\",\"b\"]")]
    [InlineData("\"prompt\":[1,2,3]")]
    [InlineData("\"prompt\":[]")]
    [InlineData("\"echo\":true")]
    public async Task What_is_no_one_prompt_is_refused(string members)
    {
        await using TestGateway gateway = await ResponseStand.StartAsync();

        (HttpStatusCode status, string text, _) = await AskAsync(gateway, members);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("prompt", JsonNode.Parse(text)!["error"]!["param"]!.GetValue<string>());
        Assert.Empty(gateway.Sent());
    }

    private static async Task<Answered> AskAsync(TestGateway gateway, string members)
    {
        using HttpRequestMessage request = Ask.Request("/v1/completions", Encoding.UTF8.GetBytes($"{{\"model\":\"gemini-2.5-flash\",{members}}}"));
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        string losses = response.Headers.TryGetValues("x-pollux-losses", out IEnumerable<string>? values) ? string.Join(';', values) : "";
        return new Answered(response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), losses);
    }

    private sealed record Answered(HttpStatusCode Status, string Text, string Losses)
    {
        public JsonObject Body => JsonNode.Parse(Text)!.AsObject();
    }
}
