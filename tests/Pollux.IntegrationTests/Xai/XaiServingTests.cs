using System.Text;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Xai;

/// <summary>UPS-3: xAI's routes, with keys of the pool.</summary>
[Trait("Feature", "UPS-3")]
public sealed class XaiServingTests : IDisposable
{
    private readonly RequestLines _lines = new();

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task A_chat_goes_through_as_bytes_with_a_key_of_the_pool(Form form)
    {
        await using TestGateway gateway = await XaiStand.StartAsync(lines: _lines);
        JsonObject body = form.Body("Hello there", XaiStand.Model);
        body["search_parameters"] = new JsonObject { ["mode"] = "auto" };

        Seen seen = await gateway.AskAsync(form, body);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal("You said: Hello there", seen.Text);
        Assert.Contains("reasoning_content", seen.Body, StringComparison.Ordinal);
        ReceivedRequest sent = Assert.Single(gateway.ToXai());
        Assert.Equal(("/xai/v1/chat/completions", "Bearer " + XaiStand.Key), (sent.Path, sent.Headers["Authorization"]));
        Assert.Equal(body.ToJsonString(), Encoding.UTF8.GetString(sent.Body.Span));
        Assert.False(sent.Headers.ContainsKey("x-goog-api-key"));
        RequestLine line = await _lines.NextAsync();
        Assert.Equal(("12", "5", "7", "openai", "200"), (line["prompt"], line["answer"], line["thoughts"], line["dialect"], line.Status));
        gateway.CheckNothingShows(seen.Body, seen.Headers);
    }

