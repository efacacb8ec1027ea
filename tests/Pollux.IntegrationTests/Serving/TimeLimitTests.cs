using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Serving;

/// <summary>Silence and its limits, on a clock that a test moves.</summary>
public sealed class TimeLimitTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly ManualTimeProvider _clock = new();
    private readonly RequestLines _lines = new();

    public void Dispose() => _lines.Dispose();

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task A_silent_stream_gets_a_blank_line_and_then_its_answer(Form form)
    {
        await using TestGateway gateway = await StartAsync(new() { ["STREAM_KEEPALIVE_SECONDS"] = "10" });
        var speaking = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Text("At last").HeldUntil(speaking.Task));

        using HttpRequestMessage request = form.Request("Hello");
        Task<HttpResponseMessage> asking = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await ReceivedAsync(gateway, 1);
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.False(asking.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));

        using HttpResponseMessage response = await asking.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using Stream stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        byte[] first = new byte[1];
        await stream.ReadExactlyAsync(first, TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken);
        Assert.Equal((byte)'\n', first[0]);

        speaking.SetResult();
        using var rest = new StreamReader(stream);
        Seen seen = Seen.Of(form, "\n" + await rest.ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal("At last", seen.Text);
    }

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task After_a_blank_line_a_failure_is_told_in_the_stream(Form form)
    {
        await using TestGateway gateway = await StartAsync(new() { ["STREAM_KEEPALIVE_SECONDS"] = "10", ["MAX_RETRY_NUM"] = "1" });
        var failing = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Overloaded().HeldUntil(failing.Task));

        Seen seen = await AskAndKeepAliveAsync(gateway, form, failing);

        Assert.Equal(HttpStatusCode.OK, seen.Status);
        Assert.True(seen.WasCut);
        Assert.False(seen.Done);
        Assert.Equal(form == Form.OpenAIStream ? "upstream_overloaded" : "UNAVAILABLE", seen.ErrorCode);
        Assert.Equal(form switch { Form.OpenAIStream => "data", Form.GeminiStream => "bare", _ => "element" }, seen.ErrorFraming);
        RequestLine line = await _lines.NextAsync();
        Assert.Equal(("Model", "ModelOverloaded"), (line["owner"], line["reason"]));
    }

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task After_a_blank_line_attempts_go_on_unseen(Form form)
    {
        await using TestGateway gateway = await StartAsync(new() { ["STREAM_KEEPALIVE_SECONDS"] = "10" });
        var failing = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.InternalError().HeldUntil(failing.Task));

        Seen seen = await AskAndKeepAliveAsync(gateway, form, failing);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(2, (await _lines.NextAsync()).Attempts);
    }

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task A_silence_of_TIME_OUT_is_tried_once_more_and_then_named(Form form)
    {
        await using TestGateway gateway = await StartAsync(new() { ["TIME_OUT"] = "40", ["STREAM_KEEPALIVE_SECONDS"] = "0" });
        gateway.Upstream.Script.Always().Reply(FakeReply.Default.HeldUntil(new TaskCompletionSource().Task));

        Task<Seen> asking = gateway.Client.AskAsync(form);
        for (int attempt = 1; attempt <= 2; attempt++)
        {
            await ReceivedAsync(gateway, attempt);
            _clock.Advance(TimeSpan.FromSeconds(40));
        }

        await CheckAsync(form, await asking.WaitAsync(Deadline, TestContext.Current.CancellationToken), "TIME_OUT", "Silence", attempts: 2);
    }

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task TOTAL_TIMEOUT_ends_a_request_in_its_name(Form form)
    {
        await using TestGateway gateway = await StartAsync(new() { ["TOTAL_TIMEOUT"] = "25", ["STREAM_KEEPALIVE_SECONDS"] = "0" });
        gateway.Upstream.Script.Always().Reply(FakeReply.Default.HeldUntil(new TaskCompletionSource().Task));

        Task<Seen> asking = gateway.Client.AskAsync(form);
        await ReceivedAsync(gateway, 1);
        _clock.Advance(TimeSpan.FromSeconds(25));

        await CheckAsync(form, await asking.WaitAsync(Deadline, TestContext.Current.CancellationToken), "TOTAL_TIMEOUT", "TotalTimeout", attempts: 1);
    }

    [Theory]
    [InlineData(Form.OpenAIStream, "TIME_OUT")]
    [InlineData(Form.OpenAIStream, "TOTAL_TIMEOUT")]
    [InlineData(Form.GeminiStream, "TIME_OUT")]
    [InlineData(Form.GeminiStream, "TOTAL_TIMEOUT")]
    [InlineData(Form.GeminiArray, "TIME_OUT")]
    [InlineData(Form.GeminiArray, "TOTAL_TIMEOUT")]
    public async Task A_limit_that_is_reached_in_mid_stream_is_told_in_the_stream(Form form, string limit)
    {
        await using TestGateway gateway = await StartAsync(new() { [limit] = "40", ["STREAM_KEEPALIVE_SECONDS"] = "0" });
        gateway.Upstream.Script.Next(FakeReply.TextInPieces("one ", "two").HeldUntil(new TaskCompletionSource().Task, eventIndex: 1));

        using HttpRequestMessage request = form.Request("Hello");
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken).WaitAsync(Deadline, TestContext.Current.CancellationToken);
        await using Stream stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        byte[] buffer = new byte[64 * 1024];
        int read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
        await _clock.TimerSetAsync(TimeSpan.FromSeconds(40)).WaitAsync(Deadline, TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(40));
        var body = new StringBuilder(Encoding.UTF8.GetString(buffer, 0, read));
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await stream.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken) is > 0 and var more)
                body.Append(Encoding.UTF8.GetString(buffer, 0, more));
        });

        Seen seen = Seen.Of(form, body.ToString());
        Assert.Equal("one ", seen.Text);
        Assert.Null(seen.Finish);
        Assert.Contains(limit, seen.Message, StringComparison.Ordinal);
        Assert.Equal((limit == "TIME_OUT" ? "Silence" : "TotalTimeout", "Upstream"), ((await _lines.NextAsync()) is var line ? line["reason"] : "", line["owner"]));
    }

    [Fact]
    public async Task CONNECT_TIMEOUT_is_named()
    {
        // A listener that accepts nobody, with its queue full: the next one's connection is never made.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var waiting = new List<Socket>();
        try
        {
            for (int i = 0; i < 4; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                waiting.Add(socket);
                try
                {
                    socket.Connect(listener.LocalEndPoint!);
                }
                catch (SocketException fault) when (fault.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                    // it goes on connecting
                }
            }

            await using TestGateway gateway = await _lines.StartAsync(settings: new Dictionary<string, string>
            {
                ["BASE_URL"] = $"http://{listener.LocalEndPoint}",
                ["CONNECT_TIMEOUT"] = "0.3",
                ["MAX_RETRY_NUM"] = "2",
            });

            await CheckAsync(Form.OpenAI, await gateway.Client.AskAsync(Form.OpenAI), "CONNECT_TIMEOUT", "ConnectTimeout", attempts: 2);
        }
        finally
        {
            waiting.ForEach(static socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task An_upstream_that_is_not_there_is_told_as_one_that_cannot_be_reached()
    {
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        string address = $"http://{nobody.LocalEndpoint}";
        nobody.Stop();
        await using TestGateway gateway = await _lines.StartAsync(settings: new Dictionary<string, string> { ["BASE_URL"] = address, ["MAX_RETRY_NUM"] = "3" });

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI);

        Assert.Equal(HttpStatusCode.BadGateway, seen.Status);
        RequestLine line = await _lines.NextAsync();
        Assert.Equal((3, "Upstream", "ConnectFailed"), (line.Attempts, line["owner"], line["reason"]));
    }

    /// <summary>Asks, lets a blank line come, and only then lets the upstream go on.</summary>
    private async Task<Seen> AskAndKeepAliveAsync(TestGateway gateway, Form form, TaskCompletionSource goOn)
    {
        using HttpRequestMessage request = form.Request("Hello");
        Task<HttpResponseMessage> asking = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await ReceivedAsync(gateway, 1);
        _clock.Advance(TimeSpan.FromSeconds(10));
        using HttpResponseMessage response = await asking.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        goOn.SetResult();
        return await Seen.ReadAsync(form, response, TestContext.Current.CancellationToken).WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }

    private Task<TestGateway> StartAsync(Dictionary<string, string> settings) => _lines.StartAsync(
        settings: new Dictionary<string, string>(settings) { ["GEMINI_RETRY_DELAY"] = "0" },
        services: services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_clock)));

    private async Task CheckAsync(Form form, Seen seen, string limit, string reason, int attempts)
    {
        Assert.Equal(HttpStatusCode.GatewayTimeout, seen.Status);
        Assert.Contains(limit, seen.Message, StringComparison.Ordinal);
        Assert.Equal(form.IsOpenAI() ? "upstream_timeout" : "DEADLINE_EXCEEDED", seen.ErrorCode);
        RequestLine line = await _lines.NextAsync();
        Assert.Equal((attempts, "Upstream", reason), (line.Attempts, line["owner"], line["reason"]));
    }

    /// <summary>Waits until the upstream holds so many calls: by then the gateway's timers for them are set.</summary>
    private static async Task ReceivedAsync(TestGateway gateway, int calls)
    {
        int seen = 0;
        await gateway.Upstream.Received.WaitForAsync(request => request.Method == "POST" && ++seen >= calls, TestContext.Current.CancellationToken).WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }
}
