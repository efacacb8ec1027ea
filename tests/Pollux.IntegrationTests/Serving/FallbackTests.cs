using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>No key has quota for the model asked for: which stand-in serves, how that is told, and when none may.</summary>
public sealed class FallbackTests : IDisposable
{
    private const string First = Ask.Model;
    private const string Second = "gemini-2.5-flash";
    private const string Third = "gemini-2.5-flash-lite";
    private const string Chain = $"{First}={Second},{Second}={Third}";

    private readonly RequestLines _lines = new();

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task A_dry_pool_is_passed_over_for_the_stand_in_which_answer_and_header_name(Form form)
    {
        await using TestGateway gateway = await StartAsync(Chain);
        gateway.Upstream.Script.ForModel(First).Reply(FakeReply.QuotaDay());

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal("You said: Hello", seen.Text);
        Assert.Contains($"x-pollux-model: {Second}\n", seen.Headers, StringComparison.OrdinalIgnoreCase);
        if (form.IsOpenAI())
            Assert.Equal(Second, (form == Form.OpenAI ? JsonNode.Parse(seen.Body)! : seen.Events[0])["model"]!.GetValue<string>());
        Assert.Equal([First, Second], Posts(gateway).Select(static request => request.Model));
        RequestLine line = await _lines.NextAsync();
        Assert.Equal((First, Second, 2), (line["model"], line["served"], line.Attempts));
        Assert.Equal(("-", "-"), (line["owner"], line["reason"]));

        await gateway.Client.AskAsync(form); // the pool knows by now: nothing is spent on the first
        Assert.Equal(Second, Posts(gateway)[^1].Model);
        Assert.Equal(3, Posts(gateway).Count);
    }

