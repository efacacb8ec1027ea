using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>Nobody waits for an answer any more: the upstream must not work on it.</summary>
[Trait("Feature", "DSP-4")]
public sealed class ClientGoneTests
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task A_client_that_leaves_before_the_answer_frees_the_upstream_within_a_second(Form form)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await lines.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Default.HeldUntil(new TaskCompletionSource().Task));
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        Task<Seen> answer = gateway.Client.AskAsync(form, cancellation: leaving.Token);
        ReceivedRequest held = await ReceivedAsync(gateway);
        await leaving.CancelAsync();

        Assert.Equal(RequestEnd.AbortedByClient, await held.Ended.WaitAsync(AtOnce, TestContext.Current.CancellationToken));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await CheckForgivenAsync(gateway, lines);
    }

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task A_client_that_leaves_in_mid_stream_frees_the_upstream_within_a_second(Form form)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await lines.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Default.HeldUntil(new TaskCompletionSource().Task, eventIndex: 1));

        HttpResponseMessage response;
        using (HttpRequestMessage request = form.Request("Hello"))
            response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        ReceivedRequest held = await ReceivedAsync(gateway);
        response.Dispose();

        Assert.Equal(RequestEnd.AbortedByClient, await held.Ended.WaitAsync(AtOnce, TestContext.Current.CancellationToken));
        await CheckForgivenAsync(gateway, lines);
    }

    [Fact]
    public async Task An_upstream_that_works_on_after_its_error_is_left_at_once()
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await lines.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Raw(
                200,
                "text/event-stream",
                "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hel\"}],\"role\":\"model\"},\"index\":0}]}\r\n\r\n"u8.ToArray(),
                "data: {\"error\":{\"code\":503,\"message\":\"High demand.\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n"u8.ToArray(),
                ": nobody reads this\r\n\r\n"u8.ToArray())
            .HeldUntil(new TaskCompletionSource().Task, eventIndex: 2));

        Seen seen = await gateway.Client.AskAsync(Form.OpenAIStream);

        Assert.Equal(HttpStatusCode.OK, seen.Status);
        Assert.NotNull(seen.Error);
        ReceivedRequest request = await ReceivedAsync(gateway);
        Assert.Equal(RequestEnd.AbortedByClient, await request.Ended.WaitAsync(AtOnce, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_client_that_leaves_during_a_pause_between_attempts_causes_no_further_one()
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await lines.StartAsync(settings: new Dictionary<string, string> { ["GEMINI_RETRY_DELAY"] = "60" });
        gateway.Upstream.Script.Next(FakeReply.Overloaded());
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        Task<Seen> answer = gateway.Client.AskAsync(Form.OpenAI, cancellation: leaving.Token);
        ReceivedRequest first = await ReceivedAsync(gateway);
        await first.Ended.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        RequestLine line = await lines.NextAsync();
        Assert.Equal(("499", 1), (line.Status, line.Attempts));
    }

    [Fact]
    public async Task A_slow_reader_holds_the_upstream_back_and_no_memory_grows()
    {
        const int EventBytes = 64 * 1024;
        const int Events = 2048; // 128 MB
        const long MayLieOnTheWay = 32L * 1024 * 1024; // sockets' buffers on both sides, and the server's
        byte[] one = Encoding.ASCII.GetBytes($"data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{new string('x', EventBytes)}\"}}],\"role\":\"model\"}},\"index\":0}}]}}\r\n\r\n");
        byte[] last = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"!\"}],\"role\":\"model\"},\"finishReason\":\"STOP\",\"index\":0}]}\r\n\r\n"u8.ToArray();
        await using var upstream = await CountingUpstream.StartAsync(one, Events, last);
        var lines = new RequestLines();
        await using TestGateway gateway = await lines.StartAsync(settings: new Dictionary<string, string> { ["BASE_URL"] = upstream.Address });
        long before = GC.GetTotalMemory(forceFullCollection: true);

        using HttpRequestMessage request = Form.GeminiStream.Request("Hello");
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await upstream.StalledAsync();

        Assert.InRange(upstream.SentBytes, one.Length, MayLieOnTheWay);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, MayLieOnTheWay);

        await using Stream body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        byte[] buffer = new byte[256 * 1024];
        long read = 0;
        while (await body.ReadAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var bytes)
            read += bytes;
        Assert.Equal(((long)Events * one.Length) + last.Length, read);
        Assert.Equal("-", (await lines.NextAsync())["owner"]);
    }

    private static Task<ReceivedRequest> ReceivedAsync(TestGateway gateway) =>
        gateway.Upstream.Received.WaitForAsync(static request => request.Method == "POST", TestContext.Current.CancellationToken).WaitAsync(Deadline);

    private static async Task CheckForgivenAsync(TestGateway gateway, RequestLines lines)
    {
        RequestLine line = await lines.NextAsync();
        Assert.Equal(("499", "-", 1), (line.Status, line["owner"], line.Attempts));
        KeyPool.PoolSnapshot pool = gateway.Services.GetRequiredService<KeyPool.KeyPool>().Snapshot();
        Assert.Equal((0, 1), (pool.InFlight, pool.Usable));
    }
}
