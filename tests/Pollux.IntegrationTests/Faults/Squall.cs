using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Faults;

/// <summary>
/// A storm over the credentials of one kind: many requests at once, while every third attempt fails in one of all ways, and some
/// credentials are dead. Each client must get a whole answer or a true error, each credential must end as it deserves, and the upstream
/// must have been asked exactly as often as the log says.
/// </summary>
/// <param name="isTheirs">Whether a request that the upstream got is an attempt of the storm.</param>
/// <param name="faults">What befalls attempts that ask for one body.</param>
/// <param name="inStreams">What befalls attempts that ask for a stream, too.</param>
internal sealed class Squall(Func<ReceivedRequest, bool> isTheirs, FakeReply[] faults, FakeReply[] inStreams)
{
    private const int Requests = 240;
    private const int AtOnce = 40;
    private const int Period = 3; // every so many attempts one fails
    private static readonly int[] TrueErrors = [429, 502, 503];

    private readonly FakeReply[] _all = [.. faults, .. inStreams];
    private int _attempts;
    private int _bodies;
    private int _streams;
    private int _good;

    /// <summary>Settings under which a client is patient enough.</summary>
    public static Dictionary<string, string> Settings => new(StringComparer.Ordinal)
    {
        ["MAX_RETRY_NUM"] = "6",
        ["GEMINI_RETRY_DELAY"] = "0",
        ["MAX_QUEUE_SECONDS"] = "20",
    };

    /// <summary>Rages, and checks all that clients, log, pool and upstream saw.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="lines">Its request log.</param>
    /// <param name="ask">Asks with a prompt; given the request's number.</param>
    /// <param name="due">How each credential has to end.</param>
    /// <returns>What the clients saw.</returns>
    public async Task<IReadOnlyList<Seen>> RageAsync(TestGateway gateway, RequestLines lines, Func<int, string, Task<Seen>> ask, IReadOnlyDictionary<Credential, CredentialStatus> due)
    {
        gateway.Upstream.Script.Chaos = Decide;
        var seen = new Seen[Requests];
        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (number, _) => seen[number] = await ask(number, Prompt(number)));

        int attempts = 0;
        for (int i = 0; i < Requests; i++)
            attempts += (await lines.NextAsync()).Attempts;
        for (int i = 0; i < Requests; i++)
            Check(seen[i], i);
        int complete = seen.Count(static one => one.IsComplete);
        Assert.True(complete > Requests * 3 / 4, $"{complete} of {Requests} were served");
        Assert.True(_bodies > 2 * faults.Length && _streams > 2 * _all.Length, "Not every fault came to pass.");
        Assert.Equal(attempts, gateway.Upstream.Received.Requests.Count(isTheirs));
        Assert.Equal(_good, complete); // a good answer of the upstream is never thrown away, and nobody makes one up
        var pool = gateway.Services.GetRequiredService<KeyPool.KeyPool>();
        Assert.Equal(0, pool.Snapshot().InFlight);
        foreach ((Credential credential, CredentialStatus status) in due)
            Assert.True(status == credential.Health.Status, $"{credential.Label} ended as {credential.Health}");
        return seen;
    }

    private static string Prompt(int number) => $"Hello {number} of the storm";

    private FakeReply? Decide(ReceivedRequest request)
    {
        if (!isTheirs(request))
            return null;
        if (Interlocked.Increment(ref _attempts) % Period != 0)
        {
            Interlocked.Increment(ref _good);
            return null;
        }

        bool streams = request.Path.Contains("stream", StringComparison.Ordinal) || request.Body.Span.IndexOf("\"stream\":true"u8) >= 0;
        return streams ? _all[Interlocked.Increment(ref _streams) % _all.Length] : faults[Interlocked.Increment(ref _bodies) % faults.Length];
    }

    private static void Check(Seen seen, int number)
    {
        if (seen.IsComplete)
            Assert.Equal("You said: " + Prompt(number), seen.Text);
        else if (seen.Status == HttpStatusCode.OK)
            Assert.True(seen.Form.IsStream() && seen.Error is not null, $"{number} {seen.Form} broke off without a word: {seen.Body}"); // what had begun is told as broken
        else
            Assert.True(TrueErrors.Contains((int)seen.Status) && !string.IsNullOrEmpty(seen.ErrorCode) && seen.Message.Length > 0, $"{number} {seen.Form}: {seen.Status} {seen.Body}");
    }
}
