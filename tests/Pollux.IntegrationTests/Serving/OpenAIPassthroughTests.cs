using System.Net;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>OAI-15: <c>/openai/v1</c> translated by Pollux, or with <c>OPENAI_PASSTHROUGH</c> handed on to Google's own OpenAI endpoint as it is.</summary>
[Trait("Feature", "OAI-15")]
public sealed class OpenAIPassthroughTests : IDisposable
{
    private const string SecondKey = "AQ.test-key-0000000000000000000000002";

    private readonly RequestLines _lines = new();

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    [Fact]
    public async Task Off_requests_are_translated()
    {
        await using TestGateway gateway = await _lines.StartAsync();

        Seen seen = await SendAsync(gateway, Form.OpenAI);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.EndsWith(":generateContent", Post(gateway).Path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task On_bytes_go_through_with_a_key_of_the_pool(Form form)
    {
        await using TestGateway gateway = await StartAsync();
        JsonObject body = form.Body("Hello there");
        body["a_member_nobody_knows"] = 1;

        Seen seen = await SendAsync(gateway, form, body);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(("You said: Hello there", "stop"), (seen.Text, seen.Finish));
        ReceivedRequest post = Post(gateway);
        Assert.Equal("/v1beta/openai/chat/completions", post.Path);
        Assert.Equal("Bearer " + TestGateway.Key, post.Headers["Authorization"]);
        Assert.False(post.Headers.ContainsKey("x-goog-api-key"));
        Assert.Equal(body.ToJsonString(), System.Text.Encoding.UTF8.GetString(post.Body.Span));
        Assert.DoesNotContain("alt-svc", seen.Headers, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("scaffolding", seen.Headers, StringComparison.OrdinalIgnoreCase);
        RequestLine line = await _lines.NextAsync();
        Assert.Equal(("5", "7", "openai"), (line["answer"], line["thoughts"], line["dialect"]));
    }

    [Fact]
    public async Task Models_and_vectors_go_through()
    {
        await using TestGateway gateway = await StartAsync();

        JsonNode list = JsonNode.Parse(await gateway.Client.GetStringAsync("/openai/v1/models", TestContext.Current.CancellationToken))!;
        Assert.Contains(list["data"]!.AsArray(), static model => model!["id"]!.GetValue<string>() == "models/" + Ask.Model);
        using HttpResponseMessage one = await gateway.Client.GetAsync("/openai/v1/models/" + Ask.Model, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, one.StatusCode);
        using HttpResponseMessage vectors = await gateway.Client.SendAsync(
            Ask.Request("/openai/v1/embeddings", JsonNode.Parse("""{"model":"gemini-embedding-001","input":["a","b"]}""")!), TestContext.Current.CancellationToken);
        Assert.Equal(2, JsonNode.Parse(await vectors.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["data"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("gemini-2.5-flash-image", 1)]
    [InlineData("models/gemini-3.1-flash-image", 3)]
    public async Task Pictures_go_through(string model, int count)
    {
        await using TestGateway gateway = await StartAsync();
        string body = $$"""{"model":"{{model}}","prompt":"a cat {n:2}","n":{{count}},"response_format":"url","a_member_nobody_knows":1}""";

        using HttpResponseMessage response = await PostAsync(gateway, "/openai/v1/images/generations", body);

        JsonNode answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.True(response.StatusCode == HttpStatusCode.OK, answer.ToJsonString());
        Assert.Equal(count, answer["data"]!.AsArray().Count);
        Assert.All(answer["data"]!.AsArray(), static one => Assert.Equal(0x89, Convert.FromBase64String(one!["b64_json"]!.GetValue<string>())[0])); // Google knows no addresses
        ReceivedRequest post = Post(gateway);
        Assert.Equal("/v1beta/openai/images/generations", post.Path);
        Assert.Equal(body, System.Text.Encoding.UTF8.GetString(post.Body.Span));
    }

    [Theory]
    [InlineData("""{"model":"gemini-3.5-flash","prompt":"a cat"}""", 400)]
    [InlineData("""{"model":"gemini-2.5-flash-image"}""", 400)]
    [InlineData("""{"model":"gemini-2.5-flash-image","prompt":"a cat","n":99}""", 400)]
    [InlineData("""{"model":"dall-e-3","prompt":"a cat"}""", 404)] // names are Google's
    [InlineData("""{"prompt":"a cat"}""", 400)]
    public async Task Faults_of_requests_for_pictures_are_told_as_OpenAI_tells_them(string body, int status)
    {
        await using TestGateway gateway = await StartAsync();
        await EmbeddingTests.ListedAsync(gateway); // unknown names are refused once the models are known

        using HttpResponseMessage response = await PostAsync(gateway, "/openai/v1/images/generations", body);

        JsonNode answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(status, (int)response.StatusCode);
        Assert.NotEmpty(answer["error"]!["message"]!.GetValue<string>());
        Assert.Equal("invalid_request_error", answer["error"]!["type"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("audio/speech")]
    [InlineData("audio/transcriptions")]
    [InlineData("audio/translations")]
    [InlineData("images/edits")]
    [InlineData("images/variations")]
    public async Task What_Google_does_not_have_is_refused_with_the_address_that_has_it(string path)
    {
        await using TestGateway gateway = await StartAsync();

        using HttpResponseMessage response = await PostAsync(gateway, "/openai/v1/" + path, """{"model":"gemini-3.8-flash-tts","input":"Hello","voice":"Kore"}""");
        string answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("/v1/" + path, JsonNode.Parse(answer)!["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Upstream.Received.Requests, static request => request.Method == "POST");
    }

    [Fact]
    public async Task Speech_is_made_at_the_other_addresses_all_the_same()
    {
        await using TestGateway gateway = await StartAsync();
        await EmbeddingTests.ListedAsync(gateway);

        using HttpResponseMessage response = await PostAsync(gateway, "/v1/audio/speech", """{"input":"Hello","response_format":"pcm"}""");

        Assert.Equal(SpeechTests.Spoken("Hello"), await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task A_bad_key_and_an_overload_are_passed_by(Form form)
    {
        await using TestGateway gateway = await StartAsync(upstream =>
        {
            upstream.AddKey(SecondKey);
            upstream.Script.Next(FakeReply.Overloaded());
        });

        Seen seen = await SendAsync(gateway, form);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.InRange((await _lines.NextAsync()).Attempts, 2, 3); // the unknown key, if it came first, and the overload
    }

    [Theory]
    [InlineData("""{"model":"gemini-3.5-flash","messages":[]}""", 400, null)]
    [InlineData("""{"messages":[{"role":"user","content":"Hello"}]}""", 400, "model")]
    [InlineData("""{"model":"no-such-model","messages":[{"role":"user","content":"Hello"}]}""", 404, "model")]
    [InlineData("""{"model":"gemini-3.5-flash",""", 400, null)]
    [InlineData("""[1]""", 400, null)]
    public async Task Faults_are_told_as_OpenAI_tells_them(string body, int status, string? param)
    {
        await using TestGateway gateway = await StartAsync();

        Seen seen = await gateway.Client.SendAsync(Form.OpenAI, Ask.Request("/openai/v1/chat/completions", System.Text.Encoding.UTF8.GetBytes(body)), TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)seen.Status);
        Assert.NotNull(seen.Error!["message"]);
        if (param is not null)
            Assert.Equal(param, seen.Error["param"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_used_up_quota_is_429()
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.Always().Reply(FakeReply.QuotaDay());

        Assert.Equal(HttpStatusCode.TooManyRequests, (await SendAsync(gateway, Form.OpenAI)).Status);
    }

    [Fact]
    public async Task A_stream_that_is_cut_ends_with_an_error()
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Default.EndedAfter(2));

        Seen seen = await SendAsync(gateway, Form.OpenAIStream);

        Assert.NotNull(seen.Error);
        Assert.False(seen.Done);
    }

    [Theory]
    [InlineData("GET", "/openai/v1/files")]
    [InlineData("POST", "/openai/v1/batches")]
    [InlineData("GET", "/openai/v1/models/a%2f..%2ffiles")]
    public async Task What_would_belong_to_one_key_is_not_handed_on(string method, string path)
    {
        await using TestGateway gateway = await StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private Task<TestGateway> StartAsync(Action<FakeGeminiServer>? arrange = null) => _lines.StartAsync(
        arrange,
        new Dictionary<string, string> { ["OPENAI_PASSTHROUGH"] = "true", ["GEMINI_API_KEYS"] = arrange is null ? TestGateway.Key : $"{TestGateway.Key},{SecondKey}" });

    private static Task<Seen> SendAsync(TestGateway gateway, Form form, JsonObject? body = null) =>
        gateway.Client.SendAsync(form, Ask.Request("/openai/v1/chat/completions", body ?? form.Body("Hello")), TestContext.Current.CancellationToken);

    private static async Task<HttpResponseMessage> PostAsync(TestGateway gateway, string path, string body)
    {
        using HttpRequestMessage request = Ask.Request(path, System.Text.Encoding.UTF8.GetBytes(body));
        return await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static ReceivedRequest Post(TestGateway gateway) => gateway.Upstream.Received.Requests.Single(static request => request.Method == "POST");
}
