using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.KeyPool;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Serving;

/// <summary>Several keys are asked at once: who wins, what becomes of the others, and when it is not done.</summary>
public sealed class HedgingTests : IDisposable
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly RequestLines _lines = new();

    private static Task Never => new TaskCompletionSource().Task;

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task The_first_answer_wins_and_the_other_attempt_is_cancelled_at_once(Form form)
    {
        await using TestGateway gateway = await StartAsync(keys: 2, ("CONCURRENT_REQUESTS", "2"));
        gateway.Upstream.Script.ForKey(Key(0)).ForAction(ActionOf(form)).Reply(FakeReply.Default.HeldUntil(Never));
        gateway.Upstream.Script.ForKey(Key(1)).ForAction(ActionOf(form)).Reply(FakeReply.Default.HeldUntil(ArrivedAsync(gateway, 2)));

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal("You said: Hello", seen.Text);
        ReceivedRequest loser = Posts(gateway).Single(static request => request.Key == Key(0));
        Assert.Equal(RequestEnd.AbortedByClient, await loser.Ended.WaitAsync(AtOnce, TestContext.Current.CancellationToken));
        RequestLine line = await _lines.NextAsync();
        Assert.Equal(("200", 2, "1"), (line.Status, line.Attempts, line["hedged"]));
        Assert.Equal(Find(gateway, 1).Label, line["key"]);
        Assert.NotEqual("0", line["answer"]);
        await CheckForgivenAsync(gateway, usable: 2);
    }

    [Fact]
    public async Task A_race_of_streams_is_decided_by_the_first_part_that_reaches_the_client()
    {
        await using TestGateway gateway = await StartAsync(keys: 2, ("CONCURRENT_REQUESTS", "2"), ("SHOW_THINKING_PROCESS", "false"));
        gateway.Upstream.Script.ForKey(Key(0)).ForAction("streamGenerateContent").Reply(FakeReply.Thinking("Hm.", "Late.").HeldUntil(Never, eventIndex: 1));
        gateway.Upstream.Script.ForKey(Key(1)).ForAction("streamGenerateContent").Reply(FakeReply.Text("In time.").HeldUntil(ArrivedAsync(gateway, 2)));

        Seen seen = await gateway.Client.AskAsync(Form.OpenAIStream);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal("In time.", seen.Text);
        Assert.Equal("1", (await _lines.NextAsync())["hedged"]);
        await CheckForgivenAsync(gateway, usable: 2);
    }

    [Fact]
    public async Task Each_failed_round_is_followed_by_a_wider_one_up_to_the_maximum()
    {
        await using TestGateway gateway = await StartAsync(keys: 8, ("INCREASE_CONCURRENT_ON_FAILURE", "1"), ("MAX_CONCURRENT_REQUESTS", "3"));
        Task two = ArrivedAsync(gateway, 1 + 2), three = ArrivedAsync(gateway, 1 + 2 + 3), again = ArrivedAsync(gateway, 1 + 2 + 3 + 3);
        gateway.Upstream.Script.Next(
            FakeReply.Overloaded(),
            FakeReply.Overloaded().HeldUntil(two), FakeReply.Overloaded().HeldUntil(two),
            FakeReply.Overloaded().HeldUntil(three), FakeReply.Overloaded().HeldUntil(three), FakeReply.Overloaded().HeldUntil(three),
            FakeReply.Default.HeldUntil(again), FakeReply.Default.HeldUntil(Never), FakeReply.Default.HeldUntil(Never));

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI).WaitAsync(Deadline, TestContext.Current.CancellationToken);

        Assert.True(seen.IsComplete, seen.Body);
        RequestLine line = await _lines.NextAsync();
        Assert.Equal((9, "2"), (line.Attempts, line["hedged"]));
        Assert.Equal(9, Posts(gateway).Count);
        Assert.Equal(3, Posts(gateway).TakeLast(3).Select(static request => request.Key).Distinct().Count());
    }

    [Theory]
    [InlineData("quota")]
    [InlineData("capacity")]
    [InlineData("empty")]
    public async Task What_costs_quota_or_proves_nothing_about_time_makes_no_round_wider(string failure)
    {
        await using TestGateway gateway = await StartAsync(keys: 4, ("INCREASE_CONCURRENT_ON_FAILURE", "3"));
        gateway.Upstream.Script.Next(failure switch
        {
            "quota" => FakeReply.QuotaDay(),
            "capacity" => FakeReply.SharedCapacityExhausted(),
            _ => FakeReply.NoContent(),
        });

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI)).IsComplete);

        RequestLine line = await _lines.NextAsync();
        Assert.Equal(2, line.Attempts);
        Assert.DoesNotContain("hedged=", line.Text, StringComparison.Ordinal);
        Assert.Equal(2, Posts(gateway).Count);
    }

    [Fact]
    public async Task A_silent_attempt_gets_a_second_one_beside_it_and_may_still_win()
    {
        var clock = new ManualTimeProvider();
        await using TestGateway gateway = await StartAsync(clock, keys: 3, ("HEDGE_AFTER_MS", "5000"));
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Text("The first.").HeldUntil(goOn.Task), FakeReply.Text("The second.").HeldUntil(Never));

        Task<Seen> asking = gateway.Client.AskAsync(Form.OpenAI);
        await clock.TimerSetAsync(TimeSpan.FromSeconds(5)).WaitAsync(Deadline, TestContext.Current.CancellationToken);
        await ArrivedAsync(gateway, 1);
        clock.Advance(TimeSpan.FromSeconds(5));
        await ArrivedAsync(gateway, 2).WaitAsync(Deadline, TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromSeconds(60)); // no third one: two keys are asked at most
        goOn.SetResult();

        Seen seen = await asking;
        Assert.Equal("The first.", seen.Text);
        RequestLine line = await _lines.NextAsync();
        Assert.Equal((2, "1"), (line.Attempts, line["hedged"]));
        Assert.Equal(2, Posts(gateway).Select(static request => request.Key).Distinct().Count());
        Assert.Equal(RequestEnd.AbortedByClient, await Posts(gateway)[1].Ended.WaitAsync(AtOnce, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("1", "3")]
    [InlineData("3", "1")]
    public async Task A_silent_attempt_stays_alone_where_no_second_key_is_free_or_allowed(string keys, string most)
    {
        var clock = new ManualTimeProvider();
        await using TestGateway gateway = await StartAsync(clock, int.Parse(keys, System.Globalization.CultureInfo.InvariantCulture), ("HEDGE_AFTER_MS", "5000"), ("MAX_CONCURRENT_REQUESTS", most), ("MAX_QUEUE_SECONDS", "20"));
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Default.HeldUntil(goOn.Task));

        Task<Seen> asking = gateway.Client.AskAsync(Form.OpenAI);
        await ArrivedAsync(gateway, 1).WaitAsync(Deadline, TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromSeconds(5));
        goOn.SetResult();

        Assert.True((await asking).IsComplete);
        Assert.Equal(1, (await _lines.NextAsync()).Attempts);
    }

    [Fact]
    public async Task One_key_is_never_asked_twice_at_once_and_nobody_waits_for_another()
    {
        await using TestGateway gateway = await StartAsync(keys: 1, ("CONCURRENT_REQUESTS", "3"), ("MAX_QUEUE_SECONDS", "20"));

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI)).IsComplete);

        RequestLine line = await _lines.NextAsync();
        Assert.Equal((1, "0"), (line.Attempts, line["wait_ms"]));
        Assert.Single(Posts(gateway));
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.GeminiStream)]
    public async Task A_fault_of_the_clients_ends_the_race_with_that_error(Form form)
    {
        await using TestGateway gateway = await StartAsync(keys: 2, ("CONCURRENT_REQUESTS", "2"));
        gateway.Upstream.Script.Next(FakeReply.Default.HeldUntil(Never), FakeReply.Error(400, "INVALID_ARGUMENT", "The temperature is too high.").HeldUntil(ArrivedAsync(gateway, 2)));

        Seen seen = await gateway.Client.AskAsync(form).WaitAsync(Deadline, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
        Assert.Contains("temperature", seen.Message, StringComparison.Ordinal);
        RequestLine line = await _lines.NextAsync();
        Assert.Equal((2, "Client", "1"), (line.Attempts, line["owner"], line["hedged"]));
        await CheckForgivenAsync(gateway, usable: 2);
    }

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task A_client_that_leaves_ends_all_attempts(Form form)
    {
        await using TestGateway gateway = await StartAsync(keys: 3, ("CONCURRENT_REQUESTS", "3"));
        gateway.Upstream.Script.Next(FakeReply.Default.HeldUntil(Never), FakeReply.Default.HeldUntil(Never), FakeReply.Default.HeldUntil(Never));
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        Task<Seen> answer = gateway.Client.AskAsync(form, cancellation: leaving.Token);
        await ArrivedAsync(gateway, 3).WaitAsync(Deadline, TestContext.Current.CancellationToken);
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        foreach (ReceivedRequest held in Posts(gateway))
            Assert.Equal(RequestEnd.AbortedByClient, await held.Ended.WaitAsync(AtOnce, TestContext.Current.CancellationToken));
        RequestLine line = await _lines.NextAsync();
        Assert.Equal(("499", 3, "-"), (line.Status, line.Attempts, line["owner"]));
        await CheckForgivenAsync(gateway, usable: 3);
    }

    [Fact]
    public async Task All_attempts_of_all_rounds_count_for_MAX_RETRY_NUM()
    {
        await using TestGateway gateway = await StartAsync(keys: 10, ("CONCURRENT_REQUESTS", "3"), ("MAX_RETRY_NUM", "4"));
        gateway.Upstream.Script.ForAction("generateContent").Reply(FakeReply.Overloaded());

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI);

        Assert.Equal("upstream_overloaded", seen.ErrorCode);
        Assert.Equal(4, (await _lines.NextAsync()).Attempts);
        Assert.Equal(4, Posts(gateway).Count);
    }

    [Fact]
    public async Task Each_failure_of_a_round_marks_its_own_key()
    {
        await using TestGateway gateway = await StartAsync(keys: 3, ("CONCURRENT_REQUESTS", "2"));
        gateway.Upstream.Script.Next(FakeReply.InvalidKey(), FakeReply.QuotaDay());

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI)).IsComplete);

        RequestLine line = await _lines.NextAsync();
        Assert.Equal(3, line.Attempts);
        KeyPool.KeyPool pool = gateway.Services.GetRequiredService<KeyPool.KeyPool>();
        Assert.Equal((2, 1, 0), (pool.Snapshot().Usable, pool.Snapshot().Out, pool.Snapshot().InFlight));
        Assert.Single(pool.Credentials(), credential => pool.RestrictionsOf(credential.Id).Count > 0);
    }

    [Fact]
    public async Task Signatures_refused_by_a_whole_round_are_replaced_once_and_that_is_tried_alone()
    {
        await using TestGateway gateway = await StartAsync(keys: 4, ("CONCURRENT_REQUESTS", "2"), ("INCREASE_CONCURRENT_ON_FAILURE", "1"));
        FakeReply refused = FakeReply.Error(400, "INVALID_ARGUMENT", "Corrupted thought signature.");
        gateway.Upstream.Script.Next(refused, refused);

        Seen seen = await gateway.Client.AskAsync(Form.Gemini);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(3, (await _lines.NextAsync()).Attempts);
        Assert.Equal(3, Posts(gateway).Count);
    }

    [Fact]
    public async Task A_call_that_makes_nothing_of_a_prompt_is_sent_once()
    {
        await using TestGateway gateway = await StartAsync(keys: 3, ("CONCURRENT_REQUESTS", "3"));

        using HttpRequestMessage request = Ask.Request($"/v1beta/models/{Ask.Model}:countTokens", Form.Gemini.Body("Hello"));
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Single(Posts(gateway));
    }

    private static string Key(int index) => $"AQ.hedged-key-of-the-pool-0000000000000{index}";

    private static string ActionOf(Form form) => form.IsStream() ? "streamGenerateContent" : "generateContent";

    private Task<TestGateway> StartAsync(int keys, params (string Name, string Value)[] settings) => StartAsync(null, keys, settings);

    private Task<TestGateway> StartAsync(ManualTimeProvider? clock, int keys, params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["GEMINI_RETRY_DELAY"] = "0", ["GEMINI_API_KEYS"] = string.Join(',', Enumerable.Range(0, keys).Select(Key)) };
        foreach ((string name, string value) in settings)
            all[name] = value;
        return _lines.StartAsync(
            fake =>
            {
                for (int i = 0; i < keys; i++)
                    fake.AddKey(Key(i));
            },
            all,
            services: services =>
            {
                if (clock is not null)
                    services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));
            });
    }

    private static Task ArrivedAsync(TestGateway gateway, int calls)
    {
        int seen = 0;
        return gateway.Upstream.Received.WaitForAsync(request => request.Method == "POST" && ++seen >= calls, TestContext.Current.CancellationToken);
    }

    private static List<ReceivedRequest> Posts(TestGateway gateway) => [.. gateway.Upstream.Received.Requests.Where(static request => request.Method == "POST")];

    private static Credential Find(TestGateway gateway, int key) => gateway.Services.GetRequiredService<KeyPool.KeyPool>().Find(new SecretText(Key(key)))!;

    /// <summary>A lost attempt ends after the answer: its lease comes back then, and its key is not blamed.</summary>
    private static async Task CheckForgivenAsync(TestGateway gateway, int usable)
    {
        KeyPool.KeyPool pool = gateway.Services.GetRequiredService<KeyPool.KeyPool>();
        using var late = new CancellationTokenSource(Deadline);
        while (pool.Snapshot().InFlight > 0)
        {
            late.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal(usable, pool.Snapshot().Usable);
        Assert.All(pool.Credentials(), credential => Assert.Empty(pool.RestrictionsOf(credential.Id)));
    }
}
