using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.Dispatch;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Faults;

/// <summary>
/// Thousands of requests of fifty clients while everything goes wrong that can: with so many keys that nobody waits, and with
/// so few that most wait in the queue. Each client must see a right answer or a true error, and no key may show anywhere.
/// </summary>
[Collection(nameof(Alone))]
public sealed class FaultStormTests(ITestOutputHelper output)
{
    private const int Clients = 50;
    private const int Restored = 100; // every so many requests the operator repairs what the storm broke, so that it can break again
    private const string Canary = "CANARYxyzzy";

    private static readonly string[] Models = ["gemini-3.5-flash", "gemini-2.5-flash", "gemini-3.1-flash-lite", "gemini-2.5-pro"];
    private static readonly Form[] Forms = Enum.GetValues<Form>();
    private static readonly TimeSpan CancelledWithin = TimeSpan.FromSeconds(1);

    /// <summary>So many keys that one is always free.</summary>
    private static readonly StormSize Wide = new(Requests: 10_000, Keys: 60, Projects: 12, HasQueue: false, LeastServed: 0.6);

    /// <summary>So few keys that clients wait for one again and again, and some for too long.</summary>
    private static readonly StormSize Narrow = new(Requests: 3_000, Keys: 16, Projects: 8, HasQueue: true, LeastServed: 0.5);

    private readonly ConcurrentDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _complaints = new();
    private StormScript _script = new(0);
    private TimeSpan _slowestCancel;
    private int _atOnce;
    private TimeSpan _took;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Every_client_sees_a_right_answer_or_a_true_error_and_no_key_shows(int keysAtOnce)
    {
        _atOnce = keysAtOnce;
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines, Wide, new Dictionary<string, string>
        {
            ["CONCURRENT_REQUESTS"] = keysAtOnce.ToString(CultureInfo.InvariantCulture),
            ["INCREASE_CONCURRENT_ON_FAILURE"] = keysAtOnce == 1 ? "0" : "1",
            ["SHARE_IDENTICAL_REQUESTS"] = keysAtOnce == 1 ? "false" : "true",
        });
        var pool = gateway.Services.GetRequiredService<KeyPool.KeyPool>();

        await RageAsync(gateway, Wide);

