using System.Text;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Xai;

/// <summary>UPS-4: further upstreams by <c>UPSTREAMS</c>.</summary>
[Trait("Feature", "UPS-4")]
public sealed class NamedUpstreamTests : IDisposable
{
    private readonly RequestLines _lines = new();

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    [Theory]
    [InlineData("local/local-chat", "local-chat")]
    [InlineData("local-chat", "local-chat")]
    [InlineData("local/local/nested", "local/nested")]
    [InlineData("local/gemini-3.5-flash", "gemini-3.5-flash")]
    public async Task Its_models_are_served_by_name_with_nothing_else_changed(string asked, string model)
    {
        foreach (Form form in (Form[])[Form.OpenAI, Form.OpenAIStream])
        {
            await using TestGateway gateway = await XaiStand.StartAsync(lines: _lines);
            string body = $$"""{ "model" : "{{asked}}", "messages":[{"role":"user","content":"Hello  there"}],"unknown":[1, 2]{{(form == Form.OpenAIStream ? ",\"stream\":true" : "")}} }""";

            Seen seen = await gateway.AskAsync(form, Encoding.UTF8.GetBytes(body), path: "/v1/chat/completions");

            Assert.True(seen.IsComplete, seen.Body);
            Assert.Equal("You said: Hello  there", seen.Text);
            ReceivedRequest sent = Assert.Single(gateway.ToLocal());
            Assert.Contains(sent.Key, XaiStand.LocalKeys);
            Assert.Equal(body.Replace($"\"{asked}\"", $"\"{model}\"".PadRight(asked.Length + 2), StringComparison.Ordinal), Encoding.UTF8.GetString(sent.Body.Span));
            RequestLine line = await _lines.NextAsync();
            Assert.Equal((asked, "5"), (line["model"], line["answer"]));
            gateway.CheckNothingShows(seen.Body, seen.Headers);
        }
    }

    [Fact]
    public async Task A_plain_name_that_Google_has_is_Googles()
    {
        await using TestGateway gateway = await XaiStand.StartAsync(lines: _lines);

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Empty(gateway.ToLocal());
    }

    [Theory]
    [InlineData("/v1/embeddings", """{"model":"local/local-vectors","input":"a"}""", "embedding")]
    [InlineData("/v1/images/generations", """{"model":"local/local-pictures","prompt":"a cat"}""", "pictures.example")]
    public async Task Vectors_and_pictures_go_through(string path, string body, string expected)
    {
        await using TestGateway gateway = await XaiStand.StartAsync(lines: _lines);

        (int status, _, string answer) = await gateway.SendAsync(HttpMethod.Post, path, body);

        Assert.True(status == 200, answer);
        Assert.Contains(expected, answer, StringComparison.Ordinal);
        Assert.Equal(path.Replace("/v1", "/compatible/v1", StringComparison.Ordinal), Assert.Single(gateway.ToLocal()).Path);
    }