    [Fact]
    public async Task A_stand_in_that_is_dry_too_has_one_itself()
    {
        await using TestGateway gateway = await StartAsync(Chain);
        gateway.Upstream.Script.ForModel(First).Reply(FakeReply.QuotaDay());
        gateway.Upstream.Script.ForModel(Second).Reply(FakeReply.QuotaZero());

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Contains($"x-pollux-model: {Third}\n", seen.Headers, StringComparison.OrdinalIgnoreCase);
        Assert.Equal((Third, 3), await _lines.NextAsync() is var line ? (line["served"], line.Attempts) : default);
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.GeminiStream)]
    public async Task A_chain_that_is_dry_as_a_whole_tells_the_state_of_the_model_asked_for(Form form)
    {
        await using TestGateway gateway = await StartAsync(Chain);
        gateway.Upstream.Script.ForModel(First).Reply(FakeReply.QuotaMinute(retryDelay: TimeSpan.FromSeconds(300)));
        gateway.Upstream.Script.ForModel(Second).Reply(FakeReply.QuotaDay());
        gateway.Upstream.Script.ForModel(Third).Reply(FakeReply.Overloaded());

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.Equal(HttpStatusCode.TooManyRequests, seen.Status);
        Assert.Contains(First, seen.Message, StringComparison.Ordinal);
        Assert.InRange(seen.RetryAfter!.Value, 200, 300);
        Assert.DoesNotContain("x-pollux-model", seen.Headers, StringComparison.OrdinalIgnoreCase);
        RequestLine line = await _lines.NextAsync();
        Assert.Equal(("ProjectModel", "QuotaMinute"), (line["owner"], line["reason"]));
        Assert.DoesNotContain("served=", line.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("client")]
    [InlineData("overload")]
    [InlineData("none")]
    public async Task Only_a_dry_pool_makes_another_model_answer(string failure)
    {
        await using TestGateway gateway = await StartAsync(Chain);
        if (failure != "none")
            gateway.Upstream.Script.ForModel(First).Reply(failure == "client" ? FakeReply.Error(400, "INVALID_ARGUMENT", "The temperature is too high.") : FakeReply.Overloaded());

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI);

        Assert.Equal(failure switch { "client" => HttpStatusCode.BadRequest, "overload" => HttpStatusCode.ServiceUnavailable, _ => HttpStatusCode.OK }, seen.Status);
        Assert.All(Posts(gateway), static request => Assert.Equal(First, request.Model));
        Assert.DoesNotContain("x-pollux-model", seen.Headers, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Who_has_a_stand_in_does_not_wait_for_a_wall_of_seconds()
    {
        await using TestGateway gateway = await StartAsync(Chain, ("MAX_QUEUE_SECONDS", "20"));
        gateway.Upstream.Script.ForModel(First).Reply(FakeReply.QuotaMinute(limit: 10, retryDelay: TimeSpan.FromSeconds(15)));

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI);

        Assert.True(seen.IsComplete, seen.Body);
        RequestLine line = await _lines.NextAsync();
        Assert.Equal((Second, "0"), (line["served"], line["wait_ms"]));
    }

    [Fact]
    public async Task With_a_dry_chain_the_model_asked_for_is_waited_for_as_ever()
    {
        await using TestGateway gateway = await StartAsync($"{First}={Second}", ("MAX_QUEUE_SECONDS", "20"));
        gateway.Upstream.Script.ForModel(First).Times(1).Reply(FakeReply.QuotaMinute(limit: 10, retryDelay: TimeSpan.FromSeconds(2)));
        gateway.Upstream.Script.ForModel(Second).Reply(FakeReply.QuotaDay());

        Seen seen = await gateway.Client.AskAsync(Form.OpenAIStream);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal([First, Second, First], Posts(gateway).Select(static request => request.Model));
        RequestLine line = await _lines.NextAsync();
        Assert.Equal((3, "-"), (line.Attempts, line["owner"]));
        Assert.NotEqual("0", line["wait_ms"]);
        Assert.DoesNotContain("x-pollux-model", seen.Headers, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_chat_is_translated_anew_for_what_the_stand_in_can_do()
    {
        await using TestGateway gateway = await StartAsync(Chain);
        gateway.Upstream.Script.ForModel(First).Reply(FakeReply.QuotaDay());
        JsonObject body = Form.OpenAI.Body("Hello");
        body["reasoning_effort"] = "low";

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI, body)).IsComplete);

        JsonElement[] thinking = [.. Posts(gateway).Select(static request => request.Json.GetProperty("generationConfig").GetProperty("thinkingConfig"))];
        Assert.True(thinking[0].TryGetProperty("thinkingLevel", out _), "The first takes a level.");
        Assert.True(thinking[1].TryGetProperty("thinkingBudget", out _) && !thinking[1].TryGetProperty("thinkingLevel", out _), "The second takes a budget alone.");
    }

    [Theory]
    [InlineData($"{First}={Second}", 0)]
    [InlineData($"{First}={Second}-thinking-512", 512)]
    public async Task A_native_body_stays_but_for_the_wishes_of_an_ending(string fallbacks, int budget)
    {
        await using TestGateway gateway = await StartAsync(fallbacks);
        gateway.Upstream.Script.ForModel(First).Reply(FakeReply.QuotaDay());

        Assert.True((await gateway.Client.AskAsync(Form.Gemini, model: First + "-nothinking")).IsComplete);

        ReceivedRequest served = Posts(gateway)[^1];
        Assert.Equal(Second, served.Model);
        Assert.Equal(budget, served.Json.GetProperty("generationConfig").GetProperty("thinkingConfig").GetProperty("thinkingBudget").GetInt32());
        Assert.Equal("Hello", served.Json.GetProperty("contents")[0].GetProperty("parts")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_native_body_that_the_stand_in_refuses_is_not_called_the_clients_fault()
    {
        await using TestGateway gateway = await StartAsync($"{First}={Second}");
        gateway.Upstream.Script.ForModel(First).Reply(FakeReply.QuotaDay());
        gateway.Upstream.Script.ForModel(Second).Reply(FakeReply.Error(400, "INVALID_ARGUMENT", "Thinking level is not supported for this model."));

        Seen seen = await gateway.Client.AskAsync(Form.Gemini);

        Assert.Equal(HttpStatusCode.TooManyRequests, seen.Status);
        Assert.Equal("ProjectModel", (await _lines.NextAsync())["owner"]);
    }

    [Theory]
    [InlineData("no-such-model")]
    [InlineData("gemini-3-pro-image")]
    public async Task A_stand_in_that_clients_may_not_ask_for_does_not_serve(string standIn)
    {
        await using TestGateway gateway = await StartAsync($"{First}={standIn}", ("BLOCKED_MODELS", "gemini-3-pro-image"));
        gateway.Upstream.Script.ForModel(First).Reply(FakeReply.QuotaDay());

        Assert.Equal(HttpStatusCode.TooManyRequests, (await gateway.Client.AskAsync(Form.OpenAI)).Status);
        Assert.All(Posts(gateway), static request => Assert.Equal(First, request.Model));
    }

    [Fact]
    public async Task A_circle_that_only_an_alias_closes_ends()
    {
        await using TestGateway gateway = await StartAsync($"{First}=other-name,{Second}={First}", ("MODEL_ALIASES", $"{{\"other-name\":\"{Second}\"}}"));
        gateway.Upstream.Script.When(static request => request.Method == "POST").Reply(FakeReply.QuotaDay());

        Assert.Equal(HttpStatusCode.TooManyRequests, (await gateway.Client.AskAsync(Form.OpenAI)).Status);
        Assert.Equal([First, Second], Posts(gateway).Select(static request => request.Model));
    }

    [Fact]
    public async Task Attempts_for_all_models_count_together()
    {
        await using TestGateway gateway = await StartAsync(Chain, ("MAX_RETRY_NUM", "3"));
        gateway.Upstream.Script.ForModel(First).Reply(FakeReply.QuotaDay());
        gateway.Upstream.Script.ForModel(Second).Reply(FakeReply.InternalError(), FakeReply.InternalError(), FakeReply.InternalError());
        gateway.Upstream.Script.ForModel(Third).Reply(FakeReply.QuotaDay());

        Assert.Equal(HttpStatusCode.TooManyRequests, (await gateway.Client.AskAsync(Form.OpenAI)).Status);

        Assert.Equal([First, Second, Second, Third], Posts(gateway).Select(static request => request.Model)); // each may be asked at least once
    }

    private Task<TestGateway> StartAsync(string fallbacks, params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["MODEL_FALLBACKS"] = fallbacks, ["GEMINI_RETRY_DELAY"] = "0" };
        foreach ((string name, string value) in settings)
            all[name] = value;
        return _lines.StartAsync(settings: all);
    }

    private static List<ReceivedRequest> Posts(TestGateway gateway) => [.. gateway.Upstream.Received.Requests.Where(static request => request.Method == "POST")];
}
