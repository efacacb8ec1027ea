using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Faults;

/// <summary>
/// Ten thousand requests of fifty clients while everything goes wrong that can. Each client must see a right answer or a
/// true error, and no key may show anywhere.
/// </summary>
[Collection(nameof(Alone))]
public sealed class FaultStormTests(ITestOutputHelper output)
{
    private const int Clients = 50;
    private const int Requests = 10_000;
    private const int Keys = 60;
    private const int Projects = 12;
    private const string Canary = "CANARYxyzzy";

    private static readonly string[] Models = ["gemini-3.5-flash", "gemini-2.5-flash", "gemini-3.1-flash-lite", "gemini-2.5-pro"];
    private static readonly Form[] Forms = Enum.GetValues<Form>();
    private static readonly TimeSpan CancelledWithin = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _complaints = new();
    private TimeSpan _slowestCancel;
    private int _atOnce;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Every_client_sees_a_right_answer_or_a_true_error_and_no_key_shows(int keysAtOnce)
    {
        _atOnce = keysAtOnce;
        int seed = Environment.ProcessId ^ (int)(Stopwatch.GetTimestamp() & 0xFFFFFF);
        output.WriteLine($"seed {seed}");
        var script = new StormScript(seed);
        var lines = new RequestLines();
        await using TestGateway gateway = await lines.StartAsync(
            fake => Arrange(fake, script),
            new Dictionary<string, string>
            {
                ["GEMINI_API_KEYS"] = string.Join(',', Enumerable.Range(0, Keys).Select(KeyText)),
                ["DEBUG_HEADERS"] = "true",
                ["GEMINI_RETRY_DELAY"] = "0.005",
                ["CONCURRENT_REQUESTS"] = keysAtOnce.ToString(CultureInfo.InvariantCulture),
                ["INCREASE_CONCURRENT_ON_FAILURE"] = keysAtOnce == 1 ? "0" : "1",
                ["SHARE_IDENTICAL_REQUESTS"] = keysAtOnce == 1 ? "false" : "true",
            },
            new FakeGeminiOptions { ReceivedCapacity = 100_000 });
        var pool = gateway.Services.GetRequiredService<KeyPool.KeyPool>();

        long started = Stopwatch.GetTimestamp();
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var number && number < Requests)
            {
                if (number % 100 == 99)
                    Restore(pool); // the operator repairs what the storm broke, so that it can break again
                await ServeAsync(gateway, script, number);
            }
        }));
        TimeSpan took = Stopwatch.GetElapsedTime(started);

        for (int i = 0; i < Requests; i++)
            await lines.NextAsync(); // each request has its line, and by then all its leases are settled
        CheckUpstream(gateway.Upstream.Received.Requests);
        foreach ((_, _, string line) in gateway.Logs.Lines)
        {
            if (line.Contains(Canary, StringComparison.Ordinal))
                Complain($"a key in the log: {line}");
        }

        Tell(script, took, gateway.Upstream.Received.Total);
        using (var late = new CancellationTokenSource(TimeSpan.FromSeconds(30)))
        {
            while (keysAtOnce > 1 && pool.Snapshot().InFlight > 0 && !late.IsCancellationRequested)
                await Task.Yield(); // who lost a race is settled behind the answer
        }

        Assert.Equal(0, pool.Snapshot().InFlight);
        Assert.True(_complaints.IsEmpty, $"{_complaints.Count} complaints:\n{string.Join('\n', _complaints.Take(20))}");
        Assert.True(_outcomes.GetValueOrDefault("complete") > Requests * 0.6, "Most requests must be served in spite of all.");
    }

    private static string KeyText(int index) => index % 2 == 0
        ? $"AQ.{index:D4}{Canary}-key-of-the-storm-{index:D4}"
        : $"AIzaSy{index:D4}{Canary}_key_storm_{index:D4}00";

    private static void Arrange(FakeGeminiServer fake, StormScript script)
    {
        fake.Script.Chaos = script.Decide;
        FakeProject[] projects = [.. Enumerable.Range(0, Projects).Select(index => fake.AddProject((500_000_000_000 + index).ToString(CultureInfo.InvariantCulture)))];
        // None for the last model: who gives up must not be refused before he can.
        projects[1].SetQuota(Models[0], FakeQuota.None);
        projects[2].SetQuota(Models[1], new FakeQuota(Rpd: 40));
        projects[3].SetQuota(Models[2], new FakeQuota(Rpm: 60));
        FakeKeyState[] states = Enum.GetValues<FakeKeyState>();
        for (int i = 0; i < Keys; i++)
        {
            FakeKey key = fake.AddKey(KeyText(i), projects[i % Projects]);
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

    private async Task ServeAsync(TestGateway gateway, StormScript script, int number)
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
                    await GiveUpAsync(gateway, script, number, Ask.Request(form.Path(model), body));
                    break;
                default:
                    Check(script, number, prompt, await gateway.Client.SendAsync(form, Ask.Request(form.Path(model), body), TestContext.Current.CancellationToken));
                    break;
            }
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            Complain($"{number} {form}: {fault.GetType().Name} {fault.Message} after {string.Join(", ", script.AttemptsOf(number))}");
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

    private async Task GiveUpAsync(TestGateway gateway, StormScript script, int number, HttpRequestMessage request)
    {
        using (request)
        using (var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken))
        {
            Task<HttpResponseMessage> answer = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseContentRead, leaving.Token);
            Task first = await Task.WhenAny(script.HeldAsync(number), answer);
            if (first == answer)
            {
                using HttpResponseMessage early = await answer;
                Count($"{(int)early.StatusCode} before it was held");
                return;
            }

            ReceivedRequest held = await script.HeldAsync(number);
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

    private void CheckRefused(int number, Seen seen)
    {
        CheckNoKey(number, seen);
        // The pool may be dry at that moment; else the client hears what it did wrong.
        if (seen.Status != HttpStatusCode.BadRequest)
            CheckError(number, seen, []);
        Count($"wrong request: {(int)seen.Status}");
    }

    private void Check(StormScript script, int number, string prompt, Seen seen)
    {
        CheckNoKey(number, seen);
        IReadOnlyList<string> attempts = script.AttemptsOf(number);
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

    private void CheckUpstream(IReadOnlyList<ReceivedRequest> received)
    {
        var wrong = new Dictionary<int, int>();
        foreach (ReceivedRequest request in received)
        {
            string all = string.Join('\n', request.Headers.Values.Concat(request.Query.Values));
            if (all.Contains(TestGateway.Password, StringComparison.Ordinal))
                Complain($"{request}: the caller's credential went upstream");
            int number = StormScript.NumberOf(request.Body.Span);
            if (number >= 0 && request.Status == 400 && StormScript.TaskOf(number) == StormTask.Wrong && request.Key is { } key && !IsBad(key))
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
    private static bool IsBad(string key) => Enumerable.Range(0, Keys).Where(static index => index % 4 == 1).Any(index => KeyText(index) == key);

    private void Tell(StormScript script, TimeSpan took, long upstream)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Requests} requests of {Clients} clients in {took.TotalSeconds:F1} s, {upstream} sent upstream, slowest cancel {_slowestCancel.TotalMilliseconds:F0} ms\n");
        foreach ((string outcome, int times) in _outcomes.OrderByDescending(static pair => pair.Value))
            text.Append(CultureInfo.InvariantCulture, $"  {times,6} {outcome}\n");
        text.Append("done to attempts:\n");
        foreach ((string name, int times) in script.Sums.OrderByDescending(static pair => pair.Value))
            text.Append(CultureInfo.InvariantCulture, $"  {times,6} {name}\n");
        output.WriteLine(text.ToString());
    }

    private void Count(string outcome, int times = 1) => _outcomes.AddOrUpdate(outcome, times, (_, sum) => sum + times);

    private void Complain(string complaint) => _complaints.Enqueue(complaint);
}
