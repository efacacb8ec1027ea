using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.Replies;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Serving;

/// <summary>DSP-4: with <c>KEEP_ABANDONED</c> an answer whose client has left waits for who asks the same again; no lease is left behind.</summary>
[Trait("Feature", "DSP-4")]
public sealed class KeptAbandonedTests : IDisposable
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly RequestLines _lines = new();

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task Who_left_before_the_answer_finds_it_when_asking_again(Form form)
    {
        await using TestGateway gateway = await StartAsync();
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Text("For later.").HeldUntil(goOn.Task));
        using var leaving = new CancellationTokenSource();

        Task<Seen> first = gateway.Client.AskAsync(form, cancellation: leaving.Token);
        await ArrivedAsync(gateway);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal("499", (await _lines.NextAsync()).Status);
        goOn.SetResult();
        await OverAsync(gateway);

        await CheckAsync(gateway, form, "For later.");
    }

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task Who_left_in_mid_stream_finds_the_whole_answer_when_asking_again(Form form)
    {
        await using TestGateway gateway = await StartAsync();
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.TextInPieces("One ", "two ", "three ", "four.").HeldUntil(goOn.Task, eventIndex: 2));

        HttpResponseMessage response;
        using (HttpRequestMessage request = form.Request("Hello"))
            response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        response.Dispose();
        Assert.Equal("499", (await _lines.NextAsync()).Status);
        goOn.SetResult();
        await OverAsync(gateway);

        await CheckAsync(gateway, form, "One two three four.");
    }

    [Fact]
    public async Task A_hundred_who_ask_again_share_one_answer_that_is_used_once()
    {
        await using TestGateway gateway = await StartAsync();
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Text("For later.").HeldUntil(goOn.Task));
        using var leaving = new CancellationTokenSource();
        Task<Seen> first = gateway.Client.AskAsync(Form.OpenAI, cancellation: leaving.Token);
        await ArrivedAsync(gateway);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await _lines.NextAsync(); // the gateway knows that it left: an answer before would be one it received
        goOn.SetResult();
        await OverAsync(gateway);

        Seen[] seen = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => gateway.Client.AskAsync(Form.OpenAI)));

        Assert.Single(seen, static one => one.Text == "For later.");
        Assert.Equal(99, seen.Count(static one => one.Text == "You said: Hello"));
    }

    [Fact]
    public async Task A_stream_that_is_cut_behind_its_clients_back_is_not_kept_and_its_lease_is_settled()
    {
        await using TestGateway gateway = await StartAsync();
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.TextInPieces("One ", "two ", "three ", "four.").HeldUntil(goOn.Task, eventIndex: 1).ResetAfter(2));

        HttpResponseMessage response;
        using (HttpRequestMessage request = Form.OpenAIStream.Request("Hello"))
            response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        response.Dispose();
        await _lines.NextAsync();
        goOn.SetResult();
        await OverAsync(gateway);

        Assert.Equal(0, gateway.Services.GetRequiredService<ReplyStore>().Kept.Count);
        Assert.Equal(0, gateway.Services.GetRequiredService<KeyPool.KeyPool>().Snapshot().InFlight);
    }

    [Fact]
    public async Task After_five_minutes_a_call_is_given_up()
    {
        var clock = new ManualTimeProvider();
        await using TestGateway gateway = await StartAsync(clock, ("TIME_OUT", "0"));
        gateway.Upstream.Script.Next(FakeReply.Default.HeldUntil(new TaskCompletionSource().Task));
        using var leaving = new CancellationTokenSource();
        Task<Seen> first = gateway.Client.AskAsync(Form.OpenAI, cancellation: leaving.Token);
        ReceivedRequest held = await ArrivedAsync(gateway);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await _lines.NextAsync();
        await clock.TimerSetAsync(TimeSpan.FromMinutes(5)).WaitAsync(Deadline, TestContext.Current.CancellationToken);

        Assert.Equal(1, gateway.Services.GetRequiredService<AbandonedCalls>().Running);
        clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(RequestEnd.AbortedByClient, await held.Ended.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        await OverAsync(gateway);
        Assert.Equal((0, 1), (gateway.Services.GetRequiredService<KeyPool.KeyPool>().Snapshot().InFlight, gateway.Services.GetRequiredService<KeyPool.KeyPool>().Snapshot().Usable));
    }

    [Fact]
    public async Task A_gateway_that_stops_gives_up_what_is_on_its_way()
    {
        TestGateway gateway = await StartAsync();
        await using (gateway)
        {
            gateway.Upstream.Script.Next(FakeReply.Default.HeldUntil(new TaskCompletionSource().Task));
            using var leaving = new CancellationTokenSource();
            Task<Seen> first = gateway.Client.AskAsync(Form.OpenAI, cancellation: leaving.Token);
            ReceivedRequest held = await ArrivedAsync(gateway);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
            await _lines.NextAsync();

            await gateway.Services.GetRequiredService<AbandonedCalls>().StopAsync(TestContext.Current.CancellationToken);

            Assert.Equal(RequestEnd.AbortedByClient, await held.Ended.WaitAsync(Deadline, TestContext.Current.CancellationToken));
            Assert.Equal(0, gateway.Services.GetRequiredService<KeyPool.KeyPool>().Snapshot().InFlight);
        }
    }

    [Fact]
    public async Task Without_the_setting_the_upstream_is_left_at_once()
    {
        await using TestGateway gateway = await StartAsync(null, ("KEEP_ABANDONED", "false"));
        gateway.Upstream.Script.Next(FakeReply.Default.HeldUntil(new TaskCompletionSource().Task));
        using var leaving = new CancellationTokenSource();
        Task<Seen> first = gateway.Client.AskAsync(Form.OpenAI, cancellation: leaving.Token);
        ReceivedRequest held = await ArrivedAsync(gateway);
        await leaving.CancelAsync();

        Assert.Equal(RequestEnd.AbortedByClient, await held.Ended.WaitAsync(AtOnce, TestContext.Current.CancellationToken));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task Who_stays_notices_nothing(Form form)
    {
        await using TestGateway gateway = await StartAsync();

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.True(seen.IsComplete, seen.Body);
        RequestLine line = await _lines.NextAsync();
        Assert.Equal(("200", 1, "-"), (line.Status, line.Attempts, line["owner"]));
        Assert.NotEqual("0", line["answer"]);
        Assert.Equal(0, gateway.Services.GetRequiredService<AbandonedCalls>().Running);
        Assert.Equal(0, gateway.Services.GetRequiredService<KeyPool.KeyPool>().Snapshot().InFlight);
    }

    private Task<TestGateway> StartAsync(ManualTimeProvider? clock = null, params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["ENABLE_RESPONSE_CACHE"] = "true", ["KEEP_ABANDONED"] = "true" };
        foreach ((string name, string value) in settings)
            all[name] = value;
        return _lines.StartAsync(settings: all, services: clock is null ? null : services => services.AddSingleton<TimeProvider>(clock));
    }

    private static async Task CheckAsync(TestGateway gateway, Form form, string text)
    {
        Assert.Equal(0, gateway.Services.GetRequiredService<KeyPool.KeyPool>().Snapshot().InFlight);
        Seen again = await gateway.Client.AskAsync(form);
        Assert.True(again.IsComplete, again.Body);
        Assert.Equal(text, again.Text);
        Assert.Contains("x-pollux-cache: hit", again.Headers, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(1, gateway.Upstream.Received.Requests.Count(static request => request.Method == "POST"));
    }

    private static async Task OverAsync(TestGateway gateway)
    {
        var abandoned = gateway.Services.GetRequiredService<AbandonedCalls>();
        using var late = new CancellationTokenSource(Deadline);
        while (abandoned.Running > 0)
        {
            late.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static Task<ReceivedRequest> ArrivedAsync(TestGateway gateway) =>
        gateway.Upstream.Received.WaitForAsync(static request => request.Method == "POST", TestContext.Current.CancellationToken).WaitAsync(Deadline);
}
