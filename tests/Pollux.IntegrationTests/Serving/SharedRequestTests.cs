using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.Dispatch;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>Identical requests that run at the same time: one call for all of them, and what happens when somebody leaves.</summary>
public sealed class SharedRequestTests : IDisposable
{
    private const string OtherToken = "other-token-of-the-gateway";
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly RequestLines _lines = new();

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.Gemini)]
    public async Task Identical_requests_share_one_call_and_each_gets_the_whole_answer(Form form)
    {
        await using TestGateway gateway = await StartAsync(shares: true);
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Text("For all of you.").HeldUntil(goOn.Task));

        Task<Seen>[] asking = [gateway.Client.AskAsync(form), gateway.Client.AskAsync(form), gateway.Client.AskAsync(form)];
        await WaitingAsync(gateway, 3);
        goOn.SetResult();
        Seen[] seen = await Task.WhenAll(asking).WaitAsync(Deadline, TestContext.Current.CancellationToken);

        Assert.All(seen, static one => Assert.True(one.IsComplete, one.Body));
        Assert.All(seen, static one => Assert.Equal("For all of you.", one.Text));
        Assert.Equal(1, Posts(gateway));
        if (form == Form.OpenAI)
            Assert.Equal(3, seen.Select(static one => JsonNode.Parse(one.Body)!["id"]!.GetValue<string>()).Distinct().Count());
        RequestLine[] lines = [await _lines.NextAsync(), await _lines.NextAsync(), await _lines.NextAsync()];
        Assert.Equal([0, 0, 1], lines.Select(static line => line.Attempts).Order());
        Assert.Single(lines, static line => line["answer"] != "0");
        Assert.Equal(2, lines.Count(static line => line.Text.EndsWith(" shared=1", StringComparison.Ordinal) && line["answer"] == "0" && line["prompt"] == "0"));
        Assert.Single(lines.Select(static line => line["key"]).Distinct());
        Assert.Equal(2, seen.Count(static one => one.Headers.Contains("x-pollux-shared: 1", StringComparison.OrdinalIgnoreCase)));
        Assert.Equal(0, gateway.Services.GetRequiredService<KeyPool.KeyPool>().Snapshot().InFlight);
    }

    [Fact]
    public async Task A_request_after_the_answer_is_sent_anew()
    {
        await using TestGateway gateway = await StartAsync(shares: true);

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI)).IsComplete);
        Assert.True((await gateway.Client.AskAsync(Form.OpenAI)).IsComplete);

        Assert.Equal(2, Posts(gateway));
    }

    [Theory]
    [InlineData("off")]
    [InlineData("body")]
    [InlineData("model")]
    [InlineData("stream")]
    [InlineData("caller")]
    public async Task Requests_that_differ_or_may_not_share_are_sent_by_themselves(string difference)
    {
        await using TestGateway gateway = await StartAsync(shares: difference != "off");
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Default.HeldUntil(goOn.Task), FakeReply.Default.HeldUntil(goOn.Task));
        Form form = difference == "stream" ? Form.GeminiStream : Form.Gemini;

        Task<Seen> first = gateway.Client.AskAsync(form);
        HttpRequestMessage request = form.Request(difference == "body" ? "Hello!" : "Hello", difference == "model" ? "gemini-2.5-flash" : Ask.Model);
        if (difference == "caller")
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", OtherToken);
        Task<Seen> second = gateway.Client.SendAsync(form, request, TestContext.Current.CancellationToken);
        await ArrivedAsync(gateway, 2).WaitAsync(Deadline, TestContext.Current.CancellationToken);
        goOn.SetResult();

        Assert.True((await first).IsComplete);
        Assert.True((await second).IsComplete);
        Assert.Equal((1, 1), ((await _lines.NextAsync()).Attempts, (await _lines.NextAsync()).Attempts));
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.Gemini)]
    public async Task Who_asked_first_may_leave_without_ending_the_call_for_the_others(Form form)
    {
        await using TestGateway gateway = await StartAsync(shares: true);
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Text("For who stayed.").HeldUntil(goOn.Task));
        using var leaving = new CancellationTokenSource();

        Task<Seen> first = gateway.Client.AskAsync(form, cancellation: leaving.Token);
        await WaitingAsync(gateway, 1);
        Task<Seen> second = gateway.Client.AskAsync(form);
        await WaitingAsync(gateway, 2);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        RequestLine left = await _lines.NextAsync();
        goOn.SetResult();
        Seen seen = await second.WaitAsync(Deadline, TestContext.Current.CancellationToken);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal("For who stayed.", seen.Text);
        Assert.Equal(1, Posts(gateway));
        Assert.Equal(("499", "0"), (left.Status, left["answer"]));
        RequestLine stayed = await _lines.NextAsync();
        Assert.Equal(("200", 1), (stayed.Status, stayed.Attempts)); // the costs are told once, by who is there
        Assert.NotEqual("0", stayed["answer"]);
        Assert.DoesNotContain("shared=", stayed.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.Gemini)]
    public async Task What_is_sent_again_for_who_stayed_holds_nothing_of_other_requests(Form form)
    {
        await using TestGateway gateway = await StartAsync(shares: true);
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Overloaded().HeldUntil(goOn.Task));
        using var leaving = new CancellationTokenSource();

        Task<Seen> first = gateway.Client.AskAsync(form, "Tell me of AAAA", cancellation: leaving.Token);
        await WaitingAsync(gateway, 1);
        await ArrivedAsync(gateway, 1);
        Task<Seen> second = gateway.Client.AskAsync(form, "Tell me of AAAA");
        await WaitingAsync(gateway, 2);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await _lines.NextAsync();
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => gateway.Client.AskAsync(form, "Tell me of BBBB"))); // in the buffers of who left, had they been given back
        goOn.SetResult();
        Seen seen = await second.WaitAsync(Deadline, TestContext.Current.CancellationToken);

        Assert.Equal("You said: Tell me of AAAA", seen.Text);
    }

    [Fact]
    public async Task When_all_have_left_the_call_is_cancelled_at_once_and_the_next_request_is_sent_anew()
    {
        await using TestGateway gateway = await StartAsync(shares: true);
        gateway.Upstream.Script.Next(FakeReply.Default.HeldUntil(new TaskCompletionSource().Task));
        using var leaving = new CancellationTokenSource();

        Task<Seen>[] asking = [gateway.Client.AskAsync(Form.OpenAI, cancellation: leaving.Token), gateway.Client.AskAsync(Form.OpenAI, cancellation: leaving.Token)];
        await WaitingAsync(gateway, 2);
        ReceivedRequest held = await ArrivedAsync(gateway, 1);
        await leaving.CancelAsync();

        Assert.Equal(RequestEnd.AbortedByClient, await held.Ended.WaitAsync(AtOnce, TestContext.Current.CancellationToken));
        foreach (Task<Seen> one in asking)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Assert.Equal(("499", "499"), ((await _lines.NextAsync()).Status, (await _lines.NextAsync()).Status));
        Assert.True((await gateway.Client.AskAsync(Form.OpenAI)).IsComplete);
        Assert.Equal(2, Posts(gateway));
    }

    [Fact]
    public async Task A_failure_is_told_to_all()
    {
        await using TestGateway gateway = await StartAsync(shares: true);
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Error(400, "INVALID_ARGUMENT", "The temperature is too high.").HeldUntil(goOn.Task));

        Task<Seen>[] asking = [gateway.Client.AskAsync(Form.Gemini), gateway.Client.AskAsync(Form.Gemini)];
        await WaitingAsync(gateway, 2);
        goOn.SetResult();

        foreach (Seen seen in await Task.WhenAll(asking).WaitAsync(Deadline, TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
            Assert.Contains("temperature", seen.Message, StringComparison.Ordinal);
            RequestLine line = await _lines.NextAsync();
            Assert.Equal(("Client", "RequestInvalid"), (line["owner"], line["reason"]));
        }

        Assert.Equal(1, Posts(gateway));
    }

    [Fact]
    public async Task Many_groups_at_once_get_each_its_own_answer()
    {
        await using TestGateway gateway = await StartAsync(shares: true);

        Seen[] seen = await Task.WhenAll(Enumerable.Range(0, 400).Select(number => gateway.Client.AskAsync(Form.OpenAI, string.Create(CultureInfo.InvariantCulture, $"Hello {number % 40}"))));

        for (int i = 0; i < seen.Length; i++)
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"You said: Hello {i % 40}"), seen[i].Text);
        Assert.Equal(0, gateway.Services.GetRequiredService<IdenticalRequests>().Waiting);
    }

    private Task<TestGateway> StartAsync(bool shares) => _lines.StartAsync(settings: new Dictionary<string, string>
    {
        ["SHARE_IDENTICAL_REQUESTS"] = shares ? "true" : "false",
        ["ALLOWED_TOKENS"] = OtherToken,
        ["DEBUG_HEADERS"] = "true",
    });

    private static async Task WaitingAsync(TestGateway gateway, int count)
    {
        var requests = gateway.Services.GetRequiredService<IdenticalRequests>();
        using var late = new CancellationTokenSource(Deadline);
        while (requests.Waiting < count)
        {
            late.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static Task<ReceivedRequest> ArrivedAsync(TestGateway gateway, int calls)
    {
        int seen = 0;
        return gateway.Upstream.Received.WaitForAsync(request => request.Method == "POST" && ++seen >= calls, TestContext.Current.CancellationToken);
    }

    private static int Posts(TestGateway gateway) => gateway.Upstream.Received.Requests.Count(static request => request.Method == "POST");
}
