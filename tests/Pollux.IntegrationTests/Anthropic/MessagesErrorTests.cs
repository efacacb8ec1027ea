using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.Tests.Protocols.Anthropic.Reading;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Anthropic;

/// <summary>ANT-3: each failure in Anthropic's words and with its status, before the answer and inside it.</summary>
[Trait("Feature", "ANT-3")]
public sealed class MessagesErrorTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly ManualTimeProvider _clock = new();
    private readonly RequestLines _lines = new();

    public static TheoryData<string, int, string> Refusals => new()
    {
        { """{"max_tokens":null}""", 400, "'max_tokens' is missing" },
        { """{"max_tokens":0}""", 400, "'max_tokens' must be" },
        { """{"messages":[]}""", 400, "'messages' must hold" },
        { """{"messages":[{"role":"tool","content":"x"}]}""", 400, "messages[0].role" },
        { """{"messages":[{"content":"x"}]}""", 400, "messages[0].role" },
        { """{"messages":[{"role":"user"}]}""", 400, "messages[0].content" },
        { """{"messages":[{"role":"user","content":7}]}""", 400, "messages[0].content" },
        { """{"messages":[{"role":"user","content":[{"type":"video"}]}]}""", 400, "messages[0].content[0].type" },
        { """{"messages":[{"role":"user","content":[{"text":"x"}]}]}""", 400, "messages[0].content[0].type" },
        { """{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"no base64!"}}]}]}""", 400, "messages[0].content[0].source.data" },
        { """{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"file_abc"}}]}]}""", 400, "messages[0].content[0].source.file_id" },
        { """{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"tape"}}]}]}""", 400, "messages[0].content[0].source.type" },
        { """{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"a","input":{}}]}]}""", 400, "messages[1].content[0].name" },
        { """{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":[1]}]}]}""", 400, "messages[1].content[0].input" },
        { """{"system":[{"type":"image"}]}""", 400, "system[0]" },
        { """{"system":7}""", 400, "'system'" },
        { """{"tools":[{"input_schema":{}}]}""", 400, "tools[0].name" },
        { """{"tools":[{"name":"f","input_schema":7}]}""", 400, "tools[0].input_schema" },
        { """{"tools":[{"name":"f","input_schema":{}}],"tool_choice":{"type":"tool","name":"g"}}""", 400, "tool_choice.name" },
        { """{"tool_choice":{"type":"perhaps"}}""", 400, "tool_choice.type" },
        { """{"thinking":{"type":"perhaps"}}""", 400, "thinking.type" },
        { """{"output_config":{"effort":"heroic"}}""", 400, "output_config.effort" },
        { """{"output_config":{"format":{"type":"poem"}}}""", 400, "output_config.format.type" },
        { """{"stop_sequences":[1]}""", 400, "stop_sequences" },
        { """{"stream":"perhaps"}""", 400, "stream" },
        { """{"model":null}""", 400, "model" },
        { """{"thread":{"type":"create"}}""", 400, "'thread' is not supported" }, // and its code, on which the client's loop over tools sends all
        { """{"model":"gemini-9-none"}""", 404, "gemini-9-none" },
    };

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task What_cannot_be_understood_is_refused_with_its_place(string change, int status, string words)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        JsonObject body = MessagesAsk.Body();
        foreach ((string name, JsonNode? value) in JsonNode.Parse(change)!.AsObject())
            body[name] = value?.DeepClone();

        MessageSeen seen = await gateway.AskMessagesAsync(body);

        Assert.Equal((status, status == 404 ? "not_found_error" : "invalid_request_error"), ((int)seen.Status, seen.Outcome.ErrorType));
        Assert.Contains(words, seen.Outcome.Error!.Value.GetProperty("message").GetString()!, StringComparison.Ordinal);
        Assert.Empty(gateway.Calls());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Failures_of_the_upstream_have_their_words_and_statuses(bool stream)
    {
        (FakeReply Reply, int Status, string Type, bool ComesBack)[] cases =
        [
            (FakeReply.QuotaDay(), 429, "rate_limit_error", true),
            (FakeReply.Overloaded(), 529, "overloaded_error", true),
            (FakeReply.InternalError(), 502, "api_error", false),
            (FakeReply.InvalidKey(), 503, "api_error", true),
            (FakeReply.Error(400, "INVALID_ARGUMENT", "The garden gate."), 400, "invalid_request_error", false),
            (FakeReply.PromptBlocked(), 400, "invalid_request_error", false),
        ];
        foreach ((FakeReply reply, int status, string type, bool comesBack) in cases)
        {
            await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["MAX_RETRY_NUM"] = "1" });
            gateway.Upstream.Script.ForModel(Ask.Model).Reply(reply);

            MessageSeen seen = await gateway.AskMessagesAsync(MessagesAsk.Body(stream));

            Assert.Equal((status, type, false), ((int)seen.Status, seen.Outcome.ErrorType, seen.IsStream));
            Assert.True(!comesBack || seen.RetryAfter > 0, $"{type} without retry-after");
            Assert.Equal(seen.Headers["x-request-id"], seen.Headers["request-id"]);
            Assert.Equal(seen.Headers["request-id"], JsonNode.Parse(seen.Body)!["request_id"]!.GetValue<string>());
        }
    }

    [Fact]
    public async Task A_prompt_that_is_too_long_is_told_in_the_words_on_which_agents_make_it_shorter()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.InputTooLong(1_250_074, 1_048_576));

        MessageSeen seen = await gateway.AskMessagesAsync();

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request_error"), (seen.Status, seen.Outcome.ErrorType));
        Assert.Equal("prompt is too long: 1250074 tokens > 1048576 maximum", seen.Outcome.Error!.Value.GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("POST", "/v1/messages", 401, "authentication_error")]
    [InlineData("POST", "/anthropic/v1/messages", 401, "authentication_error")]
    [InlineData("POST", "/v1/messages/count_tokens", 401, "authentication_error")]
    [InlineData("GET", "/v1/models", 401, "authentication_error")]
    [InlineData("GET", "/anthropic/v1/models", 401, "authentication_error")]
    [InlineData("GET", "/v1/messages", 405, "invalid_request_error")]
    [InlineData("POST", "/anthropic/v1/complete", 404, "not_found_error")]
    [InlineData("POST", "/v1/messages/batches", 404, "not_found_error")]
    public async Task Who_may_not_and_what_is_not_there_is_told_in_the_dialect(string method, string path, int status, string type)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.TryAddWithoutValidation("x-api-key", "not-the-password");
        request.Headers.TryAddWithoutValidation("anthropic-version", "2023-06-01");