        for (int i = 0; i < Wide.Requests; i++)
            await lines.NextAsync(); // each request has its line, and by then all its leases are settled
        if (keysAtOnce > 1)
            await Eventually(() => pool.Snapshot().InFlight == 0); // who lost a race is settled behind the answer
        Check(gateway, Wide);
    }

    [Fact]
    public async Task Who_waits_in_the_queue_is_served_refused_or_gone_and_leaves_nothing_behind()
    {
        await using TestGateway gateway = await StartAsync(
            new RequestLines(), Narrow, new Dictionary<string, string> { ["MAX_QUEUE_SECONDS"] = "1.5" });
        var desk = gateway.Services.GetRequiredService<LeaseDesk>();
        var pool = gateway.Services.GetRequiredService<KeyPool.KeyPool>();

        await RageAsync(gateway, Narrow);

        // who left may not have reached the gateway at all, so lines are not counted here
        await Eventually(() => desk.Waiting == 0 && pool.Snapshot().InFlight == 0);
        Check(gateway, Narrow);
        Assert.Equal(0, desk.Waiting);
        RequestLine[] ended = [.. gateway.Logs.Lines.Where(static line => line.Id.Id == RequestLines.EventOfRequests).Select(static line => new RequestLine(line.Level, line.Text))];
        int served = ended.Count(static line => line.Status == "200" && line["wait_ms"] != "0" && line["owner"] == "-");
        int left = ended.Count(static line => line.Status == "499" && line.Attempts == 0); // it was neither refused at once nor sent: it waited
        int refused = ended.Count(static line => line.Status == "429" && line["wait_ms"] != "0");
        output.WriteLine($"waited: {served} served, {left} left, {refused} refused");
        Assert.True(served > 50 && left > 0, "The queue was not put to the test.");
    }

    private async Task<TestGateway> StartAsync(RequestLines lines, StormSize size, Dictionary<string, string> settings)
    {
        int seed = Environment.ProcessId ^ (int)(Stopwatch.GetTimestamp() & 0xFFFFFF);
        output.WriteLine($"seed {seed}");
        _script = new StormScript(seed);
        settings["GEMINI_API_KEYS"] = string.Join(',', Enumerable.Range(0, size.Keys).Select(KeyText));
        settings["DEBUG_HEADERS"] = "true";
        settings["GEMINI_RETRY_DELAY"] = "0.005";
        return await lines.StartAsync(fake => Arrange(fake, size), settings, new FakeGeminiOptions { ReceivedCapacity = 100_000 });
    }

    private async Task RageAsync(TestGateway gateway, StormSize size)
    {
        var pool = gateway.Services.GetRequiredService<KeyPool.KeyPool>();
        long started = Stopwatch.GetTimestamp();
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var number && number < size.Requests)
            {
                if (number % Restored == Restored - 1)
                    Restore(pool);
                await ServeAsync(gateway, size, number);
            }
        }));
        _took = Stopwatch.GetElapsedTime(started);
    }

    private void Check(TestGateway gateway, StormSize size)
    {
        CheckUpstream(gateway.Upstream.Received.Requests, size);
        foreach ((_, _, string line) in gateway.Logs.Lines)
        {
            if (line.Contains(Canary, StringComparison.Ordinal))
                Complain($"a key in the log: {line}");
        }

        Tell(size, gateway.Upstream.Received.Total);
        Assert.Equal(0, gateway.Services.GetRequiredService<KeyPool.KeyPool>().Snapshot().InFlight);
        Assert.True(_complaints.IsEmpty, $"{_complaints.Count} complaints:\n{string.Join('\n', _complaints.Take(20))}");
        Assert.True(_outcomes.GetValueOrDefault("complete") > size.Requests * size.LeastServed, "Most requests must be served in spite of all.");
    }

    private static async Task Eventually(Func<bool> holds)
    {
        long since = Stopwatch.GetTimestamp();
        while (!holds() && Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(30))
            await Task.Yield();
    }

    private static string KeyText(int index) => index % 2 == 0
        ? $"AQ.{index:D4}{Canary}-key-of-the-storm-{index:D4}"
        : $"AIzaSy{index:D4}{Canary}_key_storm_{index:D4}00";

    private void Arrange(FakeGeminiServer fake, StormSize size)
    {
        fake.Script.Chaos = _script.Decide;
        FakeProject[] projects = [.. Enumerable.Range(0, size.Projects).Select(index => fake.AddProject((500_000_000_000 + index).ToString(CultureInfo.InvariantCulture)))];
        // None for the last model: who gives up must not be refused before he can.
        projects[1].SetQuota(Models[0], FakeQuota.None);
        projects[2].SetQuota(Models[1], new FakeQuota(Rpd: 40));
        projects[3].SetQuota(Models[2], new FakeQuota(Rpm: 60));
        FakeKeyState[] states = Enum.GetValues<FakeKeyState>();
        for (int i = 0; i < size.Keys; i++)
        {
            FakeKey key = fake.AddKey(KeyText(i), projects[i % size.Projects]);
            if (i % 4 == 1)
                key.State = states[i / 4 % states.Length]; // every fourth key is bad for good, each in another way
            if (i % 10 == 4)
                key.Without(Models[3]);
        }
    }

    private static void Restore(KeyPool.KeyPool pool)
    {
        foreach (Credential credential in pool.Credentials())
            pool.Revive(credential.Id);
    }

    private async Task ServeAsync(TestGateway gateway, StormSize size, int number)
    {
        Form form = Forms[number / 3 % Forms.Length];
        string model = StormScript.TaskOf(number) == StormTask.GiveUp ? Models[^1] : Models[number / 7 % Models.Length];
        string prompt = StormScript.Prompt(number);
        JsonObject body = form.Body(prompt, model);
        try
        {
            switch (StormScript.TaskOf(number))
            {
                case StormTask.Wrong:
                    Spoil(form, body);
                    CheckRefused(number, await gateway.Client.SendAsync(form, Ask.Request(form.Path(model), body), TestContext.Current.CancellationToken));
                    break;
                case StormTask.GiveUp:
                    await GiveUpAsync(gateway, number, Ask.Request(form.Path(model), body));
                    break;
                case StormTask.Answer when size.HasQueue && number % 11 == 4:
                    await LeaveAsync(gateway, form, number, prompt, Ask.Request(form.Path(model), body));
                    break;
                default:
                    Check(number, prompt, await gateway.Client.SendAsync(form, Ask.Request(form.Path(model), body), TestContext.Current.CancellationToken));
                    break;
            }
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            Complain($"{number} {form}: {fault.GetType().Name} {fault.Message} after {string.Join(", ", _script.AttemptsOf(number))}");
        }
    }

    /// <summary>Asks for what no model can do: only the upstream knows that.</summary>
    private static void Spoil(Form form, JsonObject body)
    {
        if (form.IsOpenAI())
            body["extra_body"] = new JsonObject { ["google"] = new JsonObject { ["safety_settings"] = new JsonArray(new JsonObject { ["category"] = "HARM_CATEGORY_OF_NOBODY", ["threshold"] = "OFF" }) } };
        else
            body["unknownMember"] = true;
    }

    private async Task GiveUpAsync(TestGateway gateway, int number, HttpRequestMessage request)
    {
        using (request)
        using (var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken))
        {
            Task<HttpResponseMessage> answer = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseContentRead, leaving.Token);
            Task first = await Task.WhenAny(_script.HeldAsync(number), answer);
            if (first == answer)
            {
                using HttpResponseMessage early = await answer;
                Count($"{(int)early.StatusCode} before it was held");
                return;
            }

            ReceivedRequest held = await _script.HeldAsync(number);
            long left = Stopwatch.GetTimestamp();
            await leaving.CancelAsync();
            try
            {
                using HttpResponseMessage late = await answer;
                Complain($"{number}: an answer that nobody sent");
            }
            catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                // as asked
            }

            RequestEnd end = await held.Ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            TimeSpan took = Stopwatch.GetElapsedTime(left);
            lock (_outcomes)
                _slowestCancel = took > _slowestCancel ? took : _slowestCancel;
            if (end != RequestEnd.AbortedByClient)
                Complain($"{number}: the upstream's work ended as {end} when the client had gone");
            if (took > CancelledWithin)
                Complain($"{number}: the upstream worked on for {took.TotalSeconds:F1} s");
            Count("given up");
        }
    }

    /// <summary>Asks and goes away at a moment of its own, be it served, waiting or answered already then.</summary>
    private async Task LeaveAsync(TestGateway gateway, Form form, int number, string prompt, HttpRequestMessage request)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        leaving.CancelAfter(TimeSpan.FromMilliseconds(5 + (number * 37 % 700)));
        try
        {
            Check(number, prompt, await gateway.Client.SendAsync(form, request, leaving.Token));
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            Count("left");
        }
    }

    private void CheckRefused(int number, Seen seen)
    {
        CheckNoKey(number, seen);
        // The pool may be dry at that moment; else the client hears what it did wrong.
        if (seen.Status != HttpStatusCode.BadRequest)
            CheckError(number, seen, []);
        Count($"wrong request: {(int)seen.Status}");
    }

    private void Check(int number, string prompt, Seen seen)
    {
        CheckNoKey(number, seen);
        IReadOnlyList<string> attempts = _script.AttemptsOf(number);
        if (seen.IsComplete)
        {
            Count("complete");
            if (seen.Text != "You said: " + prompt)
                Complain($"{number} {seen.Form}: not the answer to its prompt: {seen.Text[..Math.Min(80, seen.Text.Length)]} after {string.Join(", ", attempts)}");
        }
        else if (seen.Status == HttpStatusCode.OK)
        {
            Count("error in the stream");
            CheckBrokenStream(number, prompt, seen, attempts);
        }
        else
        {
            CheckError(number, seen, attempts);
        }
    }

    private void CheckBrokenStream(int number, string prompt, Seen seen, IReadOnlyList<string> attempts)
    {
        string where = $"{number} {seen.Form} after {string.Join(", ", attempts)}";
        if (seen.Error is null)
            Complain($"{where}: a stream without finish and without error: {seen.Body[..Math.Min(200, seen.Body.Length)]}");
        if (seen.Done)
            Complain($"{where}: [DONE] after an error");
        if (!seen.WasCut)
            Complain($"{where}: the body came to its end as if the answer were whole");
        if (!("You said: " + prompt).StartsWith(seen.Text, StringComparison.Ordinal))
            Complain($"{where}: not the beginning of its answer");
        string framing = seen.Form switch { Form.OpenAIStream => "data", Form.GeminiStream => "bare", Form.GeminiArray => "element", _ => "none" };
        if (seen.ErrorFraming != framing)
            Complain($"{where}: the error came as {seen.ErrorFraming}");
        if (!seen.Form.IsOpenAI() && seen.Error?["code"]?.GetValue<int>() != 503)
            Complain($"{where}: the error's code is {seen.Error?["code"]}");
        if (!attempts.TakeLast(_atOnce == 1 ? 1 : attempts.Count).Any(static attempt => attempt.StartsWith("stream:", StringComparison.Ordinal) || attempt == "cut in the answer"))
            Complain($"{where}: an error, but the upstream did not break the stream");
    }

    private void CheckError(int number, Seen seen, IReadOnlyList<string> attempts)
    {
        int status = (int)seen.Status;
        Count($"{status} {seen.ErrorCode}");
        string where = $"{number} {seen.Form} {status} {seen.ErrorCode} after {string.Join(", ", attempts)}";
        if (status is not (429 or 499 or 500 or 502 or 503 or 504))
            Complain($"{where}: not the client's fault, but told so: {seen.Message}");
        if (status is 429 or 503 && seen.RetryAfter is not > 0)
            Complain($"{where}: no Retry-After");
        if (status == 429 && !seen.Form.IsOpenAI() && seen.RetryDelay is null)
            Complain($"{where}: no RetryInfo");
        if (seen.Body.Contains("PerDay", StringComparison.Ordinal))
            Complain($"{where}: one key's violation is told");
        if (seen.Message.Length == 0 || seen.ErrorCode is null)
            Complain($"{where}: not an error object of the dialect: {seen.Body}");
        if (_atOnce == 1 && attempts is [.., "good" or "slow" or "slow events"] && status is not (429 or 503))
            Complain($"{where}: the upstream had answered well");
    }

    private void CheckNoKey(int number, Seen seen)
    {
        if (seen.Body.Contains(Canary, StringComparison.Ordinal) || seen.Headers.Contains(Canary, StringComparison.Ordinal))
            Complain($"{number}: a key in the answer: {seen.Headers}{seen.Body}");
        if (!seen.Headers.Contains("x-request-id: req_", StringComparison.OrdinalIgnoreCase))
            Complain($"{number}: no x-request-id");
    }

    private void CheckUpstream(IReadOnlyList<ReceivedRequest> received, StormSize size)
    {
        var wrong = new Dictionary<int, int>();
        foreach (ReceivedRequest request in received)
        {
            string all = string.Join('\n', request.Headers.Values.Concat(request.Query.Values));
            if (all.Contains(TestGateway.Password, StringComparison.Ordinal))
                Complain($"{request}: the caller's credential went upstream");
            int number = StormScript.NumberOf(request.Body.Span);
            if (number >= 0 && request.Status == 400 && StormScript.TaskOf(number) == StormTask.Wrong && request.Key is { } key && !IsBad(key, size))
                wrong[number] = wrong.GetValueOrDefault(number) + 1;
        }

        foreach ((int number, int times) in wrong)
        {
            if (times < 1 || times > (_atOnce == 1 ? 1 : 3)) // as many as a round may have
                Complain($"{number}: a wrong request was sent {times} times");
        }

        Count("wrong requests refused by the upstream", wrong.Count);
    }

    /// <summary>Bad keys are refused before the request is looked at, so those attempts say nothing about it.</summary>
    private static bool IsBad(string key, StormSize size) => Enumerable.Range(0, size.Keys).Where(static index => index % 4 == 1).Any(index => KeyText(index) == key);

    private void Tell(StormSize size, long upstream)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{size.Requests} requests of {Clients} clients in {_took.TotalSeconds:F1} s, {upstream} sent upstream, slowest cancel {_slowestCancel.TotalMilliseconds:F0} ms\n");
        foreach ((string outcome, int times) in _outcomes.OrderByDescending(static pair => pair.Value))
            text.Append(CultureInfo.InvariantCulture, $"  {times,6} {outcome}\n");
        text.Append("done to attempts:\n");
        foreach ((string name, int times) in _script.Sums.OrderByDescending(static pair => pair.Value))
            text.Append(CultureInfo.InvariantCulture, $"  {times,6} {name}\n");
        output.WriteLine(text.ToString());
    }

    private void Count(string outcome, int times = 1) => _outcomes.AddOrUpdate(outcome, times, (_, sum) => sum + times);

    private void Complain(string complaint) => _complaints.Enqueue(complaint);

    /// <summary>How large a storm is.</summary>
    /// <param name="Requests">In all.</param>
    /// <param name="Keys">Good and bad ones.</param>
    /// <param name="Projects">That the keys are spread over.</param>
    /// <param name="HasQueue">Some clients go away at any moment, so also out of the queue.</param>
    /// <param name="LeastServed">The share of requests that must get a whole answer.</param>
    private sealed record StormSize(int Requests, int Keys, int Projects, bool HasQueue, double LeastServed);
}
