using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Faults;

/// <summary>Pools that cannot serve, keys that are refused in one place, answers that are none: what the client is told.</summary>
public sealed class PoolStateTests
{
    private const string First = "AQ.first-key-of-the-pool-0000000000001";
    private const string Second = "AQ.second-key-of-the-pool-000000000002";
    private const string Third = "AQ.third-key-of-the-pool-0000000000003";

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task A_pool_without_keys_names_the_setting(Form form)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await lines.StartAsync(settings: new Dictionary<string, string> { ["GEMINI_API_KEYS"] = "" });

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, seen.Status);
        Assert.Equal(form.IsOpenAI() ? "no_usable_key" : "UNAVAILABLE", seen.ErrorCode);
        Assert.Contains("GEMINI_API_KEYS", seen.Message, StringComparison.Ordinal);
        Assert.True(seen.RetryAfter > 0);
        RequestLine line = await lines.NextAsync();
        Assert.Equal((0, "NoKeys"), (line.Attempts, line["reason"]));
    }

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task While_all_keys_cool_down_a_request_hears_the_pools_wait_and_goes_nowhere(Form form)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines, First, Second);
        gateway.Upstream.Script.ForKey(First).Reply(FakeReply.QuotaMinute(retryDelay: TimeSpan.FromSeconds(300)));
        gateway.Upstream.Script.ForKey(Second).Reply(FakeReply.QuotaMinute(retryDelay: TimeSpan.FromSeconds(200)));
        await gateway.Client.AskAsync(form);
        await lines.NextAsync();

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.Equal(HttpStatusCode.TooManyRequests, seen.Status);
        Assert.InRange(seen.RetryAfter!.Value, 150, 200); // the nearest of the two
        Assert.DoesNotContain("PerMinute", seen.Body, StringComparison.Ordinal);
        if (!form.IsOpenAI())
            Assert.Equal($"{seen.RetryAfter}s", seen.RetryDelay);
        RequestLine line = await lines.NextAsync();
        Assert.Equal((0, "ProjectModel", "CoolingDown"), (line.Attempts, line["owner"], line["reason"]));
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.GeminiStream)]
    public async Task A_bad_key_beside_one_that_cools_down_does_not_make_the_pool_unusable(Form form)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines, First, Second);
        gateway.Upstream.Script.Next(FakeReply.QuotaMinute(retryDelay: TimeSpan.FromSeconds(100)), FakeReply.InvalidKey());

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.Equal(HttpStatusCode.TooManyRequests, seen.Status);
        Assert.InRange(seen.RetryAfter!.Value, 60, 100);
    }

    [Fact]
    public async Task A_cool_down_of_one_model_leaves_the_others()
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines, First);
        gateway.Upstream.Script.ForModel(Ask.Model).Reply(FakeReply.QuotaDay());

        Assert.Equal(HttpStatusCode.TooManyRequests, (await gateway.Client.AskAsync(Form.OpenAI)).Status);
        Assert.True((await gateway.Client.AskAsync(Form.OpenAI, model: "gemini-2.5-flash")).IsComplete);
    }

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task A_key_refused_in_the_header_is_tried_once_in_the_query_and_that_is_remembered(Form form)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines, First);
        FakeRule refusing = gateway.Upstream.Script.When(static request => request.Headers.ContainsKey("x-goog-api-key")).Reply(FakeReply.AuthKeyRefused());

        for (int i = 0; i < 3; i++)
        {
            Assert.True((await gateway.Client.AskAsync(form)).IsComplete);
            Assert.Equal(i == 0 ? 2 : 1, (await lines.NextAsync()).Attempts);
        }

        Assert.Equal(1, refusing.Used);
        Assert.All(Posts(gateway).Skip(1), static request => Assert.Equal(First, request.Query["key"]));
        Assert.Equal(KeyTransport.Query, Find(gateway, First).Transport);
        Assert.DoesNotContain(gateway.Logs.Lines, static line => line.Text.Contains("key-of-the-pool", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_keys_refused_in_both_places_do_not_keep_the_third_from_serving()
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines, new Dictionary<string, string> { ["KEY_SELECTION"] = "least-recently-used" }, Third, First, Second); // the list of models took the first: the good one comes last
        gateway.Upstream.Script.When(static request => request.Method == "POST").When(static request => request.Key != Third).Reply(FakeReply.AuthKeyRefused());

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(5, (await lines.NextAsync()).Attempts);
        Assert.Equal(CredentialStatus.Out, Find(gateway, First).Health.Status);
        Assert.Equal(CredentialStatus.Out, Find(gateway, Second).Health.Status);
    }

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task Empty_answers_are_asked_again_MAX_EMPTY_RESPONSES_times_in_all(Form form)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines, new Dictionary<string, string> { ["MAX_EMPTY_RESPONSES"] = "3" }, First);
        FakeRule empty = gateway.Upstream.Script.When(static request => request.Method == "POST").Reply(FakeReply.NoContent(), FakeReply.NoParts(), FakeReply.EmptyParts());

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.Equal(HttpStatusCode.BadGateway, seen.Status);
        if (form.IsOpenAI())
            Assert.Equal("upstream_empty_response", seen.ErrorCode);
        Assert.Equal(3, empty.Used);
        RequestLine line = await lines.NextAsync();
        Assert.Equal((3, "Model", "EmptyAnswer"), (line.Attempts, line["owner"], line["reason"]));
    }

    [Theory]
    [InlineData(Form.OpenAI, "true")]
    [InlineData(Form.OpenAI, "false")]
    [InlineData(Form.OpenAIStream, "false")]
    [InlineData(Form.Gemini, "true")]
    public async Task Thoughts_alone_are_asked_again_while_none_of_them_was_sent(Form form, string show)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines, new Dictionary<string, string> { ["SHOW_THINKING_PROCESS"] = show }, First);
        gateway.Upstream.Script.Next(FakeReply.ThoughtsOnly("Hm."));

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal("You said: Hello", seen.Text);
        Assert.Equal(2, (await lines.NextAsync()).Attempts);
    }

    [Theory]
    [InlineData(Form.OpenAIStream, "stop")]
    [InlineData(Form.GeminiStream, "STOP")]
    [InlineData(Form.GeminiArray, "STOP")]
    public async Task Thoughts_that_were_sent_stay(Form form, string finish)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines, First);
        gateway.Upstream.Script.Next(FakeReply.ThoughtsOnly("Hm."));

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.Equal(("Hm.", "", finish), (seen.Thoughts, seen.Text, seen.Finish));
        Assert.Equal(1, (await lines.NextAsync()).Attempts);
    }

    [Theory]
    [InlineData(Form.OpenAI, "length")]
    [InlineData(Form.OpenAIStream, "length")]
    [InlineData(Form.Gemini, "MAX_TOKENS")]
    [InlineData(Form.GeminiStream, "MAX_TOKENS")]
    public async Task An_answer_that_thinking_used_up_is_no_empty_one(Form form, string finish)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines, First);
        gateway.Upstream.Script.Next(FakeReply.NoParts("MAX_TOKENS"));

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.Equal((HttpStatusCode.OK, finish, 1), (seen.Status, seen.Finish, (await lines.NextAsync()).Attempts));
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task A_blocked_prompt_is_the_clients_matter_in_chat(Form form)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines, First, Second);
        gateway.Upstream.Script.Next(FakeReply.PromptBlocked());

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.Equal((HttpStatusCode.BadRequest, "content_policy"), (seen.Status, seen.ErrorCode));
        RequestLine line = await lines.NextAsync();
        Assert.Equal((1, "Client", "PromptBlocked"), (line.Attempts, line["owner"], line["reason"]));
        Assert.Equal(2, gateway.Services.GetRequiredService<KeyPool.KeyPool>().Snapshot().Usable);
    }

    [Theory]
    [InlineData(Form.Gemini)]
    [InlineData(Form.GeminiStream)]
    [InlineData(Form.GeminiArray)]
    public async Task A_blocked_prompt_passes_to_native_clients_as_Google_tells_it(Form form)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines, First, Second);
        gateway.Upstream.Script.Next(FakeReply.PromptBlocked());

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.Equal(HttpStatusCode.OK, seen.Status);
        Assert.False(seen.WasCut);
        Assert.Contains("\"blockReason\": \"PROHIBITED_CONTENT\"", seen.Body, StringComparison.Ordinal);
        Assert.Equal(1, (await lines.NextAsync()).Attempts);
    }

    private static Task<TestGateway> StartAsync(RequestLines lines, params string[] keys) => StartAsync(lines, [], keys);

    private static Task<TestGateway> StartAsync(RequestLines lines, Dictionary<string, string> settings, params string[] keys) => lines.StartAsync(
        fake =>
        {
            foreach (string key in keys)
                fake.AddKey(key);
        },
        new Dictionary<string, string>(settings) { ["GEMINI_API_KEYS"] = string.Join(',', keys), ["GEMINI_RETRY_DELAY"] = "0" });

    private static IEnumerable<ReceivedRequest> Posts(TestGateway gateway) => gateway.Upstream.Received.Requests.Where(static request => request.Method == "POST");

    private static Credential Find(TestGateway gateway, string key) => gateway.Services.GetRequiredService<KeyPool.KeyPool>().Find(new SecretText(key))!;
}