#pragma warning disable RS0030 // a client of the gateway, without its credential
        using var client = new HttpClient { BaseAddress = gateway.Address };
#pragma warning restore RS0030

        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        MessageSeen seen = await MessagesAsk.ReadAsync(response, TestContext.Current.CancellationToken);

        Assert.Equal((status, type), ((int)seen.Status, seen.Outcome.ErrorType));
        Assert.NotEmpty(seen.Headers["request-id"]);
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("ended")]
    [InlineData("bare error")]
    public async Task A_stream_that_breaks_off_ends_with_an_overload_on_which_agents_ask_again(string cut)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        FakeReply whole = WireAnswers.Text("Hello ", "from the ", "other side");
        gateway.Upstream.Script.Next(cut switch
        {
            "reset" => whole.ResetAfter(2),
            "ended" => whole.EndedAfter(2),
            _ => whole.BareErrorAfter(2),
        });

        MessageSeen seen = await gateway.AskMessagesAsync(MessagesAsk.Body(stream: true));

        Assert.Equal((HttpStatusCode.OK, "overloaded_error"), (seen.Status, seen.Outcome.ErrorType));
        Assert.Equal("Hello from the ", seen.Text);
        Assert.Null(seen.Outcome.StopReason);
    }

    [Fact]
    public async Task A_silent_stream_begins_with_its_message_and_lives_on_pings()
    {
        await using TestGateway gateway = await StartAsync();
        var speaking = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Text("At last").HeldUntil(speaking.Task));

        using HttpRequestMessage request = Ask.Request(MessagesAsk.Path, MessagesAsk.Body(stream: true));
        Task<HttpResponseMessage> asking = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await gateway.Upstream.Received.WaitForAsync(static received => received.Method == "POST", TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(10));
        using HttpResponseMessage response = await asking.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        await using Stream stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        string first = await ReadAsync(stream, "event: ping");
        _clock.Advance(TimeSpan.FromSeconds(10));
        string second = await ReadAsync(stream, "event: ping");
        speaking.SetResult();
        using var rest = new StreamReader(stream);
        byte[] all = Encoding.UTF8.GetBytes(first + second + await rest.ReadToEndAsync(TestContext.Current.CancellationToken));

        MessagesOutcome outcome = MessagesValidator.Stream(all);
        Assert.Empty(outcome.Problems);
        Assert.StartsWith("event: message_start\n", first, StringComparison.Ordinal);
        Assert.Equal("At last", outcome.Text);
        Assert.InRange(outcome.FirstInput, 1, 100); // nobody knew it yet: the estimate
        Assert.Equal(2, outcome.Pings);
    }

    [Fact]
    public async Task After_a_ping_a_failure_is_told_in_the_stream()
    {
        await using TestGateway gateway = await StartAsync();
        var failing = new TaskCompletionSource();
        gateway.Upstream.Script.ForModel(Ask.Model).Reply(FakeReply.QuotaDay().HeldUntil(failing.Task));

        using HttpRequestMessage request = Ask.Request(MessagesAsk.Path, MessagesAsk.Body(stream: true));
        Task<HttpResponseMessage> asking = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await gateway.Upstream.Received.WaitForAsync(static received => received.Method == "POST", TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(10));
        using HttpResponseMessage response = await asking.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        failing.SetResult();
        MessageSeen seen = await MessagesAsk.ReadAsync(response, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "rate_limit_error"), (seen.Status, seen.Outcome.ErrorType));
    }

    private static async Task<string> ReadAsync(Stream stream, string until)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[1024];
        while (!text.ToString().Contains(until, StringComparison.Ordinal) || !text.ToString().EndsWith("\n\n", StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken);
            Assert.NotEqual(0, read);
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    private Task<TestGateway> StartAsync() => _lines.StartAsync(
        settings: new Dictionary<string, string> { ["STREAM_KEEPALIVE_SECONDS"] = "10", ["MAX_RETRY_NUM"] = "1" },
        services: services =>
        {
            services.RemoveAll<TimeProvider>();
            services.AddSingleton<TimeProvider>(_clock);
        });
}
