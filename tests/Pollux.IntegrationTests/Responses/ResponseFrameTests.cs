using System.Net;
using System.Net.Http.Headers;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using static Pollux.IntegrationTests.Responses.ResponseStand;

namespace Pollux.IntegrationTests.Responses;

/// <summary>What all dialects have of the gateway, with responses: answers that are shared, cached or smoothed, and refusals.</summary>
[Trait("Feature", "OAI-13")]
public sealed class ResponseFrameTests
{
    [Fact]
    public async Task A_cached_answer_is_a_response_of_its_own()
    {
        await using TestGateway gateway = await StartAsync(("ENABLE_RESPONSE_CACHE", "true"), ("CACHE_SINGLE_USE", "false"));

        SeenResponse first = await gateway.Client.RespondAsync(Body("Hello"));
        SeenResponse second = await gateway.Client.RespondAsync(Body("Hello", "\"stream\":true"));

        Assert.Equal(first.Good().Text, second.Good().Text);
        Assert.NotEqual(first.Id, second.Id);
        Assert.Single(gateway.Sent());
    }

    [Fact]
    public async Task Identical_requests_share_a_call_and_each_gets_a_response_of_its_own()
    {
        await using TestGateway gateway = await StartAsync(("SHARE_IDENTICAL_REQUESTS", "true"));
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Text("For both of you.").HeldUntil(goOn.Task), FakeReply.Text("For one of you."));

        Task<SeenResponse> first = gateway.Client.RespondAsync(Body("Hello"));
        Task<SeenResponse> second = gateway.Client.RespondAsync(Body("Hello"));
        while (gateway.Services.GetService(typeof(Dispatch.IdenticalRequests)) is Dispatch.IdenticalRequests { Waiting: < 2 })
            await Task.Yield();
        goOn.SetResult();

        Assert.Equal("For both of you.", (await first).Good().Text);
        Assert.Equal("For both of you.", (await second).Good().Text);
        Assert.NotEqual((await first).Id, (await second).Id);
        Assert.Single(gateway.Sent());
    }

    [Fact]
    public async Task A_smoothed_stream_is_a_stream_like_any_other()
    {
        await using TestGateway gateway = await StartAsync(("STREAM_OPTIMIZER_ENABLED", "true"), ("STREAM_MIN_DELAY", "0.001"), ("STREAM_MAX_DELAY", "0.001"));
        gateway.Upstream.Script.Next(FakeReply.Text("A text that is cut into smaller pieces than it came in.", 2));

        SeenResponse seen = await gateway.Client.RespondAsync(Body("Hello", "\"stream\":true"));

        Assert.Equal("A text that is cut into smaller pieces than it came in.", seen.Good().Text);
        Assert.True(seen.Outcome!.Events.Count(static name => name == "response.output_text.delta") > 2);
    }

    [Theory]
    [InlineData("POST", "/v1/responses", HttpStatusCode.Unauthorized, "invalid_api_key")]
    [InlineData("GET", "/v1/responses/resp_1", HttpStatusCode.Unauthorized, "invalid_api_key")]
    [InlineData("POST", "/v1/completions", HttpStatusCode.Unauthorized, "invalid_api_key")]
    public async Task Who_is_not_let_in_is_told_so_in_the_dialect(string method, string path, HttpStatusCode status, string code)
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "another");
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
        Assert.Contains($"\"code\":\"{code}\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PUT", "/v1/responses", HttpStatusCode.MethodNotAllowed)]
    [InlineData("PATCH", "/v1/responses/resp_1", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/v1/responses/resp_1/output_items", HttpStatusCode.NotFound)]
    public async Task Other_paths_and_methods_are_told_apart(string method, string path, HttpStatusCode status)
    {
        await using TestGateway gateway = await StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task A_dry_pool_is_told_with_its_wait()
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.ForModel(Ask.Model).Reply(FakeReply.QuotaDay());

        using HttpRequestMessage request = Ask.Request("/v1/responses", System.Text.Encoding.UTF8.GetBytes(Body("Hello", "\"stream\":true")));
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter?.Delta); // without it an agent gives up
        Assert.Contains("rate_limit_exceeded", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
