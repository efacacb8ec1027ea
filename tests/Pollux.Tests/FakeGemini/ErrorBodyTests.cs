using System.Net;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;

namespace Pollux.Tests.FakeGemini;

/// <summary>Errors of keys, models and paths, compared with recorded bodies where there are any.</summary>
public sealed class ErrorBodyTests
{
    private const string Generate = "generateContent";

    [Fact]
    public async Task Invalid_key_answers_as_recorded()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        using HttpResponseMessage response = await upstream.PostAsync(Generate, key: "key1234");
        await AssertRecordedAsync("vertexai-sdk-test-data/googleai-unary-failure-api-key", response, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Missing_key_answers_as_recorded()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        using HttpResponseMessage response = await upstream.PostAsync(Generate, key: null);
        await AssertRecordedAsync("langchaingo/TestGoogleAIErrorHandling.0", response, HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Disabled_service_answers_as_recorded()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Server.AddKey("k", upstream.Server.AddProject("12345678")).State = FakeKeyState.ServiceDisabled;
        using HttpResponseMessage response = await upstream.PostAsync(Generate, key: "k");
        await AssertRecordedAsync("vertexai-sdk-test-data/googleai-unary-failure-generativelanguage-api-not-enabled", response, HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Unknown_model_answers_as_recorded()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        using HttpResponseMessage response = await upstream.PostAsync(Generate, model: "gemini-3.6-flahs");
        await AssertRecordedAsync("pydantic-ai/test_model_name_suggestion_google", response, HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData(FakeKeyState.Invalid, 400, "API_KEY_INVALID")]
    [InlineData(FakeKeyState.Expired, 400, "API key expired. Please renew the API key.")]
    [InlineData(FakeKeyState.Leaked, 403, "Your API key was reported as leaked.")]
    [InlineData(FakeKeyState.Suspended, 403, "Consumer 'api_key:" + Upstream.Key + "' has been suspended.")]
    [InlineData(FakeKeyState.Denied, 403, "Your project has been denied access.")]
    [InlineData(FakeKeyState.BillingDisabled, 403, "BILLING_DISABLED")]
    [InlineData(FakeKeyState.Blocked, 403, "API_KEY_SERVICE_BLOCKED")]
    [InlineData(FakeKeyState.RefusesAuthKey, 401, "ACCESS_TOKEN_TYPE_UNSUPPORTED")]
    public async Task Key_can_fall_ill_and_recover(FakeKeyState state, int status, string expected)
    {
        await using Upstream upstream = await Upstream.StartAsync();

        upstream.ValidKey.State = state;
        using HttpResponseMessage ill = await upstream.PostAsync(Generate);
        upstream.ValidKey.State = FakeKeyState.Valid;
        using HttpResponseMessage well = await upstream.PostAsync(Generate);

        Assert.Equal(status, (int)ill.StatusCode);
        Assert.Contains(expected, await ill.Content.ReadAsStringAsync(Upstream.Stop), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, well.StatusCode);
    }

    [Fact]
    public async Task Unknown_auth_key_and_bearer_token_are_unauthenticated()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        using HttpClient client = new(new SocketsHttpHandler(), disposeHandler: true);
        using HttpRequestMessage bearer = new(HttpMethod.Get, new Uri(upstream.Server.BaseAddress, "v1beta/models"));
        bearer.Headers.Authorization = new("Bearer", Upstream.Key);

        using HttpResponseMessage unknown = await upstream.PostAsync(Generate, key: "AQ.unknown");
        using HttpResponseMessage token = await client.SendAsync(bearer, Upstream.Stop);

        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, token.StatusCode);
    }

    [Fact]
    public async Task Model_can_be_missing_for_one_key_only()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Server.AddKey("new").Without(Upstream.Model);

        using HttpResponseMessage without = await upstream.PostAsync(Generate, key: "new");
        using HttpResponseMessage with = await upstream.PostAsync(Generate);

        Assert.Equal(HttpStatusCode.NotFound, without.StatusCode);
        Assert.Contains("no longer available to new users", await without.Content.ReadAsStringAsync(Upstream.Stop), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, with.StatusCode);
    }

    [Theory]
    [InlineData("v1beta/models/gemini-3.8-flash:sing", "application/json; charset=UTF-8")]
    [InlineData("v1beta/models/gemini-3.8-flash:embedContent", "application/json; charset=UTF-8")]
    [InlineData("v1beta/models/gemini-embedding-2:generateContent", "application/json; charset=UTF-8")]
    [InlineData("v2/models/gemini-3.8-flash:generateContent", "text/html; charset=UTF-8")]
    [InlineData("v1beta/poems", "text/html; charset=UTF-8")]
    public async Task Unknown_method_is_json_and_unknown_path_is_html(string path, string contentType)
    {
        await using Upstream upstream = await Upstream.StartAsync();

        using HttpResponseMessage response = await upstream.SendAsync(HttpMethod.Post, path, Upstream.Hello);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal(contentType, response.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task Large_body_is_refused()
    {
        await using Upstream upstream = await Upstream.StartAsync(new FakeGeminiOptions { MaxBodyBytes = 64 });

        using HttpResponseMessage response = await upstream.PostAsync(Generate, Upstream.Hello + new string(' ', 64));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    private static async Task AssertRecordedAsync(string fixture, HttpResponseMessage response, HttpStatusCode status)
    {
        string recorded = Path.Combine(Fixtures.Get(fixture).Folder, "response.json");
        JsonNode? actual = JsonNode.Parse(await response.Content.ReadAsStringAsync(Upstream.Stop));
        Assert.Equal(status, response.StatusCode);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(await File.ReadAllTextAsync(recorded, Upstream.Stop)), actual), actual?.ToJsonString());
    }
}
