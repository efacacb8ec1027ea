using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Vertex;

/// <summary>Vertex AI as a client meets it: both dialects, by service account and in express mode.</summary>
[Trait("Feature", "UPS-1")]
[Trait("Feature", "UPS-2")]
public sealed class VertexServingTests
{
    public static TheoryData<Form, string> FormsAndSides
    {
        get
        {
            var all = new TheoryData<Form, string>();
            foreach (Form form in Enum.GetValues<Form>())
            {
                all.Add(form, "vertex");
                all.Add(form, "vertex-express");
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(FormsAndSides))]
    public async Task A_forced_route_is_served_by_its_side_in_every_form(Form form, string side)
    {
        await using TestGateway gateway = await VertexStand.StartAsync(express: 1, gemini: true);

        Seen seen = await gateway.AskAsync(form, side);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal("You said: Hello", seen.Text);
        ReceivedRequest sent = Assert.Single(gateway.ToVertex());
        string action = form.IsStream() ? "streamGenerateContent" : "generateContent";
        if (side == "vertex")
        {
            Assert.Equal($"/v1beta1/projects/test-project-1/locations/global/publishers/google/models/{Ask.Model}:{action}", sent.Path);
            Assert.StartsWith("Bearer ya29.", sent.Headers["Authorization"], StringComparison.Ordinal);
            Assert.False(sent.Headers.ContainsKey("x-goog-api-key"));
        }
        else
        {
            Assert.Equal($"/v1beta1/publishers/google/models/{Ask.Model}:{action}", sent.Path);
            Assert.Equal(VertexStand.ExpressKeys[0], sent.Key);
            Assert.False(sent.Headers.ContainsKey("Authorization"));
        }

        Assert.DoesNotContain(gateway.Upstream.Received.Requests, static request => request is { IsVertex: false, Method: "POST" } and not { Action: "token" });
        gateway.CheckNothingShows(seen);
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task Thoughts_and_usage_reach_the_client(Form form)
    {
        await using TestGateway gateway = await VertexStand.StartAsync();
        JsonObject body = form.Body("Think about it", "gemini-2.5-flash");
        body["reasoning_effort"] = "low";
        if (form == Form.OpenAIStream)
            body["stream_options"] = new JsonObject { ["include_usage"] = true };

        Seen seen = await gateway.Client.SendAsync(form, Ask.Request(VertexStand.Path(form, "vertex"), body), TestContext.Current.CancellationToken);

        Assert.True(seen.IsComplete, seen.Body);
        JsonElement config = Assert.Single(gateway.ToVertex()).Json.GetProperty("generationConfig").GetProperty("thinkingConfig");
        Assert.True(config.GetProperty("includeThoughts").GetBoolean());
        Assert.NotEqual("", seen.Thoughts);
        JsonNode usage = form == Form.OpenAI ? JsonNode.Parse(seen.Body)!["usage"]! : seen.Events.Select(static one => one["usage"]).Last(static one => one is not null)!;
        Assert.True(usage["prompt_tokens"]!.GetValue<int>() > 0);
    }

    [Theory]
    [InlineData("vertex")]
    [InlineData("vertex-express")]
    public async Task A_call_of_a_function_goes_on_with_its_signature(string side)
    {
        await using TestGateway gateway = await VertexStand.StartAsync(express: 1);
        var tool = JsonNode.Parse("""[{"type":"function","function":{"name":"get_weather","description":"Weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]""")!;
        JsonObject first = Form.OpenAI.Body("What is the weather in Paris?");
        first["tools"] = tool.DeepClone();
        first["tool_choice"] = "required";

        Seen call = await gateway.Client.SendAsync(Form.OpenAI, Ask.Request($"/{side}/v1/chat/completions", first), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, call.Status);
        JsonNode message = JsonNode.Parse(call.Body)!["choices"]![0]!["message"]!;
        string id = message["tool_calls"]![0]!["id"]!.GetValue<string>();
        JsonObject second = Form.OpenAI.Body("What is the weather in Paris?");
        second["tools"] = tool.DeepClone();
        second["messages"]!.AsArray().Add(message.DeepClone());
        second["messages"]!.AsArray().Add(new JsonObject { ["role"] = "tool", ["tool_call_id"] = id, ["content"] = "{\"degrees\":21}" });

        Seen answer = await gateway.Client.SendAsync(Form.OpenAI, Ask.Request($"/{side}/v1/chat/completions", second), TestContext.Current.CancellationToken);

        Assert.True(answer.IsComplete, answer.Body); // the strict upstream refuses a call without the signature it gave
        ReceivedRequest sent = gateway.ToVertex()[^1];
        Assert.Contains("thoughtSignature", System.Text.Encoding.UTF8.GetString(sent.Body.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gemini-embedding-001", "predict", 3)]
    [InlineData("gemini-embedding-2", "embedContent", 3)]
    public async Task Vectors_are_asked_for_one_by_one_and_joined(string model, string action, int calls)
    {
        await using TestGateway gateway = await VertexStand.StartAsync(gemini: true);
        var body = new JsonObject { ["model"] = model, ["input"] = new JsonArray("one", "two", "three"), ["dimensions"] = 128 };

        (HttpStatusCode status, JsonNode vertex) = await gateway.PostAsync("/vertex/v1/embeddings", body);
        (_, JsonNode gemini) = await gateway.PostAsync("/aistudio/v1/embeddings", body);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(calls, gateway.ToVertex().Count(request => request.Action == action));
        JsonNode[] vectors = [.. vertex["data"]!.AsArray().Select(static one => one!["embedding"]!)];
        JsonNode[] expected = [.. gemini["data"]!.AsArray().Select(static one => one!["embedding"]!)];
        Assert.Equal(3, vectors.Length);
        Assert.Equal(128, vectors[0].AsArray().Count);
        Assert.Equal(3, vectors.Select(static one => one.ToJsonString()).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(3, expected.Length);
        Assert.True(vertex["usage"]!["prompt_tokens"]!.GetValue<int>() > 0);
    }

    [Fact]
    public async Task One_vector_that_fails_fails_the_batch_with_its_own_status()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(settings: new Dictionary<string, string> { ["MAX_RETRY_NUM"] = "1" });
        gateway.Upstream.Script.ForAction("predict").When(static request => System.Text.Encoding.UTF8.GetString(request.Body.Span).Contains("bad", StringComparison.Ordinal)).Reply(FakeReply.InputTooLong(3000, 2048));

        Seen seen = await gateway.Client.SendAsync(
            Form.OpenAI, Ask.Request("/vertex/v1/embeddings", new JsonObject { ["model"] = "gemini-embedding-001", ["input"] = new JsonArray("good", "bad") }), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
        Assert.Equal("context_length_exceeded", seen.ErrorCode);
    }

    [Fact]
    public async Task Tokens_are_counted_from_a_flat_body_and_roles_are_added()
    {
        await using TestGateway gateway = await VertexStand.StartAsync();
        JsonNode body = JsonNode.Parse("""
            {"generateContentRequest":{"model":"models/gemini-3.5-flash","contents":[{"parts":[{"text":"Hello"}]}],"systemInstruction":{"parts":[{"text":"Be short"}]},
             "tools":[{"functionDeclarations":[{"name":"f","description":"d","behavior":"BLOCKING"}]}],"safetySettings":[]}}
            """)!;

        Seen seen = await gateway.Client.SendAsync(Form.Gemini, Ask.Request("/vertex/v1beta/models/gemini-3.5-flash:countTokens", body), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, seen.Status);
        Assert.True(JsonNode.Parse(seen.Body)!["totalTokens"]!.GetValue<int>() > 0);
        JsonElement sent = Assert.Single(gateway.ToVertex()).Json;
        Assert.Equal("user", sent.GetProperty("contents")[0].GetProperty("role").GetString());
        Assert.False(sent.TryGetProperty("generateContentRequest", out _));
        Assert.False(sent.TryGetProperty("safetySettings", out _));
    }

    [Fact]
    public async Task What_Vertex_does_not_know_is_left_out_and_told()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(settings: new Dictionary<string, string> { ["DEBUG_HEADERS"] = "true" });
        JsonNode body = JsonNode.Parse("""{"contents":[{"parts":[{"text":"Hello"}]}],"store":true,"serviceTier":"flex","toolConfig":{"includeServerSideToolInvocations":true}}""")!;

        Seen seen = await gateway.Client.SendAsync(Form.Gemini, Ask.Request(VertexStand.Path(Form.Gemini, "vertex"), body), TestContext.Current.CancellationToken);

        Assert.True(seen.IsComplete, seen.Body);
        foreach (string lost in (ReadOnlySpan<string>)["store:dropped", "serviceTier:dropped", "toolConfig.includeServerSideToolInvocations:dropped"])
            Assert.Contains(lost, seen.Headers, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"contents":[{"parts":[{"fileData":{"mimeType":"image/png","fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}}]}]}""", "contents[0].parts[0].fileData")]
    [InlineData("""{"contents":[{"parts":[{"text":"x"}]}],"tools":[{"fileSearch":{"fileSearchStoreNames":["fileSearchStores/a"]}}]}""", "tools[0].fileSearch")]
    [InlineData("""{"contents":[{"parts":[{"text":"x"}]}],"cachedContent":"cachedContents/abc"}""", "cachedContent")]
    public async Task What_belongs_to_the_Gemini_API_is_refused_before_it_is_sent(string body, string field)
    {
        await using TestGateway gateway = await VertexStand.StartAsync();

        Seen seen = await gateway.Client.SendAsync(Form.Gemini, Ask.Request(VertexStand.Path(Form.Gemini, "vertex"), JsonNode.Parse(body)!), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
        Assert.Equal("INVALID_ARGUMENT", seen.ErrorCode);
        Assert.Contains(field, seen.Message, StringComparison.Ordinal);
        Assert.Empty(gateway.ToVertex());
    }

    [Fact]
    public async Task A_picture_is_made_on_Vertex()
    {
        await using TestGateway gateway = await VertexStand.StartAsync();

        (HttpStatusCode status, JsonNode answer) = await gateway.PostAsync(
            "/vertex/v1/images/generations", new JsonObject { ["model"] = "gemini-2.5-flash-image", ["prompt"] = "A cat", ["response_format"] = "b64_json" });

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.NotEqual("", answer["data"]![0]!["b64_json"]!.GetValue<string>());
        Assert.NotEmpty(gateway.ToVertex());
    }

    [Fact]
    public async Task A_name_that_is_not_listed_is_for_Vertex_to_judge()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(settings: new Dictionary<string, string> { ["MAX_RETRY_NUM"] = "1" });

        Seen seen = await gateway.AskAsync(Form.OpenAI, "vertex", model: "gemini-nobody-knows");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, seen.Status);
        Assert.Equal("gemini-nobody-knows", Assert.Single(gateway.ToVertex()).Model);
    }

    [Theory]
    [InlineData("-encrypt")]
    [InlineData("-encrypt-full")]
    [InlineData("-auto")]
    [Trait("Feature", "UPS-6")]
    public async Task Endings_that_trick_the_filter_are_refused_clearly(string ending)
    {
        await using TestGateway gateway = await VertexStand.StartAsync(gemini: true);

        foreach (Form form in Enum.GetValues<Form>())
        {
            Seen plain = await gateway.Client.AskAsync(form, model: Ask.Model + ending);
            Seen forced = await gateway.AskAsync(form, "vertex", model: Ask.Model + ending);

            foreach (Seen seen in (Seen[])[plain, forced])
            {
                Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
                Assert.Contains("content filter", seen.Message, StringComparison.Ordinal);
            }
        }

        Assert.Empty(gateway.ToVertex());
    }
}
