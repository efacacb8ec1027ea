using System.Net;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Live;
using Pollux.IntegrationTests.Resources;

namespace Pollux.IntegrationTests.Serving;

/// <summary>ANT-4: names of other houses' models, by <c>MODEL_ALIASES</c>, for all and for single callers.</summary>
[Trait("Feature", "ANT-4")]
public sealed class AliasTests : IDisposable
{
    private const string Aliases =
        """
        {"claude-*haiku*":"gemini-2.5-flash","claude-*":"gemini-3.5-flash","gpt-4o":"gemini-2.5-flash-nothinking","vectors-*":"gemini-embedding-001","gpt-*":"gemini-3.5-flash",
         "ALLOWED_TOKENS":{"claude-*":"gemini-2.5-flash-lite","mine":"gemini-2.5-flash-lite"}}
        """;

    private readonly RequestLines _lines = new();

    public void Dispose() => _lines.Dispose();

    [Theory]
    [InlineData("claude-haiku-4-5-20251001", "gemini-2.5-flash")]
    [InlineData("claude-sonnet-4-5", "gemini-3.5-flash")]
    [InlineData("gpt-4o", "gemini-2.5-flash")]
    [InlineData("gpt-5.1", "gemini-3.5-flash")]
    public async Task A_chat_is_answered_by_what_the_name_stands_for_and_names_the_model_as_asked(string asked, string model)
    {
        await using TestGateway gateway = await StartAsync();
        foreach (Form form in (Form[])[Form.OpenAI, Form.OpenAIStream])
        {
            Seen seen = await gateway.Client.AskAsync(form, model: asked);

            Assert.True(seen.IsComplete, seen.Body);
            ReceivedRequest sent = gateway.Upstream.Received.Requests.Last(static request => request.Action is "generateContent" or "streamGenerateContent");
            Assert.Equal(model, sent.Model);
            Assert.Equal(asked == "gpt-4o", sent.Json.TryGetProperty("generationConfig", out var config) && config.TryGetProperty("thinkingConfig", out var thinking) && thinking.TryGetProperty("thinkingBudget", out var budget) && budget.GetInt32() == 0);
            Assert.Contains($"\"model\":\"{asked}\"", seen.Body, StringComparison.Ordinal);
            Assert.DoesNotContain(model, seen.Body, StringComparison.Ordinal);
            RequestLine line = await _lines.NextAsync();
            Assert.Equal((asked, model), (line["model"], line["served"]));
        }
    }

