using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Serving;

/// <summary>STR-1: a stream for the client out of a whole answer of the upstream.</summary>
[Trait("Feature", "STR-1")]
public sealed class PretendedStreamTests : IDisposable
{
    private const string Everything =
        """
        {
          "candidates": [
            {
              "content": {
                "parts": [
                  { "text": "Let me look.", "thought": true },
                  { "text": "Here it comes, at last", "thoughtSignature": "dGV4dA==" },
                  { "functionCall": { "id": "one", "name": "look", "args": { "where": "far away" } }, "thoughtSignature": "Y2FsbA==" },
                  { "functionCall": { "id": "two", "name": "look", "args": {} } }
                ],
                "role": "model"
              },
              "finishReason": "STOP",
              "index": 0
            }
          ],
          "usageMetadata": { "promptTokenCount": 11, "candidatesTokenCount": 7, "thoughtsTokenCount": 24, "totalTokenCount": 42 },
          "modelVersion": "gemini-3.5-flash",
          "responseId": "answer-1"
        }
        """;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly ManualTimeProvider _clock = new();
    private readonly RequestLines _lines = new();

    public void Dispose() => _lines.Dispose();

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task The_text_comes_in_pieces_with_a_pause_behind_each(Form form)
    {
        await using TestGateway gateway = await StartAsync(new() { ["FAKE_STREAMING_CHUNK_SIZE"] = "4", ["FAKE_STREAMING_DELAY_PER_CHUNK"] = "0.1" });
        string[] pieces = ["Hell", "o \U0001F468\u200D\U0001F469\u200D\U0001F467,", " e\u0301te\u0301", " \u4E2D\u6587\U0001F1E9\U0001F1EA", "!"];
        gateway.Upstream.Script.Next(FakeReply.Text(string.Concat(pieces)));

        using LiveAnswer answer = await LiveAnswer.OpenAsync(gateway, form);
        for (int i = 0; i < pieces.Length; i++)
        {
            if (i > 0)
            {
                await _clock.TimerSetAsync(Pause).WaitAsync(Deadline, TestContext.Current.CancellationToken);
                _clock.Advance(Pause);
            }

            await answer.ReadTextAsync(string.Concat(pieces[..(i + 1)]));
        }

        (Seen seen, bool cut) = await answer.ReadToEndAsync();
        Assert.True(seen.IsComplete && !cut, seen.Body);
        ReceivedRequest request = Assert.Single(gateway.Calls("generateContent"));
        Assert.Empty(request.Query);
        Assert.Equal(1, (await _lines.NextAsync()).Attempts);
    }

    [Fact]
    public async Task Everything_reaches_an_OpenAI_client_as_in_a_true_stream()
    {
        await using TestGateway gateway = await StartAsync(new() { ["FAKE_STREAMING_DELAY_PER_CHUNK"] = "0" });
        gateway.Upstream.Script.Next(FakeReply.Raw(200, "application/json", Encoding.UTF8.GetBytes(Everything)));
        JsonObject body = Form.OpenAIStream.Body("Hello");
        body["stream_options"] = new JsonObject { ["include_usage"] = true };

        Seen seen = await gateway.Client.AskAsync(Form.OpenAIStream, body);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(("Let me look.", "Here it comes, at last", "tool_calls"), (seen.Thoughts, seen.Text, seen.Finish));
        JsonNode[] deltas = [.. seen.Events.SelectMany(static item => item["choices"]!.AsArray()).Select(static choice => choice!["delta"]!)];
        Assert.Equal(["Here it co", "mes, at la", "st"], deltas.Select(static delta => delta["content"]?.GetValue<string>()).Where(static text => text is { Length: > 0 }));
        Assert.Single(deltas, static delta => delta["role"] is not null);
        Assert.Single(deltas, static delta => delta["reasoning_content"] is not null);
        JsonNode[] calls = [.. deltas.SelectMany(static delta => delta["tool_calls"]?.AsArray() ?? []).Select(static call => call!)];
        Assert.Equal([(0, """{"where":"far away"}"""), (1, "{}")], calls.Select(static call => (call["index"]!.GetValue<int>(), call["function"]!["arguments"]!.GetValue<string>())));
        Assert.Equal(["dGV4dA=="], deltas.Select(static delta => delta["extra_content"]?["google"]?["thought_signature"]?.GetValue<string>()).OfType<string>());
        Assert.Equal("Y2FsbA==", calls[0]["extra_content"]!["google"]!["thought_signature"]!.GetValue<string>());
        JsonNode usage = Assert.Single(seen.Events, static item => item["usage"] is not null);
        Assert.Same(seen.Events[^1], usage);
        Assert.Equal(42, usage["usage"]!["total_tokens"]!.GetValue<int>());
    }

