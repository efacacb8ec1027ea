using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Serving;

/// <summary>Which key a request goes to where a setting has a say in it, and what is refused before any is asked.</summary>
public sealed class KeyChoiceTests
{
    private const string First = "AQ.key-choice-test-1-0000000000000000000";
    private const string Second = "AQ.key-choice-test-2-0000000000000000000";
    private const string Paid = "AQ.key-choice-test-p-0000000000000000000";

    [Fact]
    public async Task A_caller_stays_on_its_key_while_that_can_serve()
    {
        await using TestGateway gateway = await StartAsync(
            new() { ["KEY_SELECTION"] = "round-robin", ["ENABLE_STICKY_SESSION"] = "true", ["ALLOWED_TOKENS"] = "sk-of-the-other-caller" });
        for (int i = 0; i < 3; i++)
        {
            await AskAsync(gateway, TestGateway.Password);
            await AskAsync(gateway, "sk-of-the-other-caller");
        }

        string[] keys = [.. Asked(gateway).Select(static request => request.Key!)];
        Assert.Equal([keys[0], keys[1], keys[0], keys[1], keys[0], keys[1]], keys);
        Assert.NotEqual(keys[0], keys[1]);

        gateway.Upstream.Script.Next(FakeReply.QuotaMinute(limit: 10, retryDelay: TimeSpan.FromSeconds(50)));
        for (int i = 0; i < 3; i++)
            await AskAsync(gateway, TestGateway.Password);
        Assert.Equal([keys[0], keys[1], keys[1], keys[1]], Asked(gateway).Skip(6).Select(static request => request.Key!));
    }

    [Fact]
    public async Task A_reserved_key_is_sent_only_what_must_be_paid_for()
    {
        await using TestGateway gateway = await StartAsync(new() { ["PAID_KEY"] = Paid, ["PAID_MODELS"] = "gemini-2.5-pro*" });
        foreach (Form form in Enum.GetValues<Form>())
        {
            Assert.True((await gateway.Client.AskAsync(form)).IsComplete);
            Assert.True((await gateway.Client.AskAsync(form, model: "gemini-2.5-pro")).IsComplete);
        }

        Assert.All(Asked(gateway), static request => Assert.Equal(request.Model == "gemini-2.5-pro", request.Key == Paid));
        Assert.Equal(10, Asked(gateway).Length);
    }

    [Fact]
    public async Task A_key_makes_no_more_calls_a_day_than_it_is_allowed()
    {
        await using TestGateway gateway = await StartAsync(new() { ["API_KEY_DAILY_LIMIT"] = "2" });
        for (int i = 0; i < 4; i++)
            Assert.True((await gateway.Client.AskAsync(Form.OpenAI)).IsComplete);

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI);

        Assert.Equal(HttpStatusCode.TooManyRequests, seen.Status);
        Assert.True(seen.RetryAfter > 0);
        Assert.Equal([2, 2], Asked(gateway).GroupBy(static request => request.Key).Select(static calls => calls.Count()));
    }

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task A_prompt_that_is_surely_too_long_is_refused_without_a_call(Form form)
    {
        string limits = Path.Combine(Directory.CreateTempSubdirectory("pollux-limits-").FullName, "limits.json");
        await File.WriteAllTextAsync(limits, $$"""{ "{{Ask.Model}}": { "input_token_limit": 1000 } }""", TestContext.Current.CancellationToken);
        await using TestGateway gateway = await StartAsync(new() { ["MODEL_LIMITS_PATH"] = limits });

        Seen tooLong = await gateway.Client.AskAsync(form, new string('x', 8_000));
        Seen perhaps = await gateway.Client.AskAsync(form, new string('x', 5_000)); // 1,250 by the estimate, which may be wrong

        Assert.Equal(HttpStatusCode.BadRequest, tooLong.Status);
        Assert.Contains("exceeds the maximum number of tokens allowed (1000)", tooLong.Body, StringComparison.Ordinal);
        if (form.IsOpenAI())
            Assert.Equal("context_length_exceeded", tooLong.ErrorCode);
        else
            Assert.Contains("INVALID_ARGUMENT", tooLong.Body, StringComparison.Ordinal);
        Assert.True(perhaps.IsComplete);
        Assert.Single(Asked(gateway));
    }

    [Fact]
    public async Task What_happens_to_a_key_names_the_request()
    {
        await using TestGateway gateway = await StartAsync([]);
        gateway.Upstream.Script.Next(FakeReply.InvalidKey());
        using HttpResponseMessage answer = await gateway.Client.PostAsync(
            Form.Gemini.Path(), new StringContent(Form.Gemini.Body("Hello").ToJsonString(), System.Text.Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);

        CredentialEvent happened = Assert.Single(gateway.Services.GetRequiredService<KeyPool.KeyPool>().EventsAfter(0));
        Assert.Equal(CredentialEventKind.WentOut, happened.Kind);
        Assert.Equal(Assert.Single(answer.Headers.GetValues("x-request-id")), happened.RequestId);
    }

    /// <summary>What was asked of models; the list of models is fetched beside it.</summary>
    private static ReceivedRequest[] Asked(TestGateway gateway) => [.. gateway.Upstream.Received.Requests.Where(static request => request.Method == "POST")];

    private static Task<TestGateway> StartAsync(Dictionary<string, string> settings)
    {
        settings["GEMINI_API_KEYS"] = $"{First},{Second}";
        return TestGateway.StartAsync(
            static fake =>
            {
                foreach (string key in (string[])[First, Second, Paid])
                    fake.AddKey(key);
            },
            settings);
    }

    private static async Task AskAsync(TestGateway gateway, string token)
    {
        using HttpRequestMessage request = Form.Gemini.Request("Hello");
        request.Headers.Add("x-goog-api-key", token);
        gateway.Client.DefaultRequestHeaders.Authorization = null;
        using HttpResponseMessage answer = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
