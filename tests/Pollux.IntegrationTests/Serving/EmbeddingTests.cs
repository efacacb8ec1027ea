using System.Buffers.Binary;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>OAI-11 and OAI-14: vectors in OpenAI's form, and the routes of the vector plug-in.</summary>
[Trait("Feature", "OAI-11")]
public sealed class EmbeddingTests
{
    private const string Older = "gemini-embedding-001";
    private const string Newer = "gemini-embedding-2";

    [Theory]
    [InlineData("/v1")]
    [InlineData("/hf/v1")]
    [InlineData("/openai/v1")]
    [InlineData("/aistudio")]
    [InlineData("")]
    [InlineData("/v1beta/openai")]
    public async Task A_text_gets_its_vector_under_every_prefix(string prefix)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        JsonNode answer = await EmbedAsync(gateway, new JsonObject { ["model"] = Older, ["input"] = "hello" }, prefix);

        Assert.Equal(["object", "data", "model", "usage"], answer.AsObject().Select(static member => member.Key));
        Assert.Equal(("list", Older), (answer["object"]!.GetValue<string>(), answer["model"]!.GetValue<string>()));
        Assert.Equal(3072, Numbers(answer, 0).Length);
        Assert.InRange(answer["usage"]!["prompt_tokens"]!.GetValue<int>(), 1, 5);
        JsonElement sent = Assert.Single(gateway.Calls("batchEmbedContents")).Json.GetProperty("requests");
        Assert.Equal($$$"""[{"model":"models/{{{Older}}}","content":{"parts":[{"text":"hello"}]}}]""", sent.GetRawText());
    }

    [Fact]
    public async Task Base64_and_numbers_are_the_same_vector_which_is_the_upstreams_own()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        float[] numbers = Numbers(await EmbedAsync(gateway, new JsonObject { ["model"] = Older, ["input"] = "hello" }), 0);
        JsonNode packed = await EmbedAsync(gateway, new JsonObject { ["model"] = Older, ["input"] = "hello", ["encoding_format"] = "base64" });
        JsonNode native = await PostAsync(gateway, $"/v1beta/models/{Older}:embedContent", """{"content":{"parts":[{"text":"hello"}]}}""");

        byte[] bytes = Convert.FromBase64String(packed["data"]![0]!["embedding"]!.GetValue<string>());
        Assert.Equal(numbers, bytes.Chunk(4).Select(static four => BinaryPrimitives.ReadSingleLittleEndian(four)));
        Assert.Equal(native["embedding"]!["values"]!.AsArray().Select(static value => value!.GetValue<float>()), numbers);
    }

    [Fact]
    public async Task More_than_a_batch_is_split_and_joined_in_order()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(Paid);

        JsonNode all = await EmbedAsync(gateway, Texts(Newer, 250, dimensions: 4));
        IReadOnlyList<ReceivedRequest> calls = gateway.Calls("batchEmbedContents");

        Assert.Equal([50, 100, 100], calls.Select(static call => call.Json.GetProperty("requests").GetArrayLength()).Order());
        Assert.Equal(Enumerable.Range(0, 250), all["data"]!.AsArray().Select(static item => item!["index"]!.GetValue<int>()));
        Assert.Equal(calls.Sum(static call => call.InputTokens), all["usage"]!["prompt_tokens"]!.GetValue<int>());
        foreach (int index in (int[])[0, 99, 100, 199, 200, 249])
        {
            JsonNode one = await EmbedAsync(gateway, new JsonObject { ["model"] = Newer, ["input"] = $"text {index}", ["dimensions"] = 4 });
            Assert.Equal(Numbers(one, 0), Numbers(all, index));
        }
    }

    [Fact]
    public async Task Four_batches_run_at_once_and_the_others_follow()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(Paid);
        var release = new TaskCompletionSource();
        var four = new TaskCompletionSource();
        int running = 0;
        gateway.Upstream.Script.Chaos = request =>
        {
            if (request.Action == "batchEmbedContents" && Interlocked.Increment(ref running) == 4)
                four.SetResult();
            return FakeReply.Default.HeldUntil(release.Task);
        };

        Task<JsonNode> answer = EmbedAsync(gateway, Texts(Newer, 1000, dimensions: 2));
        await four.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(4, Volatile.Read(ref running));
        release.SetResult();

        Assert.Equal(1000, (await answer)["data"]!.AsArray().Count);
        Assert.Equal(10, running);
    }

    [Theory]
    [InlineData(Older)]
    [InlineData(Newer)]
    public async Task A_shortened_vector_has_length_one(string model)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        JsonNode answer = await EmbedAsync(gateway, new JsonObject { ["model"] = model, ["input"] = "hello", ["dimensions"] = 256 });

        float[] vector = Numbers(answer, 0);
        Assert.Equal(256, vector.Length);
        Assert.Equal(1, vector.Sum(static value => (double)value * value), 5);
        Assert.Equal(256, gateway.Calls()[0].Json.GetProperty("requests")[0].GetProperty("outputDimensionality").GetInt32());
    }

    [Fact]
    public async Task One_batch_that_fails_fails_the_whole_with_its_own_error()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(Paid);
        gateway.Upstream.Script.Chaos = static request =>
            request.Action == "batchEmbedContents" && request.Json.GetProperty("requests").GetArrayLength() == 50
                ? FakeReply.Error(400, "INVALID_ARGUMENT", "The garden gate is not a valid argument.")
                : null;

        using HttpResponseMessage response = await SendAsync(gateway, "/v1/embeddings", Texts(Newer, 350, dimensions: 2).ToJsonString());

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("garden gate", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"embeddings\":[]}")]
    [InlineData("{\"embeddings\":[{\"values\":[\"x\"]}]}")]
    [InlineData("{\"embe")]
    public async Task An_answer_that_is_not_whole_is_an_error_of_the_upstream(string answer)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.ForAction("batchEmbedContents").Reply(FakeReply.Raw(200, "application/json", System.Text.Encoding.UTF8.GetBytes(answer)));

        JsonElement error = await RefusedAsync(gateway, "/v1/embeddings", """{"model":"gemini-embedding-001","input":"a"}""", HttpStatusCode.BadGateway);

        Assert.Equal("upstream_error", error.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("""{"model":"gemini-embedding-001","input":[1,2,3]}""", 400, "input")]
    [InlineData("""{"model":"gemini-embedding-001","input":[[1,2],[3]]}""", 400, "input")]
    [InlineData("""{"model":"gemini-embedding-001","input":[]}""", 400, "input")]
    [InlineData("""{"model":"gemini-embedding-001","input":["a",""]}""", 400, "input[1]")]
    [InlineData("""{"model":"gemini-embedding-001"}""", 400, "input")]
    [InlineData("""{"model":"gemini-embedding-001","input":"a","dimensions":-1}""", 400, "dimensions")]
    [InlineData("""{"model":"gemini-embedding-001","input":"a","encoding_format":"binary"}""", 400, "encoding_format")]
    [InlineData("""{"input":"a"}""", 400, "model")]
    [InlineData("""{"model":"gemini-3.5-flash","input":"a"}""", 400, "model")]
    [InlineData("""{"model":"text-embedding-3-small","input":"a"}""", 404, "model")]
    [InlineData("""{"model":""", 400, null)]
    public async Task A_bad_request_is_refused_by_the_name_of_its_field_and_nothing_goes_upstream(string body, int status, string? param)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await ListedAsync(gateway);

        JsonElement error = await RefusedAsync(gateway, "/v1/embeddings", body, (HttpStatusCode)status);

        if (param is not null)
            Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Empty(gateway.Calls());
    }

    [Fact]
    public async Task A_dead_key_is_passed_over()
    {
        const string Second = "AQ.second-key-00000000000000000000002";
        await using TestGateway gateway = await TestGateway.StartAsync(
            static fake => { fake.AddKey(TestGateway.Key); fake.AddKey(Second); },
            new Dictionary<string, string> { ["GEMINI_API_KEYS"] = $"{TestGateway.Key},{Second}" });
        gateway.Upstream.Script.ForAction("batchEmbedContents").Times(1).Reply(FakeReply.InvalidKey());

        await EmbedAsync(gateway, new JsonObject { ["model"] = Older, ["input"] = "hello" });

        Assert.Equal([400, 200], gateway.Calls().Select(static call => call.Status));
    }

    [Fact]
    public async Task A_client_that_leaves_frees_the_upstream()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(Paid);
        var held = new TaskCompletionSource<ReceivedRequest>();
        gateway.Upstream.Script.Chaos = request =>
        {
            if (request.Action == "batchEmbedContents")
                held.TrySetResult(request);
            return FakeReply.Default.HeldUntil(new TaskCompletionSource().Task);
        };
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        using HttpRequestMessage request = Ask.Request("/v1/embeddings", Texts(Newer, 150, dimensions: 2));
        Task<HttpResponseMessage> answer = gateway.Client.SendAsync(request, leaving.Token);
        ReceivedRequest received = await held.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        Assert.Equal(RequestEnd.AbortedByClient, await received.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    [Trait("Feature", "OAI-14")]
    public async Task A_vector_query_finds_nothing_and_gives_the_vector()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        JsonNode answer = await PostAsync(gateway, "/api/vector/query", $$"""{"searchText":"hello","model":"{{Older}}"}""");

        Assert.Equal(["hashes", "metadata", "items", "similarities"], answer.AsObject().Select(static member => member.Key));
        Assert.Equal(("[]", "[]", "[0]"), (answer["hashes"]!.ToJsonString(), answer["metadata"]!.ToJsonString(), answer["similarities"]!.ToJsonString()));
        JsonNode item = Assert.Single(answer["items"]!.AsArray())!;
        Assert.Equal(("", 0), (item["text"]!.GetValue<string>(), item["score"]!.GetValue<int>()));
        Assert.Equal(3072, item["metadata"]!["embedding"]!.AsArray().Count);
    }

    [Fact]
    [Trait("Feature", "OAI-14")]
    public async Task A_vector_insert_embeds_and_keeps_nothing()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        JsonNode answer = await PostAsync(gateway, "/api/vector/insert", $$"""{"items":[{"text":"one"},{"text":"two"}],"model":"{{Older}}"}""");

        Assert.Equal("""{"success":true}""", answer.ToJsonString());
        Assert.Equal(2, Assert.Single(gateway.Calls("batchEmbedContents")).Json.GetProperty("requests").GetArrayLength());
    }

    [Theory]
    [Trait("Feature", "OAI-14")]
    [InlineData("/api/vector/query", """{"model":"gemini-embedding-001"}""", "searchText")]
    [InlineData("/api/vector/insert", """{"items":[{}],"model":"gemini-embedding-001"}""", "items[0].text")]
    public async Task A_vector_route_names_what_is_missing(string path, string body, string param)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        Assert.Equal(param, (await RefusedAsync(gateway, path, body, HttpStatusCode.BadRequest)).GetProperty("param").GetString());
    }

    /// <summary>One key without the limits of the free tier.</summary>
    private static void Paid(FakeGeminiServer fake) => fake.AddKey(TestGateway.Key, fake.AddProject("100000000001", FakeTier.Paid));

    /// <summary>Unknown names are refused once the models are known.</summary>
    internal static async Task ListedAsync(TestGateway gateway) =>
        (await gateway.Client.GetAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken)).Dispose();

    private static JsonObject Texts(string model, int count, int dimensions) => new()
    {
        ["model"] = model,
        ["input"] = new JsonArray([.. Enumerable.Range(0, count).Select(static number => JsonValue.Create($"text {number}"))]),
        ["dimensions"] = dimensions,
    };

    private static float[] Numbers(JsonNode answer, int index) =>
        [.. answer["data"]![index]!["embedding"]!.AsArray().Select(static value => value!.GetValue<float>())];

    private static Task<JsonNode> EmbedAsync(TestGateway gateway, JsonNode body, string prefix = "/v1") => PostAsync(gateway, prefix + "/embeddings", body.ToJsonString());

    private static async Task<JsonNode> PostAsync(TestGateway gateway, string path, string body)
    {
        using HttpResponseMessage response = await SendAsync(gateway, path, body);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonNode.Parse(text)!;
    }

    private static async Task<JsonElement> RefusedAsync(TestGateway gateway, string path, string body, HttpStatusCode status)
    {
        using HttpResponseMessage response = await SendAsync(gateway, path, body);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == status, $"{response.StatusCode} {text}");
        return JsonElement.Parse(text).GetProperty("error");
    }

    private static async Task<HttpResponseMessage> SendAsync(TestGateway gateway, string path, string body)
    {
        using HttpRequestMessage request = Ask.Request(path, System.Text.Encoding.UTF8.GetBytes(body));
        return await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
