using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>Gemini's own API: bytes go through, credentials do not, and only what was asked for is changed.</summary>
public sealed class NativeTests
{
    private const string Body = "{ \"contents\": [ { \"role\": \"user\", \"parts\": [ { \"text\": \"Hello\" } ] } ] }"; // the blanks are on purpose

    [Theory]
    [InlineData("/v1beta", "v1beta")]
    [InlineData("/v1", "v1")]
    [InlineData("/v1alpha", "v1alpha")]
    [InlineData("/gemini/v1beta", "v1beta")]
    [InlineData("/gemini/v1", "v1")]
    [InlineData("/gemini/v1alpha", "v1alpha")]
    [InlineData("/v2", "v1beta")]
    [InlineData("//v1beta", "v1beta")]
    [InlineData("/v1beta/v1beta", "v1beta")]
    [InlineData("/v1/v1beta", "v1beta")]
    public async Task A_call_goes_out_with_its_version_and_its_very_bytes(string prefix, string version)
    {
        await using TestGateway gateway = await StartAsync();

        (ReceivedRequest received, HttpStatusCode status, string answer) = await PostAsync(gateway, prefix + "/models/gemini-3.5-flash:generateContent", Body);

        Assert.Equal((HttpStatusCode.OK, version, "gemini-3.5-flash", "generateContent"), (status, received.Version, received.Model, received.Action));
        Assert.Equal(Body, Encoding.UTF8.GetString(received.Body.Span));
        Assert.Equal("You said: Hello", JsonNode.Parse(answer)!["candidates"]![0]!["content"]!["parts"]![0]!["text"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("?alt=sse", "text/event-stream")]
    [InlineData("?prettyPrint=false&alt=sse&key=x", "text/event-stream")]
    [InlineData("", "application/json")]
    [InlineData("?alt=json", "application/json")]
    public async Task A_stream_comes_as_events_or_as_one_array(string query, string contentType)
    {
        await using TestGateway gateway = await StartAsync(fake => fake.Script.ForAction("streamGenerateContent").Reply(FakeReply.TextInPieces("one ", "two ", "three")));
        using HttpRequestMessage request = Ask.Request("/v1beta/models/gemini-3.5-flash:streamGenerateContent" + query, Encoding.UTF8.GetBytes(Body));
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(contentType, response.Content.Headers.ContentType?.MediaType);
        JsonNode[] events = contentType == "application/json"
            ? [.. JsonNode.Parse(text)!.AsArray().Select(static item => item!)]
            : [.. text.Split("\r\n\r\n", StringSplitOptions.RemoveEmptyEntries).Select(static item => JsonNode.Parse(item["data: ".Length..])!)];
        Assert.True(events.Length >= 3, text);
        Assert.Equal("one two three", string.Concat(events.Select(static item => item["candidates"]?[0]?["content"]?["parts"]?[0]?["text"]?.GetValue<string>())));
    }

    [Theory]
    [InlineData("countTokens")]
    [InlineData("generateContent")]
    public async Task Safety_is_added_only_where_something_is_generated(string action)
    {
        await using TestGateway gateway = await StartAsync(settings: new() { ["DISABLE_SAFETY_FILTERING"] = "true" });

        (ReceivedRequest received, HttpStatusCode status, _) = await PostAsync(gateway, $"/v1beta/models/gemini-3.5-flash:{action}", Body);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(action == "generateContent", received.Json.TryGetProperty("safetySettings", out JsonElement safety));
        if (action == "generateContent")
            Assert.Equal(4, safety.GetArrayLength());
        else
            Assert.Equal(Body, Encoding.UTF8.GetString(received.Body.Span));
    }

    [Fact]
    public async Task An_action_the_gateway_does_not_know_is_for_the_upstream_to_judge()
    {
        await using TestGateway gateway = await StartAsync();

        (ReceivedRequest received, HttpStatusCode status, string answer) = await PostAsync(gateway, "/v1beta/models/gemini-3.5-flash:dreamOfSheep", "{\"count\":3}");

        Assert.Equal((HttpStatusCode.NotFound, "dreamOfSheep"), (status, received.Action));
        Assert.Contains("dreamOfSheep", JsonNode.Parse(answer)!["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("{\"count\":3}", Encoding.UTF8.GetString(received.Body.Span));
    }

    [Fact]
    public async Task Neither_query_nor_header_carries_a_clients_credential_upstream()
    {
        await using TestGateway gateway = await StartAsync();
        using HttpRequestMessage request = Ask.Request(
            $"/v1beta/models/gemini-3.5-flash:generateContent?key={TestGateway.Password}&fields=a%2Cb&access_token=secret-1&oauth_token=secret-2&k%65y=secret-3&prettyPrint", Encoding.UTF8.GetBytes(Body));
        request.Headers.Add("x-goog-api-key", "secret-4");
        request.Headers.Add("x-api-key", "secret-5");
        request.Headers.Add("Cookie", "session=secret-6");
        request.Headers.Add("x-goog-api-client", "google-genai-sdk/1.0");
        request.Headers.Add("x-server-timeout", "30");
        request.Headers.Add("x-forwarded-for", "203.0.113.9");
        request.Headers.Add("x-goog-user-project", "somebody-elses-project");
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        ReceivedRequest received = Received(gateway);
        Assert.Equal(TestGateway.Key, received.Key);
        Assert.Equal([("fields", "a,b"), ("prettyPrint", "")], received.Query.Select(static pair => (pair.Key, pair.Value)).OrderBy(static pair => pair.Key, StringComparer.Ordinal));
        Assert.Equal(("google-genai-sdk/1.0", "30"), (received.Headers["x-goog-api-client"], received.Headers["x-server-timeout"]));
        string all = string.Join('\n', received.Headers.Select(static header => $"{header.Key}: {header.Value}"));
        Assert.DoesNotContain("secret", all, StringComparison.Ordinal);
        Assert.DoesNotContain(TestGateway.Password, all, StringComparison.Ordinal);
        foreach (string left in (string[])["cookie", "x-api-key", "authorization", "x-forwarded-for", "x-goog-user-project"])
            Assert.False(received.Headers.ContainsKey(left), left);
    }

    [Theory]
    [InlineData("gpt-4o", "gemini-3.5-flash", null)]
    [InlineData("gemini-2.5-flash-nothinking", "gemini-2.5-flash", "{\"thinkingBudget\":0}")]
    [InlineData("gemini-2.5-flash-thinking-1024", "gemini-2.5-flash", "{\"thinkingBudget\":1024}")]
    [InlineData("gemini-3.5-flash-max", "gemini-3.5-flash", "{\"thinkingLevel\":\"HIGH\"}")]
    [InlineData("gemini-2.5-flash-openai", "gemini-2.5-flash", null)]
    public async Task Aliases_and_suffixes_work_on_native_paths(string asked, string model, string? thinking)
    {
        await using TestGateway gateway = await StartAsync(settings: new() { ["MODEL_ALIASES"] = "{\"gpt-4o\":\"gemini-3.5-flash\"}" });

        (ReceivedRequest received, HttpStatusCode status, string answer) = await PostAsync(gateway, $"/v1beta/models/{asked}:generateContent", Body);

        Assert.True(status == HttpStatusCode.OK, answer);
        Assert.Equal(model, received.Model);
        JsonNode sent = JsonNode.Parse(received.Body.Span)!;
        Assert.Equal(thinking, sent["generationConfig"]?["thinkingConfig"]?.ToJsonString());
        Assert.Equal("Hello", sent["contents"]![0]!["parts"]![0]!["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_member_that_stands_there_twice_is_the_clients_fault_even_where_the_body_is_edited()
    {
        await using TestGateway gateway = await StartAsync();
        using HttpRequestMessage request = Ask.Request("/v1beta/models/gemini-2.5-flash-nothinking:generateContent", "{\"contents\":[],\"contents\":[]}"u8.ToArray());
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(gateway.Upstream.Received.Requests);
    }

    [Theory]
    [InlineData("/v1beta")]
    [InlineData("/v1alpha")]
    [InlineData("/gemini/v1")]
    [InlineData("/v2")]
    public async Task Models_are_listed_page_by_page_and_one_by_one(string prefix)
    {
        await using TestGateway gateway = await StartAsync(settings: new()
        {
            ["FILTERED_MODELS"] = "gemini-2.5-pro",
            ["EXTRA_MODELS"] = "gemini-new",
            ["MODEL_ALIASES"] = "{\"gpt-4o\":\"gemini-3.5-flash\"}",
            ["THINKING_MODELS"] = "gemini-2.5-flash",
            ["SEARCH_MODELS"] = "gemini-2.5-flash",
        });

        List<string> names = [];
        string? page = null;
        do
        {
            JsonNode list = await GetAsync(gateway, $"{prefix}/models?pageSize=7{(page is null ? "" : "&pageToken=" + page)}");
            JsonArray models = list["models"]!.AsArray();
            Assert.InRange(models.Count, 1, 7);
            names.AddRange(models.Select(static model => model!["name"]!.GetValue<string>()));
            page = list["nextPageToken"]?.GetValue<string>();
        }
        while (page is not null);

        IEnumerable<string> expected = FakeModelCatalog.Default.Select(static model => model.Id).Where(static id => id != "gemini-2.5-pro")
            .SelectMany(static id => id == "gemini-2.5-flash" ? (string[])[id, "gemini-2.5-flash-search", "gemini-2.5-flash-non-thinking"] : id == "nano-banana-pro-preview" ? [id, id + "-image"] : [id])
            .Concat(["gemini-new", "gpt-4o"]);
        Assert.Equal(expected.Select(static id => "models/" + id), names);

        foreach ((string asked, bool described) in new[] { ("gemini-3.5-flash", true), ("gpt-4o", true), ("gemini-2.5-flash-non-thinking", true), ("gemini-new", false) })
        {
            JsonNode model = await GetAsync(gateway, $"{prefix}/models/{asked}");
            Assert.Equal("models/" + asked, model["name"]!.GetValue<string>());
            Assert.Equal(described, model["inputTokenLimit"] is not null);
        }
    }

    [Fact]
    public async Task Below_v1_the_model_list_is_OpenAIs()
    {
        await using TestGateway gateway = await StartAsync();
        JsonNode list = await GetAsync(gateway, "/v1/models");

        Assert.Equal("list", list["object"]!.GetValue<string>());
        Assert.Contains(list["data"]!.AsArray(), static model => model!["id"]!.GetValue<string>() == "gemini-3.5-flash");
    }

    private static async Task<TestGateway> StartAsync(Action<FakeGeminiServer>? arrange = null, Dictionary<string, string>? settings = null)
    {
        TestGateway gateway = await new RequestLines().StartAsync(
            fake =>
            {
                fake.AddKey(TestGateway.Key);
                arrange?.Invoke(fake);
            },
            settings);
        gateway.Upstream.Received.Clear(); // the gateway's own question for the models
        return gateway;
    }

    private static ReceivedRequest Received(TestGateway gateway) => Assert.Single(gateway.Upstream.Received.Requests);

    private static async Task<(ReceivedRequest Received, HttpStatusCode Status, string Answer)> PostAsync(TestGateway gateway, string path, string body)
    {
        using HttpRequestMessage request = Ask.Request("/", Encoding.UTF8.GetBytes(body));
        request.RequestUri = new Uri(gateway.Address.GetLeftPart(UriPartial.Authority) + path); // a path that begins with two slashes is no host
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        string answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(gateway.Upstream.Received.Requests.Count == 1, answer);
        return (Received(gateway), response.StatusCode, answer);
    }

    private static async Task<JsonNode> GetAsync(TestGateway gateway, string path)
    {
        using HttpResponseMessage response = await gateway.Client.GetAsync(path, TestContext.Current.CancellationToken);
        string body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonNode.Parse(body)!;
    }
}