    [Fact]
    public async Task Models_are_listed_by_full_name_and_by_plain_name_where_Google_has_none()
    {
        await using TestGateway gateway = await XaiStand.StartAsync(lines: _lines);

        (_, _, string list) = await gateway.SendAsync(HttpMethod.Get, "/v1/models");
        (int one, _, string model) = await gateway.SendAsync(HttpMethod.Get, "/v1/models/local-chat");
        (_, _, string forced) = await gateway.SendAsync(HttpMethod.Get, "/aistudio/v1/models");

        JsonNode[] models = [.. JsonNode.Parse(list)!["data"]!.AsArray().Select(static model => model!)];
        string[] local = [.. models.Where(static model => model["owned_by"]!.GetValue<string>() == "local").Select(static model => model["id"]!.GetValue<string>())];
        Assert.Equal(["local/local-chat", "local/local/nested", "local/local-vectors", "local/local-pictures", "local/gemini-3.5-flash", "local-chat", "local-vectors", "local-pictures"], local);
        Assert.Equal("google", models.Single(static model => model["id"]!.GetValue<string>() == Ask.Model)["owned_by"]!.GetValue<string>());
        Assert.Equal((200, "local"), (one, JsonNode.Parse(model)!["owned_by"]!.GetValue<string>()));
        Assert.DoesNotContain("local-chat", forced, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_key_of_Google_its_models_are_served_and_listed()
    {
        await using TestGateway gateway = await XaiStand.StartAsync(lines: _lines, settings: new Dictionary<string, string> { ["GEMINI_API_KEYS"] = "" });

        Seen seen = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", "local-chat"), path: "/v1/chat/completions");
        (int status, _, string list) = await gateway.SendAsync(HttpMethod.Get, "/v1/models");

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(200, status);
        Assert.Contains("local/local-chat", list, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("BLOCKED_MODELS", "local/local-chat", 404, 404, 200)]
    [InlineData("BLOCKED_MODELS", "local-chat", 200, 404, 200)]
    [InlineData("WHITELIST_MODELS", "local/local-chat", 200, 200, 404)]
    public async Task Settings_hide_its_models(string setting, string value, int full, int plain, int other)
    {
        await using TestGateway gateway = await XaiStand.StartAsync(lines: _lines, settings: new Dictionary<string, string> { [setting] = value });

        int[] seen = [await StatusAsync("local/local-chat"), await StatusAsync("local-chat"), await StatusAsync("local/local/nested")];

        Assert.Equal([full, plain, other], seen);

        async Task<int> StatusAsync(string model) => (int)(await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", model), path: "/v1/chat/completions")).Status;
    }

    [Theory]
    [InlineData("local/local-char")]
    [InlineData("local/")]
    [InlineData("remote/local-chat")]
    public async Task What_it_does_not_offer_is_no_model(string model)
    {
        await using TestGateway gateway = await XaiStand.StartAsync(lines: _lines);

        Seen seen = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", model), path: "/v1/chat/completions");

        Assert.Equal((404, "model_not_found"), ((int)seen.Status, seen.ErrorCode));
        Assert.Empty(gateway.ToLocal());
    }

    [Fact]
    public async Task A_bad_key_goes_out_a_limit_waits_and_the_other_key_serves()
    {
        await using TestGateway gateway = await XaiStand.StartAsync(lines: _lines);
        gateway.Upstream.Script.Next(FakeReply.OpenAIError(401, "invalid_api_key", $"Incorrect API key provided: {XaiStand.LocalKeys[0]}."));

        Seen seen = await gateway.AskAsync(Form.OpenAIStream, Form.OpenAIStream.Body("Hello", "local/local-chat"), path: "/v1/chat/completions");
        gateway.Upstream.Script.Next(FakeReply.OpenAIError(429, "rate_limit_exceeded", "Rate limit reached.", TimeSpan.FromSeconds(9)));
        Seen limited = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", "local/local-chat"), path: "/v1/chat/completions");

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(429, (int)limited.Status);
        Assert.InRange(limited.RetryAfter!.Value, 8, 9);
        Assert.Equal(3, gateway.ToLocal().Count);
        Assert.Equal([CredentialStatus.Out, CredentialStatus.Usable], XaiStand.LocalKeys.Select(key => gateway.Of(key).Health.Status).Order().Reverse());
        gateway.CheckNothingShows(seen.Body, seen.Headers, limited.Body);
    }

    [Fact]
    public async Task Its_refusal_is_told_in_OpenAIs_form_and_blames_no_key()
    {
        await using TestGateway gateway = await XaiStand.StartAsync(lines: _lines);

        Seen seen = await gateway.AskAsync(Form.OpenAI, new JsonObject { ["model"] = "local/local-chat", ["messages"] = new JsonArray() }, path: "/v1/chat/completions");

        Assert.Equal(400, (int)seen.Status);
        Assert.Contains("messages", seen.Message, StringComparison.Ordinal);
        Assert.Single(gateway.ToLocal());
    }
}
