using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.FakeGemini.Xai;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Xai;

/// <summary>UPS-3: a caller's own key of xAI goes to xAI and nowhere else.</summary>
[Trait("Feature", "UPS-3")]
public sealed class CallersKeyTests : IDisposable
{
    private readonly RequestLines _lines = new();

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task It_is_passed_to_xAI_and_shows_nowhere(Form form)
    {
        await using TestGateway gateway = await XaiStand.StartAsync(lines: _lines);

        Seen seen = await gateway.AskAsync(form, form.Body("Hello", XaiStand.Model), XaiStand.CallersKey);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(XaiStand.CallersKey, Assert.Single(gateway.ToXai()).Key);
        RequestLine line = await _lines.NextAsync();
        Assert.Equal(1, line.Attempts);
        Assert.DoesNotContain(gateway.Services.GetRequiredService<KeyPool.KeyPool>().Credentials(), static key => key.Secret.Reveal() == XaiStand.CallersKey);
        gateway.CheckNothingShows(seen.Body, seen.Headers);
    }

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/openai/v1/chat/completions")]
    [InlineData("/v1beta/models/gemini-3.5-flash:generateContent")]
    [InlineData("/v1/models")]
    public async Task It_opens_no_other_route(string path)
    {
        await using TestGateway gateway = await XaiStand.StartAsync();

        (int status, _, string body) = await gateway.SendAsync(path.EndsWith("models", StringComparison.Ordinal) ? HttpMethod.Get : HttpMethod.Post, path, path.EndsWith("models", StringComparison.Ordinal) ? null : "{}", XaiStand.CallersKey);

        Assert.Equal(401, status);
        gateway.CheckNothingShows(body);
        Assert.Empty(gateway.ToXai());
    }

    [Theory]
    [InlineData("/xai/v1/models")]
    [InlineData("/xai/v1/chat/completions")]
    [InlineData("/xai/v1/images/generations")]
    public async Task Switched_off_it_is_refused_and_sent_nowhere(string path)
    {
        await using TestGateway gateway = await XaiStand.StartAsync(settings: new Dictionary<string, string> { ["XAI_CALLER_KEYS"] = "false" });

        (int status, _, string body) = await gateway.SendAsync(path.EndsWith("models", StringComparison.Ordinal) ? HttpMethod.Get : HttpMethod.Post, path, path.EndsWith("models", StringComparison.Ordinal) ? null : "{}", XaiStand.CallersKey);

        Assert.Equal(401, status);
        Assert.Empty(gateway.ToXai());
        gateway.CheckNothingShows(body);
    }

    [Fact]
    public async Task A_credential_of_ours_that_begins_like_a_key_of_xAI_uses_the_pool()
    {
        const string token = "xai-but-a-token-of-this-gateway";
        await using TestGateway gateway = await XaiStand.StartAsync(settings: new Dictionary<string, string> { ["ALLOWED_TOKENS"] = token });

        Seen seen = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", XaiStand.Model), token);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(XaiStand.Key, Assert.Single(gateway.ToXai()).Key);
    }

    [Fact]
    public async Task Beside_a_credential_of_ours_it_is_passed_over()
    {
        await using TestGateway gateway = await XaiStand.StartAsync();
        HttpRequestMessage request = Ask.Request("/xai/v1/chat/completions", Form.OpenAI.Body("Hello", XaiStand.Model));
        request.Headers.Authorization = new("Bearer", XaiStand.CallersKey);
        request.Headers.Add("x-api-key", TestGateway.Password);

        Seen seen = await gateway.Client.SendAsync(Form.OpenAI, request, TestContext.Current.CancellationToken);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(XaiStand.Key, Assert.Single(gateway.ToXai()).Key);
    }

    [Fact]
    public async Task It_counts_against_the_address_even_for_lists()
    {
        await using TestGateway gateway = await XaiStand.StartAsync(settings: new Dictionary<string, string> { ["MAX_REQUESTS_PER_MINUTE"] = "2" });

        int first = (await gateway.SendAsync(HttpMethod.Get, "/xai/v1/models", bearer: XaiStand.CallersKey)).Status;
        int second = (await gateway.SendAsync(HttpMethod.Get, "/xai/v1/models", bearer: XaiStand.CallersKey)).Status;
        int third = (await gateway.SendAsync(HttpMethod.Get, "/xai/v1/models", bearer: XaiStand.CallersKey)).Status;
        int ours = (await gateway.SendAsync(HttpMethod.Get, "/xai/v1/models")).Status;

        Assert.Equal((200, 200, 429, 200), (first, second, third, ours));
        Assert.Equal(3, gateway.ToXai().Count);
    }

    [Theory]
    [InlineData(FakeXaiKeyState.Incorrect, 401, "invalid_api_key")]
    [InlineData(FakeXaiKeyState.NoCredit, 403, "permission_denied")]
    [InlineData(FakeXaiKeyState.NoPermission, 403, "permission_denied")]
    public async Task Its_faults_are_the_callers_to_know_and_no_key_of_the_pool_stands_in(FakeXaiKeyState state, int status, string code)
    {
        await using TestGateway gateway = await XaiStand.StartAsync(arrange: fake => fake.AddXaiKey(XaiStand.CallersKey, state));

        Seen seen = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", XaiStand.Model), XaiStand.CallersKey);

        Assert.Equal((status, code), ((int)seen.Status, seen.ErrorCode));
        Assert.Contains("xAI", seen.Message, StringComparison.Ordinal);
        Assert.Equal(XaiStand.CallersKey, Assert.Single(gateway.ToXai()).Key);
        gateway.CheckNothingShows(seen.Body, seen.Headers);
    }

    [Theory]
    [InlineData(429, "rate_limit_exceeded", 7)]
    [InlineData(503, "upstream_overloaded", null)]
    public async Task Its_limits_are_told_and_not_waited_for(int status, string code, int? retryAfter)
    {
        await using TestGateway gateway = await XaiStand.StartAsync();
        gateway.Upstream.Script.Always().Reply(FakeReply.XaiError(status, "resource-exhausted", "Slow down.", retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null));

        Seen seen = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", XaiStand.Model), XaiStand.CallersKey);

        Assert.Equal((status, code), ((int)seen.Status, seen.ErrorCode));
        if (retryAfter is not null)
            Assert.Equal(retryAfter, seen.RetryAfter);
        Assert.Single(gateway.ToXai());
    }
}
