using System.Net;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Anthropic;

/// <summary>ANT-1: counts of tokens, and lists of models in Anthropic's shape.</summary>
[Trait("Feature", "ANT-1")]
public sealed class MessagesListingTests
{
    [Fact]
    public async Task Without_a_key_the_gateway_counts_by_itself_and_says_so()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["MAX_RETRY_NUM"] = "1" });
        gateway.Upstream.Script.ForAction("countTokens").Reply(FakeReply.InvalidKey());
        JsonObject body = MessagesAsk.Body();
        body.Remove("max_tokens");

        using HttpResponseMessage response = await gateway.Client.SendAsync(Ask.Request("/v1/messages/count_tokens", body), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("estimate", response.Headers.GetValues("x-pollux-count").Single());
        Assert.InRange(JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["input_tokens"]!.GetValue<int>(), 1, 100);
    }

    [Theory]
    [InlineData("?limit=2", 2, true)]
    [InlineData("?limit=1000", -1, false)]
    public async Task Models_are_listed_in_anthropics_shape_for_who_names_its_version(string query, int count, bool more)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        foreach (string path in (string[])["/v1/models", "/anthropic/v1/models"])
        {
            JsonNode list = await ListAsync(gateway, path + query);

            JsonArray data = list["data"]!.AsArray();
            if (count > 0)
                Assert.Equal(count, data.Count);
            Assert.Equal(more, list["has_more"]!.GetValue<bool>());
            Assert.Equal(data[^1]!["id"]!.GetValue<string>(), list["last_id"]!.GetValue<string>());
            Assert.All(data, static model => Assert.Equal("model", model!["type"]!.GetValue<string>()));
            if (!more)
                continue;
            string last = list["last_id"]!.GetValue<string>();
            JsonNode next = await ListAsync(gateway, $"{path}{query}&after_id={last}");
            JsonNode back = await ListAsync(gateway, $"{path}{query}&before_id={next["first_id"]}");
            Assert.NotEqual(last, next["first_id"]!.GetValue<string>());
            Assert.Equal(data.ToJsonString(), back["data"]!.ToJsonString());
        }
    }

    [Theory]
    [InlineData("/v1/models?limit=0", 400)]
    [InlineData("/v1/models?after_id=none", 400)]
    [InlineData("/v1/models?after_id=a&before_id=b", 400)]
    [InlineData("/v1/models/gemini-9-none", 404)]
    public async Task A_wrong_question_about_models_is_refused_in_the_dialect(string path, int status)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("anthropic-version", "2023-06-01");

        MessageSeen seen = await gateway.SendMessagesAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal((status, status == 404 ? "not_found_error" : "invalid_request_error"), ((int)seen.Status, seen.Outcome.ErrorType));
    }

    private static async Task<JsonNode> ListAsync(TestGateway gateway, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("anthropic-version", "2023-06-01");
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
    }
}
