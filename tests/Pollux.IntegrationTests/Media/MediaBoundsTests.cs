using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Pollux.Buffers;
using Pollux.IntegrationTests.Serving;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Media;

/// <summary>Hosts that mean harm or are broken: each fetch ends, bounded in bytes and time, with a 400 that names the part (OAI-2).</summary>
public sealed class MediaBoundsTests
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n";
    private const int Megabyte = 1024 * 1024;

    [Fact]
    public async Task An_endless_body_is_read_up_to_the_bound()
    {
        await using MediaStand stand = await MediaStand.StartAsync(settings: ("MAX_MEDIA_MB", "2"));
        stand.Host.Page("/x", static (stream, stop) => PourAsync(stream, Head + "Connection: close\r\n\r\n", stop));

        stand.AssertRefused(await stand.AskAsync("http://media.example/x"), "larger than 2 MB");

        Assert.InRange(stand.Host.BytesRead, 2 * Megabyte, 3 * Megabyte);
        await AssertNothingHeldAsync(stand);
    }

    [Fact]
    public async Task Endless_chunks_are_read_up_to_the_bound()
    {
        await using MediaStand stand = await MediaStand.StartAsync(settings: ("MAX_MEDIA_MB", "2"));
        stand.Host.Page("/x", static async (stream, stop) =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Head + "Transfer-Encoding: chunked\r\n\r\n"), stop);
            byte[] chunk = [.. "10000\r\n"u8, .. MediaStand.Png(65536), .. "\r\n"u8];
            while (true)
                await stream.WriteAsync(chunk, stop);
        });

        stand.AssertRefused(await stand.AskAsync("http://media.example/x"), "larger than 2 MB");

        Assert.InRange(stand.Host.BytesRead, 2 * Megabyte, 3 * Megabyte);
    }

    [Fact]
    public async Task A_huge_claim_is_refused_unread_and_takes_no_memory()
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.Text("/x", Head + "Content-Length: 9000000000\r\n\r\n");

        stand.AssertRefused(await stand.AskAsync("http://media.example/x"), "larger than 20 MB");

        Assert.InRange(stand.Host.BytesRead, 1, 1000);
    }

    [Fact]
    public async Task A_body_shorter_than_claimed_is_not_taken()
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.Text("/x", Head + "Content-Length: 5000000\r\n\r\n\u0089PNG\r\n\u001a\nshort");

        stand.AssertRefused(await stand.AskAsync("http://media.example/x"), "broke off");
        await AssertNothingHeldAsync(stand);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("identity, gzip")]
    public async Task Compressed_bodies_are_refused_unread(string coding)
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.Page("/x", (stream, stop) => PourAsync(stream, Head + $"Content-Encoding: {coding}\r\nConnection: close\r\n\r\n", stop));

        stand.AssertRefused(await stand.AskAsync("http://media.example/x"), "compressed");

        Assert.InRange(stand.Host.BytesRead, 1, Megabyte);
    }

    [Fact]
    public async Task A_flood_of_headers_ends()
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.Page("/x", static async (stream, stop) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray(), stop);
            byte[] header = Encoding.Latin1.GetBytes($"X-Flood: {new string('x', 1000)}\r\n");
            while (true)
                await stream.WriteAsync(header, stop);
        });

        stand.AssertRefused(await stand.AskAsync("http://media.example/x"), "could not be fetched");

        Assert.InRange(stand.Host.BytesRead, 1, 200_000);
    }

    [Theory]
    [InlineData("text/html", "<html>404</html>")]
    [InlineData("image/png", "<html>404 with a wrong type</html>")]
    [InlineData("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>")]
    [InlineData("text/plain", "just a text")]
    [InlineData("application/json", "{\"secret\":\"canary-3141\"}")]
    [InlineData("image/png", "")]
    public async Task What_is_no_media_is_refused_and_not_repeated(string type, string content)
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.File("/x", Encoding.UTF8.GetBytes(content), type);

        Seen seen = stand.AssertRefused(await stand.AskAsync("http://media.example/x"), "not of a kind that Gemini takes");

        Assert.DoesNotContain("canary", seen.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endless_page_is_known_by_its_first_bytes()
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.Page("/x", static async (stream, stop) =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Head + "Connection: close\r\n\r\n<html>"), stop);
            byte[] page = new byte[65536];
            while (true)
                await stream.WriteAsync(page, stop);
        });

        stand.AssertRefused(await stand.AskAsync("http://media.example/x"), "not of a kind");

        Assert.InRange(stand.Host.BytesRead, 1, Megabyte);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(206)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(500)]
    public async Task Any_status_but_200_is_told(int status)
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.Text("/x", $"HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        stand.AssertRefused(await stand.AskAsync("http://media.example/x"), $"status {status}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n")]
    public async Task What_is_no_answer_is_told_like_an_address_that_is_refused(string answer)
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.Text("/x", answer);

        Seen seen = await stand.AskAsync("http://media.example/x");

        Assert.Equal(System.Net.HttpStatusCode.BadRequest, seen.Status);
        Assert.Equal(MediaStand.Param, seen.Error!["param"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_host_that_is_silent_has_ten_seconds()
    {
        var clock = new ManualTimeProvider();
        await using MediaStand stand = await MediaStand.StartAsync(clock: clock);
        stand.Host.Page("/x", static (_, stop) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop));

        Task<Seen> asked = stand.AskAsync("http://media.example/x");
        await clock.TimerSetAsync(TimeSpan.FromSeconds(10)).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(asked.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.1));

        stand.AssertRefused(await asked, "could not be fetched");
    }

    [Fact]
    public async Task A_body_that_drips_has_thirty_seconds()
    {
        var clock = new ManualTimeProvider();
        await using MediaStand stand = await MediaStand.StartAsync(clock: clock);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stand.Host.Page("/x", async (stream, stop) =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Head + "Content-Length: 5000000\r\n\r\n"), stop);
            await stream.WriteAsync(MediaStand.Png(100), stop);
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        });

        Task<Seen> asked = stand.AskAsync("http://media.example/x");
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        while (stand.Host.AskedForMoreAfter < 150) // the gateway has read the head and the first bytes of the body
            await Task.Yield();
        clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(asked.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));

        stand.AssertRefused(await asked, "within 30 seconds");
        await AssertNothingHeldAsync(stand);
    }

    [Fact]
    public async Task All_files_of_a_request_together_are_bounded()
    {
        await using MediaStand stand = await MediaStand.StartAsync(settings: ("MAX_MEDIA_TOTAL_MB", "2"));
        for (int i = 0; i < 6; i++)
            stand.Host.File($"/{i}", MediaStand.Png(400_000), "image/png");

        Seen seen = await stand.AskAsync([.. Enumerable.Range(0, 6).Select(static i => $"http://media.example/{i}")]);

        Assert.Equal(System.Net.HttpStatusCode.BadRequest, seen.Status);
        Assert.Contains("MAX_MEDIA_TOTAL_MB", seen.Message, StringComparison.Ordinal);
        Assert.True((await stand.AskAsync([.. Enumerable.Range(0, 5).Select(static i => $"http://media.example/{i}")])).IsComplete);
    }

    [Fact]
    public async Task A_file_counts_as_often_as_it_is_sent()
    {
        await using MediaStand stand = await MediaStand.StartAsync(settings: ("MAX_MEDIA_TOTAL_MB", "2"));
        stand.Host.File("/x", MediaStand.Png(300_000), "image/png");

        Seen seen = await stand.AskAsync([.. Enumerable.Repeat("http://media.example/x", 8)]);
        stand.AssertRefused(seen, "MAX_MEDIA_TOTAL_MB");
        seen = await stand.AskAsync([.. Enumerable.Repeat("http://media.example/x", 17)]);
        Assert.Contains("MAX_MEDIA_URLS", seen.Message, StringComparison.Ordinal);

        Assert.Single(stand.Host.Requests);
    }

    [Fact]
    public async Task Four_files_of_a_request_are_fetched_at_once()
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var four = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (int open, int most) = (0, 0);
        byte[] answer = [.. Encoding.Latin1.GetBytes(Head + "Content-Length: 100\r\nConnection: close\r\n\r\n"), .. MediaStand.Png(100)];
        for (int i = 0; i < 8; i++)
        {
            stand.Host.Page($"/{i}", async (stream, stop) =>
            {
                int now = Interlocked.Increment(ref open);
                lock (four)
                    most = Math.Max(most, now);
                if (now == 4)
                    four.TrySetResult();
                await release.Task.WaitAsync(stop);
                Interlocked.Decrement(ref open);
                await stream.WriteAsync(answer, stop);
            });
        }

        Task<Seen> asked = stand.AskAsync([.. Enumerable.Range(0, 8).Select(static i => $"http://media.example/{i}")]);
        await four.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        release.SetResult();

        Assert.True((await asked).IsComplete);
        Assert.Equal((4, 8), (most, stand.Host.Requests.Count));
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_fetch()
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stand.Host.Page("/x", async (stream, stop) =>
        {
            begun.SetResult();
            if (await stream.ReadAsync(new byte[1], stop) == 0) // the gateway hung up
                gone.SetResult();
        });
        using var leave = new CancellationTokenSource();

        Task<Seen> asked = stand.Gateway.Client.SendAsync(Form.OpenAI, Ask.Request("/v1/chat/completions", MediaStand.Chat("http://media.example/x")), leave.Token);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    private static async Task PourAsync(Stream stream, string head, CancellationToken stop)
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head), stop);
        byte[] picture = MediaStand.Png(65536);
        while (true)
            await stream.WriteAsync(picture, stop);
    }

    /// <summary>A request that was refused holds no share of the budget any more.</summary>
    private static async Task AssertNothingHeldAsync(MediaStand stand)
    {
        BodyBudget budget = stand.Gateway.Services.GetRequiredService<BodyBudget>();
        while (budget.Free != 256L * Megabyte) // the client may have its answer before all is given back
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
