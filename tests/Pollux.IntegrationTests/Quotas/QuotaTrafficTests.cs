using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Quotas;

/// <summary>
/// Three minutes of traffic above what the keys allow, in real time, through the whole gateway: twenty keys in five projects
/// about whose quotas, and whose keys, it is told nothing. Judged from outside: by what clients were told and by the
/// upstream's record of what it accepted.
/// </summary>
public sealed class QuotaTrafficTests(ITestOutputHelper output)
{
    private const int Projects = 5;
    private const int KeysPerProject = 4;
    private const double LeastShare = 0.95;

    private static readonly TimeSpan Span = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20); // the default of MAX_QUEUE_SECONDS
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(75);

    /// <summary>
    /// Room shorter than this, a tenth of the patience, is not counted as left over: the gateway learns by refusals alone which
    /// places of a shared project came free, and a machine that runs other tests beside makes it slower.
    /// </summary>
    private static readonly TimeSpan Edge = TimeSpan.FromSeconds(2);

    private static readonly string[] Callers = ["sk-of-ann", "sk-of-bob", "sk-of-cem", "sk-of-dia", "sk-of-eve", "sk-of-fay"];

    /// <summary>Bound by requests a minute, by tokens a minute and by requests a day. The order is that of the traffic: 320, 320 and 160 a minute.</summary>
    private static readonly Load[] Loads =
    [
        new("gemini-3.5-flash", 10, project => new FakeQuota(Rpm: project == 0 ? 60 : 40, Rpd: 5_000, Tpm: 1_000_000)),
        new("gemini-2.5-flash", 500, _ => new FakeQuota(Rpm: 200, Rpd: 5_000, Tpm: 20_000)),
        new("gemini-3.1-flash-lite", 20, _ => new FakeQuota(Rpm: 30, Rpd: 45, Tpm: 1_000_000)),
    ];

    private static readonly int[] Order = [0, 1, 0, 1, 2];

    private readonly ConcurrentQueue<Told> _told = new();

    [Fact]
    public async Task Three_minutes_above_capacity_use_the_quota_up()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(
            Arrange,
            new Dictionary<string, string>
            {
                ["GEMINI_API_KEYS"] = string.Join(',', Enumerable.Range(0, Projects * KeysPerProject).Select(KeyText)),
                ["ALLOWED_TOKENS"] = string.Join(',', Callers),
                ["MAX_QUEUE_SECONDS"] = "", // as shipped
                ["LOG_LEVEL"] = "info",
            },
            new FakeGeminiOptions { ReceivedCapacity = 100_000, Latency = TimeSpan.FromMilliseconds(40) });

        DateTimeOffset begin = TimeProvider.System.GetUtcNow();
        await SendAsync(gateway);
        DateTimeOffset end = begin + Span;

        IReadOnlyList<ReceivedRequest> received = gateway.Upstream.Received.Requests;
        Assert.Equal(gateway.Upstream.Received.Total, received.Count); // nothing of the record was dropped
        var wronged = new List<string>();
        var figures = new StringBuilder();
        int allowed = 0, served = 0;
        foreach (Load load in Loads)
        {
            QuotaBook[] books = [.. Enumerable.Range(0, Projects).Select(project => BookOf(project, load, received))];
            int may = books.Sum(book => book.Allowed(begin, end, load.Tokens));
            int did = _told.Count(told => told.Load == load && told.Verdict == Verdict.Served && told.Ended < end);
            int refusedUpstream = received.Count(request => request.Model == load.Model && request.Status == 429);
            Told[] refused = [.. _told.Where(told => told.Load == load && told.Verdict == Verdict.Refused)];
            wronged.AddRange(refused.OrderBy(static told => told.Asked).Select(told => Wronged(told, books, end)).OfType<string>());
            (allowed, served) = (allowed + may, served + did);
            figures.Append(CultureInfo.InvariantCulture, $"{load.Model}: allowed {may}, served {did} ({(double)did / may:P1}), asked {_told.Count(told => told.Load == load)}, refused clients {refused.Length}, 429 from upstream {refusedUpstream}\n");
        }

        figures.Append(CultureInfo.InvariantCulture, $"in all: allowed {allowed}, served {served} ({(double)served / allowed:P1}), clients wronged {wronged.Count}\n");
        figures.AppendJoin('\n', wronged);
        output.WriteLine(figures.ToString());
        Assert.Empty(_told.Where(static told => told.Verdict == Verdict.Other).Select(static told => told.Words));
        Assert.True(served >= LeastShare * allowed, figures.ToString());
        Assert.Empty(wronged);
    }

    private static string KeyText(int index) => $"AQ.quota-test-key-{index:D4}-0000000000000";

    private static void Arrange(FakeGeminiServer fake)
    {
        for (int project = 0; project < Projects; project++)
        {
            FakeProject owner = fake.AddProject((600_000_000_000 + project).ToString(CultureInfo.InvariantCulture));
            foreach (Load load in Loads)
                owner.SetQuota(load.Model, load.Quota(project));
            for (int key = project; key < Projects * KeysPerProject; key += Projects)
                fake.AddKey(KeyText(key), owner);
        }
    }

    private static QuotaBook BookOf(int project, Load load, IReadOnlyList<ReceivedRequest> received) => new(
        load.Quota(project),
        received.Where(request => request.Model == load.Model && request.CountedAt is not null && ProjectOf(request.Key!) == project)
            .Select(static request => (request.CountedAt!.Value, request.InputTokens)));

    private static int ProjectOf(string key) => Enumerable.Range(0, Projects * KeysPerProject).First(index => KeyText(index) == key) % Projects;

    /// <summary>
    /// A refused client was wronged when one more request could have been accepted, beside all that were, at a time at which
    /// it could still have been served: from its asking until its patience ended, whether it was refused at once or kept waiting.
    /// What is given to one wronged client is not left for the next. Behind the end of the traffic nobody asked for what was left.
    /// </summary>
    private static string? Wronged(Told told, QuotaBook[] books, DateTimeOffset end)
    {
        DateTimeOffset until = told.Asked + Patience < end ? told.Asked + Patience : end;
        for (int project = 0; project < books.Length; project++)
        {
            if (books[project].TryAdd(told.Asked, until, told.Load.Tokens, Edge) is { } at)
                return $"{told.Load.Model} asked {told.Asked:mm:ss.fff}, refused {told.Ended:mm:ss.fff}: project {project} had room at {at:mm:ss.fff}";
        }

        return null;
    }

    /// <summary>An open load: requests come at their pace, however many wait.</summary>
    private async Task SendAsync(TestGateway gateway)
    {
        gateway.Client.DefaultRequestHeaders.Authorization = null; // each caller has its own
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var pace = new PeriodicTimer(Pace, TimeProvider.System);
        long started = TimeProvider.System.GetTimestamp();
        var running = new List<Task>();
        for (int number = 0; TimeProvider.System.GetElapsedTime(started) < Span; number++)
        {
            running.Add(AskAsync(gateway, number, over.Token));
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        await over.CancelAsync(); // who still waits goes home
        await Task.WhenAll(running);
    }

    private async Task AskAsync(TestGateway gateway, int number, CancellationToken cancellation)
    {
        Load load = Loads[Order[number % Order.Length]];
        Form form = Enum.GetValues<Form>()[number / 3 % 5];
        string caller = Callers[number * 7 % Callers.Length];
        string prompt = $"{number:D6} ".PadRight((load.Tokens * 4) - 3, 'x');
        using HttpRequestMessage request = form.Request(prompt, load.Model);
        if (form.IsOpenAI())
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", caller);
        else
            request.Headers.Add("x-goog-api-key", caller);

        DateTimeOffset asked = TimeProvider.System.GetUtcNow();
        try
        {
            Seen seen = await gateway.Client.SendAsync(form, request, cancellation);
            _told.Enqueue(new Told(load, asked, TimeProvider.System.GetUtcNow(), Judge(seen, prompt), seen.Body));
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            // it was still waiting at the end
        }
    }

    /// <summary>A stream that was kept alive while it waited can be told of the refusal only as an error behind 200.</summary>
    private static Verdict Judge(Seen seen, string prompt)
    {
        if (seen.IsComplete && seen.Text == "You said: " + prompt)
            return Verdict.Served;
        bool isRefusal = seen.Status == HttpStatusCode.TooManyRequests
            || (seen.Status == HttpStatusCode.OK && seen.Text.Length == 0 && seen.Message.Contains("used up their quota", StringComparison.Ordinal));
        return isRefusal ? Verdict.Refused : Verdict.Other;
    }

    /// <summary>What is asked of one model.</summary>
    private sealed record Load(string Model, int Tokens, Func<int, FakeQuota> Quota);

    /// <summary>What a client was told.</summary>
    private sealed record Told(Load Load, DateTimeOffset Asked, DateTimeOffset Ended, Verdict Verdict, string Words);

    private enum Verdict
    {
        /// <summary>It got a whole answer to its own prompt.</summary>
        Served,

        /// <summary>It was told that the quota is used up.</summary>
        Refused,

        /// <summary>Anything else: there is nothing else to be told.</summary>
        Other,
    }
}