    [Theory]
    [InlineData(Form.GeminiStream)]
    [InlineData(Form.GeminiArray)]
    public async Task Everything_reaches_a_native_client_as_in_a_true_stream(Form form)
    {
        await using TestGateway gateway = await StartAsync(new() { ["FAKE_STREAMING_DELAY_PER_CHUNK"] = "0" });
        gateway.Upstream.Script.Next(FakeReply.Raw(200, "application/json", Encoding.UTF8.GetBytes(Everything)));

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(form == Form.GeminiStream ? "text/event-stream" : "application/json", seen.ContentType);
        Assert.Equal(("Let me look.", "Here it comes, at last", "STOP"), (seen.Thoughts, seen.Text, seen.Finish));
        Assert.All(seen.Events, static item => Assert.Equal("answer-1", item["responseId"]!.GetValue<string>()));
        Assert.Same(seen.Events[^1], Assert.Single(seen.Events, static item => item["usageMetadata"] is not null));
        Assert.Same(seen.Events[^1], Assert.Single(seen.Events, static item => item["candidates"]![0]!["finishReason"] is not null));
        JsonNode[] parts = [.. seen.Events.SelectMany(static item => item["candidates"]![0]!["content"]!["parts"]!.AsArray()).Select(static part => part!)];
        Assert.Equal(["thought", "text", "text", "text", "functionCall", "functionCall"], parts.Select(static part => part["thought"] is not null ? "thought" : part["text"] is not null ? "text" : "functionCall"));
        Assert.Equal([3, 4], parts.Index().Where(static part => part.Item["thoughtSignature"] is not null).Select(static part => part.Index));
        Assert.Equal("far away", parts[4]["functionCall"]!["args"]!["where"]!.GetValue<string>());
    }

    [Fact]
    public async Task Several_choices_keep_their_text_logprobs_and_refusal()
    {
        await using TestGateway gateway = await StartAsync(new() { ["FAKE_STREAMING_DELAY_PER_CHUNK"] = "0" });
        gateway.Upstream.Script.Next(FakeReply.Raw(200, "application/json", Encoding.UTF8.GetBytes(
            """
            {"candidates":[
              {"content":{"parts":[{"text":"a first answer"}],"role":"model"},"finishReason":"STOP","index":0,"logprobsResult":{"chosenCandidates":[{"token":"a","logProbability":-0.5}]}},
              {"content":{"parts":[{"text":"a second one"}],"role":"model"},"finishReason":"MAX_TOKENS","index":1},
              {"finishReason":"SAFETY","index":2}],
             "usageMetadata":{"promptTokenCount":1,"totalTokenCount":2},"responseId":"r"}
            """)));

        Seen seen = await gateway.Client.AskAsync(Form.OpenAIStream);

        JsonNode[] choices = [.. seen.Events.SelectMany(static item => item["choices"]!.AsArray()).Select(static choice => choice!)];
        string TextOf(int index) => string.Concat(choices.Where(choice => choice["index"]!.GetValue<int>() == index).Select(static choice => choice["delta"]!["content"]?.GetValue<string>()));
        string? FinishOf(int index) => choices.Where(choice => choice["index"]!.GetValue<int>() == index).Select(static choice => choice["finish_reason"]?.GetValue<string>()).OfType<string>().Single();
        Assert.True(seen.Done, seen.Body);
        Assert.Equal(("a first answer", "a second one", ""), (TextOf(0), TextOf(1), TextOf(2)));
        Assert.Equal(("stop", "length", "content_filter"), (FinishOf(0), FinishOf(1), FinishOf(2)));
        Assert.Single(choices, static choice => choice["logprobs"] is not null && choice["index"]!.GetValue<int>() == 0);
        Assert.Single(choices, static choice => choice["delta"]!["refusal"] is not null && choice["index"]!.GetValue<int>() == 2);
    }

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task Two_keys_fail_unseen_behind_signs_of_life_of_the_smaller_interval(Form form)
    {
        string[] keys = ["AQ.first-key-000000000000000000000001", "AQ.second-key-00000000000000000000002", "AQ.third-key-000000000000000000000003"];
        await using TestGateway gateway = await StartAsync(
            new() { ["FAKE_STREAMING_INTERVAL"] = "2", ["FAKE_STREAM_EMPTY_DATA_INTERVAL_SECONDS"] = "7", ["FAKE_STREAMING_DELAY_PER_CHUNK"] = "0", ["GEMINI_API_KEYS"] = string.Join(',', keys) },
            fake => Array.ForEach(keys, key => fake.AddKey(key)));
        var failing = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.InvalidKey().HeldUntil(failing.Task), FakeReply.QuotaDay(), FakeReply.Text("At last"));

