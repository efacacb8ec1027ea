using System.Diagnostics;
using System.Net;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>No key is free now: whether a request waits, how long, and what it is told otherwise.</summary>
public sealed class QueueTests
{
    private static readonly Dictionary<string, string> Patient = new(StringComparer.Ordinal) { ["MAX_QUEUE_SECONDS"] = "20" };

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task A_request_waits_for_a_key_that_is_free_soon_and_is_served(Form form)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await lines.StartAsync(settings: Patient);
        gateway.Upstream.Script.Next(FakeReply.QuotaMinute(limit: 10, retryDelay: TimeSpan.FromSeconds(1)));

        long started = Stopwatch.GetTimestamp();
        Seen seen = await gateway.Client.AskAsync(form);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.9, 10);
        RequestLine line = await lines.NextAsync();
        Assert.Equal(2, line.Attempts);
        Assert.InRange(int.Parse(line["wait_ms"], System.Globalization.CultureInfo.InvariantCulture), 900, 10_000);
    }

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task A_wall_that_outlasts_the_patience_is_told_at_once_with_its_end(Form form)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: Patient);
        gateway.Upstream.Script.Next(FakeReply.QuotaMinute(limit: 10, retryDelay: TimeSpan.FromSeconds(48)));

        long started = Stopwatch.GetTimestamp();
        Seen seen = await gateway.Client.AskAsync(form);

        Assert.Equal(HttpStatusCode.TooManyRequests, seen.Status);
        Assert.InRange(seen.RetryAfter ?? 0, 40, 50);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 8);
    }

    [Fact]
    public async Task A_full_queue_refuses_with_a_time_to_come_back()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string>(Patient) { ["MAX_QUEUE_LENGTH"] = "0" });
        gateway.Upstream.Script.Next(FakeReply.QuotaMinute(limit: 10, retryDelay: TimeSpan.FromSeconds(2)));

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI);

        Assert.Equal(HttpStatusCode.TooManyRequests, seen.Status);
        Assert.Equal("rate_limit_exceeded", seen.ErrorCode);
        Assert.InRange(seen.RetryAfter ?? 0, 1, 3);
    }

    [Fact]
    public async Task A_client_that_leaves_the_queue_costs_no_attempt()
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await lines.StartAsync(settings: Patient);
        gateway.Upstream.Script.Next(FakeReply.QuotaMinute(limit: 10, retryDelay: TimeSpan.FromSeconds(15)));
        using var leaving = new CancellationTokenSource();
        long before = gateway.Upstream.Received.Total;

        Task<Seen> asking = gateway.Client.SendAsync(Form.OpenAI, Form.OpenAI.Request("Hello"), leaving.Token);
        while (gateway.Upstream.Received.Total == before)
            await Task.Yield(); // until it was refused and waits
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        RequestLine line = await lines.NextAsync();
        Assert.Equal("499", line.Status);
        Assert.Equal(before + 1, gateway.Upstream.Received.Total);
    }
}