    [Fact]
    public async Task Models_are_listed_as_xAI_lists_them()
    {
        await using TestGateway gateway = await XaiStand.StartAsync();

        (int status, _, string list) = await gateway.SendAsync(HttpMethod.Get, "/xai/v1/models");
        (int one, _, string model) = await gateway.SendAsync(HttpMethod.Get, "/xai/v1/models/grok-4");
        (int none, _, string refusal) = await gateway.SendAsync(HttpMethod.Get, "/xai/v1/models/grok-9");

        Assert.Equal((200, 200, 404), (status, one, none));
        Assert.Equal(["grok-4", "grok-3-mini", "grok-2-image", "grok-imagine-image"], JsonNode.Parse(list)!["data"]!.AsArray().Select(static model => model!["id"]!.GetValue<string>()));
        Assert.Equal("grok-4", JsonNode.Parse(model)!["id"]!.GetValue<string>());
        Assert.Equal("model_not_found", JsonNode.Parse(refusal)!["error"]!["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task Pictures_go_through_as_bytes()
    {
        await using TestGateway gateway = await XaiStand.StartAsync();
        const string body = """{"model":"grok-imagine-image", "prompt":"a cat","n":2,"aspect_ratio":"16:9"}""";

        (int status, _, string answer) = await gateway.SendAsync(HttpMethod.Post, "/xai/v1/images/generations", body);

        Assert.Equal(200, status);
        Assert.Equal(2, JsonNode.Parse(answer)!["data"]!.AsArray().Count);
        Assert.Equal(body, Encoding.UTF8.GetString(Assert.Single(gateway.ToXai()).Body.Span));
    }

    [Theory]
    [InlineData("grok-imagine-image", """ "size":"1792x1024","seed":1,"style":"vivid" """, "\"16:9\"", "size,seed,style")]
    [InlineData("grok-imagine-image", """ "size":"auto","stream":false """, null, "size")]
    [InlineData("grok-2-image", """ "size":"1024x1024" """, null, "size")]
    public async Task What_xAI_refuses_of_OpenAIs_parameters_is_taken_out_and_told(string model, string parameters, string? ratio, string losses)
    {
        await using TestGateway gateway = await XaiStand.StartAsync(settings: new Dictionary<string, string> { ["DEBUG_HEADERS"] = "true" });

        (int status, string headers, string answer) = await gateway.SendAsync(HttpMethod.Post, "/xai/v1/images/generations", $$"""{"model":"{{model}}","prompt":"a cat",{{parameters}}}""");

        Assert.True(status == 200, answer);
        Assert.Equal(ratio, Assert.Single(gateway.ToXai()).Member("aspect_ratio"));
        Assert.All(losses.Split(','), loss => Assert.Contains(loss, headers.Split('\n').Single(static line => line.StartsWith("x-pollux-losses", StringComparison.OrdinalIgnoreCase)), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Edits_go_through_as_JSON_and_forms_are_refused()
    {
        await using TestGateway gateway = await XaiStand.StartAsync();

        (int status, _, _) = await gateway.SendAsync(HttpMethod.Post, "/xai/v1/images/edits", """{"model":"grok-imagine-image","prompt":"a hat","image":{"url":"data:image/png;base64,AA==","type":"image_url"}}""");
        using var form = new HttpRequestMessage(HttpMethod.Post, "/xai/v1/images/edits") { Content = new MultipartFormDataContent { { new StringContent("a hat"), "prompt" } } };
        using HttpResponseMessage refused = await gateway.Client.SendAsync(form, TestContext.Current.CancellationToken);

        Assert.Equal((200, 415), (status, (int)refused.StatusCode));
    }

    [Theory]
    [InlineData("""{"messages":[]}""", 400)]
    [InlineData("""{"model":"grok-4","model":"grok-3-mini","messages":[{"role":"user","content":"x"}]}""", 400)]
    [InlineData("""[]""", 400)]
    [InlineData("""{"model":"grok-9","messages":[{"role":"user","content":"x"}]}""", 404)]
    [InlineData("""{"model":"grok-4","messages":[]}""", 400)]
    [InlineData("""{"model":"grok-4"}""", 400)] // xAI says 422, in plain text
    [InlineData("""{"model":"grok-4","messages":[{"role":"user","content":"x"}],"reasoning_effort":"max"}""", 400)]
    [InlineData("""{"model":"grok-2-image","messages":[{"role":"assistant","content":"x"}]}""", 400)]
    [InlineData("""{"model":"grok-2-image","n":11,"messages":[{"role":"user","content":"cats"}]}""", 400)]
    public async Task Bad_requests_are_told_in_OpenAIs_form_and_no_key_is_blamed(string body, int status)
    {
        await using TestGateway gateway = await XaiStand.StartAsync();

        (int seen, _, string answer) = await gateway.SendAsync(HttpMethod.Post, "/xai/v1/chat/completions", body);

        Assert.Equal(status, seen);
        Assert.NotNull(JsonNode.Parse(answer)!["error"]!["message"]);
        Assert.True(gateway.ToXai().Count <= 1);
        Assert.Equal(0, gateway.Of(XaiStand.Key).Health.ConsecutiveFailures);
        gateway.CheckNothingShows(answer);
    }

    [Fact]
    public async Task Without_a_key_the_operator_is_told_which_setting_is_missing()
    {
        await using TestGateway gateway = await XaiStand.StartAsync(keys: []);

        Seen seen = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", XaiStand.Model));

        Assert.Equal((503, "no_usable_key"), ((int)seen.Status, seen.ErrorCode));
        Assert.Contains("XAI_API_KEYS", seen.Message, StringComparison.Ordinal);
        Assert.Empty(gateway.ToXai());
    }

    [Fact]
    public async Task Keys_of_xAI_serve_nothing_of_Geminis_and_the_other_way_round()
    {
        await using TestGateway gateway = await XaiStand.StartAsync(lines: _lines, settings: new Dictionary<string, string> { ["GEMINI_API_KEYS"] = "" });

        Seen gemini = await gateway.Client.AskAsync(Form.OpenAI);

        Assert.Equal(503, (int)gemini.Status);
        Assert.DoesNotContain(gateway.Upstream.Received.Requests, static request => request.Headers.Any(static header => header.Value.Contains(XaiStand.Canary, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Custom_headers_are_for_Google_alone()
    {
        await using TestGateway gateway = await XaiStand.StartAsync(settings: new Dictionary<string, string> { ["CUSTOM_HEADERS"] = """{"x-secret-of-the-proxy":"1"}""" });

        Seen seen = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", XaiStand.Model));

        Assert.True(seen.IsComplete, seen.Body);
        Assert.DoesNotContain("x-secret-of-the-proxy", Assert.Single(gateway.ToXai()).Headers.Keys);
    }
}