    [Fact]
    public async Task A_caller_has_aliases_that_nobody_else_has()
    {
        await using TestGateway gateway = await StartAsync();
        using HttpClient other = gateway.Other();

        Assert.True((await other.AskAsync(Form.OpenAI, model: "claude-sonnet-4-5")).IsComplete);
        Assert.True((await other.AskAsync(Form.OpenAI, model: "mine")).IsComplete);
        Assert.True((await gateway.Client.AskAsync(Form.OpenAI, model: "claude-sonnet-4-5")).IsComplete);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Client.AskAsync(Form.OpenAI, model: "mine")).Status);

        Assert.Equal(["gemini-2.5-flash-lite", "gemini-2.5-flash-lite", "gemini-3.5-flash"], gateway.Upstream.Received.Requests.Where(static request => request.Action == "generateContent").Select(static request => request.Model));
    }

    [Theory]
    [InlineData("/v1/models", "id", "")]
    [InlineData("/v1beta/models?pageSize=1000", "name", "models/")]
    public async Task Lists_name_a_callers_aliases_but_no_patterns(string path, string member, string prefix)
    {
        await using TestGateway gateway = await StartAsync();
        using HttpClient other = gateway.Other();

        List<string> mine = await NamesAsync(other, path, member);
        List<string> all = await NamesAsync(gateway.Client, path, member);

        Assert.Contains(prefix + "gpt-4o", mine);
        Assert.Contains(prefix + "mine", mine);
        Assert.Contains(prefix + "gpt-4o", all);
        Assert.DoesNotContain(prefix + "mine", all);
        Assert.DoesNotContain(mine.Concat(all), static name => name.Contains('*', StringComparison.Ordinal));
        string single = path.Split('?')[0];
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync(new Uri($"{single}/mine", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync(new Uri($"{single}/claude-opus-4-1", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Client.GetAsync(new Uri($"{single}/mine", UriKind.Relative), Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData(Form.Gemini)]
    [InlineData(Form.GeminiStream)]
    public async Task Native_paths_follow_them_too(Form form)
    {
        await using TestGateway gateway = await StartAsync();

        Seen seen = await gateway.Client.AskAsync(form, model: "claude-haiku-4-5");

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal("gemini-2.5-flash", gateway.Upstream.Received.Requests[^1].Model);
        Assert.Equal("gemini-2.5-flash", (await _lines.NextAsync())["served"]);
    }

    [Fact]
    public async Task So_do_vectors()
    {
        await using TestGateway gateway = await StartAsync();

        using HttpResponseMessage response = await gateway.Client.SendAsync(Ask.Request("/v1/embeddings", new JsonObject { ["model"] = "vectors-small", ["input"] = "a" }), Cancellation);
        JsonNode answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("vectors-small", answer["model"]!.GetValue<string>());
        Assert.Equal("gemini-embedding-001", gateway.Upstream.Received.Requests[^1].Model);
    }

    /// <summary><c>gpt-*</c> is meant for chats: names that a route knows by itself go on to mean what they did.</summary>
    [Fact]
    public async Task A_pattern_takes_no_name_from_the_routes_for_sound_and_pictures()
    {
        await using TestGateway gateway = await StartAsync();

        using HttpResponseMessage sound = await gateway.Client.SendAsync(Ask.Request("/v1/audio/speech", new JsonObject { ["model"] = "gpt-4o-mini-tts", ["input"] = "a", ["response_format"] = "wav" }), Cancellation);
        using HttpResponseMessage picture = await gateway.Client.SendAsync(Ask.Request("/v1/images/generations", new JsonObject { ["model"] = "gpt-image-1", ["prompt"] = "a" }), Cancellation);

        Assert.True(sound.StatusCode == HttpStatusCode.OK, await sound.Content.ReadAsStringAsync(Cancellation));
        Assert.True(picture.StatusCode == HttpStatusCode.OK, await picture.Content.ReadAsStringAsync(Cancellation));
        Assert.DoesNotContain(gateway.Upstream.Received.Requests, static request => request.Model == "gemini-3.5-flash");
    }

    [Fact]
    public async Task Live_sessions_follow_patterns_too()
    {
        await using TestGateway gateway = await LiveStand.StartAsync(null, null, LiveStand.First, ("MODEL_ALIASES", $"gpt-*realtime*={LiveStand.Model}"));

        using LiveClient client = await LiveClient.BeginAsync(gateway, """{"setup":{"model":"models/gpt-4o-realtime","generationConfig":{"responseModalities":["AUDIO"]}}}""");
        await client.CloseAsync();

        Assert.Equal("models/" + LiveStand.Model, (string?)gateway.Upstream.Live.Sessions[0].Setup["model"]);
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.Gemini)]
    public async Task Without_aliases_a_foreign_name_is_refused_with_the_way_out(Form form)
    {
        await using TestGateway gateway = await StartAsync("");

        Seen seen = await gateway.Client.AskAsync(form, model: "claude-sonnet-4-5");

        Assert.Equal(HttpStatusCode.NotFound, seen.Status);
        Assert.Contains("claude-sonnet-4-5", seen.Body, StringComparison.Ordinal);
        Assert.Contains("MODEL_ALIASES", seen.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("MODEL_ALIASES", (await gateway.Client.AskAsync(form, model: "gemini-0.1")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_may_say_who_shall_serve_it()
    {
        const string paid = "AQ.paid-key-of-the-aliases-00000000001";
        await using TestGateway gateway = await StartAsync("gold=[PAY]gemini-3.5-flash,plain=gemini-3.5-flash", upstream => upstream.AddKey(paid), ("PAID_KEY", paid));

        foreach (string asked in (string[])["gold", "[PAY]plain", "plain"])
            Assert.True((await gateway.Client.AskAsync(Form.OpenAI, model: asked)).IsComplete);

        Assert.Equal([paid, paid, TestGateway.Key], gateway.Upstream.Received.Requests.Where(static request => request.Action == "generateContent").Select(static request => request.Key));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<List<string>> NamesAsync(HttpClient client, string path, string member)
    {
        JsonNode list = JsonNode.Parse(await client.GetStringAsync(new Uri(path, UriKind.Relative), Cancellation))!;
        return [.. (list["data"] ?? list["models"])!.AsArray().Select(model => model![member]!.GetValue<string>())];
    }

    private Task<TestGateway> StartAsync(string aliases = Aliases, Action<FakeGeminiServer>? arrange = null, params (string Name, string Value)[] more) => _lines.StartAsync(
        upstream =>
        {
            upstream.AddKey(TestGateway.Key);
            arrange?.Invoke(upstream);
        },
        new Dictionary<string, string>(more.Select(static one => KeyValuePair.Create(one.Name, one.Value))) { ["MODEL_ALIASES"] = aliases, ["ALLOWED_TOKENS"] = ResourceStand.OtherCaller });
}