        using HttpRequestMessage request = form.Request("Hello");
        Task<HttpResponseMessage> asking = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await ReceivedAsync(gateway);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(asking.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        using LiveAnswer answer = await LiveAnswer.OpenAsync(form, asking);
        await answer.ReadBytesAsync(1);
        _clock.Advance(TimeSpan.FromSeconds(2));
        await answer.ReadBytesAsync(2);
        Assert.Equal("\n\n", answer.Body);
        failing.SetResult();

        (Seen seen, bool cut) = await answer.ReadToEndAsync();
        Assert.True(seen.IsComplete && !cut, seen.Body);
        Assert.Equal("At last", seen.Text);
        Assert.Equal(3, (await _lines.NextAsync()).Attempts);
    }

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task A_failure_behind_a_sign_of_life_is_told_in_the_stream(Form form)
    {
        await using TestGateway gateway = await StartAsync(new() { ["MAX_RETRY_NUM"] = "1" });
        var failing = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Overloaded().HeldUntil(failing.Task));

        using HttpRequestMessage request = form.Request("Hello");
        Task<HttpResponseMessage> asking = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await ReceivedAsync(gateway);
        _clock.Advance(TimeSpan.FromSeconds(1));
        using LiveAnswer answer = await LiveAnswer.OpenAsync(form, asking);
        failing.SetResult();
        (Seen seen, bool cut) = await answer.ReadToEndAsync();

