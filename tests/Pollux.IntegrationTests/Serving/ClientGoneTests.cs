using System.Net;
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