        Assert.True(cut);
        Assert.False(seen.Done);
        Assert.Equal(form == Form.OpenAIStream ? "upstream_overloaded" : "UNAVAILABLE", seen.ErrorCode);
        Assert.Equal(form switch { Form.OpenAIStream => "data", Form.GeminiStream => "bare", _ => "element" }, seen.ErrorFraming);
    }

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task A_failure_before_has_its_status(Form form)
    {
        await using TestGateway gateway = await StartAsync(new() { ["MAX_RETRY_NUM"] = "1" });
        gateway.Upstream.Script.Next(FakeReply.Overloaded());

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.Client.AskAsync(form)).Status);
    }

    [Fact]
    public async Task A_blocked_prompt_is_told_as_in_a_true_stream()
    {
        await using TestGateway gateway = await StartAsync([]);
        gateway.Upstream.Script.Always().Reply(FakeReply.PromptBlocked());

        Seen chat = await gateway.Client.AskAsync(Form.OpenAIStream);
        Seen native = await gateway.Client.AskAsync(Form.GeminiStream);

        Assert.Equal((HttpStatusCode.BadRequest, "content_policy"), (chat.Status, chat.ErrorCode));
        Assert.Equal(HttpStatusCode.OK, native.Status);
        Assert.Equal("PROHIBITED_CONTENT", Assert.Single(native.Events)["promptFeedback"]!["blockReason"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(Form.OpenAIStream, "-fake", null, "generateContent")]
    [InlineData(Form.GeminiStream, "-fake", null, "generateContent")]
    [InlineData(Form.OpenAIStream, "", "1", "generateContent")]
    [InlineData(Form.GeminiArray, "", "1", "generateContent")]
    [InlineData(Form.OpenAIStream, "-fake", "0", "streamGenerateContent")]
    [InlineData(Form.OpenAIStream, "", null, "streamGenerateContent")]
    [InlineData(Form.OpenAI, "-fake", "1", "generateContent")]
    [InlineData(Form.Gemini, "-fake", "1", "generateContent")]
    public async Task A_suffix_or_a_header_asks_for_it_per_request(Form form, string suffix, string? header, string action)
    {
        await using TestGateway gateway = await _lines.StartAsync(settings: new Dictionary<string, string> { ["FAKE_STREAMING_DELAY_PER_CHUNK"] = "0" });
        HttpRequestMessage request = form.Request("Hello", Ask.Model + suffix);
        if (header is not null)
            request.Headers.Add("x-pollux-fake-stream", header);

        Seen seen = await gateway.Client.SendAsync(form, request, TestContext.Current.CancellationToken);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(Ask.Model, Assert.Single(gateway.Calls(action)).Model);
        Assert.DoesNotContain("-fake", await gateway.Client.GetStringAsync("/v1/models", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task A_client_that_leaves_frees_the_upstream_within_a_second(Form form)
    {
        await using TestGateway gateway = await _lines.StartAsync(settings: new Dictionary<string, string> { ["FAKE_STREAMING"] = "true", ["FAKE_STREAMING_INTERVAL"] = "0.05" });
        gateway.Upstream.Script.Next(FakeReply.Default.HeldUntil(new TaskCompletionSource().Task));

        LiveAnswer answer = await LiveAnswer.OpenAsync(gateway, form); // a sign of life brings the header
        ReceivedRequest held = await ReceivedAsync(gateway);
        answer.Dispose();

        Assert.Equal(RequestEnd.AbortedByClient, await held.Ended.WaitAsync(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task When_the_time_of_a_request_is_over_the_rest_of_its_answer_goes_at_once(Form form)
    {
        await using TestGateway gateway = await StartAsync(new() { ["TOTAL_TIMEOUT"] = "5", ["FAKE_STREAMING_DELAY_PER_CHUNK"] = "7", ["FAKE_STREAMING_CHUNK_SIZE"] = "5" });
        gateway.Upstream.Script.Next(FakeReply.Text("Hello world"));

        using LiveAnswer answer = await LiveAnswer.OpenAsync(gateway, form);
        await answer.ReadTextAsync("Hello ");
        await _clock.TimerSetAsync(TimeSpan.FromSeconds(7)).WaitAsync(Deadline, TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(5));

        (Seen seen, bool cut) = await answer.ReadToEndAsync();
        Assert.True(seen.IsComplete && !cut, seen.Body);
        Assert.Equal("Hello world", seen.Text);
    }

    [Fact]
    public async Task A_long_answer_is_not_played_for_longer_than_ten_seconds()
    {
        await using TestGateway gateway = await StartAsync([]);
        gateway.Upstream.Script.Next(FakeReply.Text(new string('x', 100_000)));

        using LiveAnswer answer = await LiveAnswer.OpenAsync(gateway, Form.OpenAIStream);
        (Seen seen, bool cut, TimeSpan passed) = await answer.PlayAsync(_clock, Pause);

        Assert.True(seen.IsComplete && !cut);
        Assert.Equal(100_000, seen.Text.Length);
        Assert.Equal(TimeSpan.FromSeconds(10), passed);
    }

    private Task<TestGateway> StartAsync(Dictionary<string, string> settings, Action<FakeGeminiServer>? arrange = null) => _lines.StartAsync(
        arrange,
        settings: new Dictionary<string, string>(settings) { ["FAKE_STREAMING"] = "true", ["GEMINI_RETRY_DELAY"] = "0" },
        services: services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_clock)));

    private static Task<ReceivedRequest> ReceivedAsync(TestGateway gateway) =>
        gateway.Upstream.Received.WaitForAsync(static request => request.Method == "POST", TestContext.Current.CancellationToken).WaitAsync(Deadline);
}
