using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Pollux.FakeGemini;

namespace Pollux.IntegrationTests.Faults;

/// <summary>What a request of the storm is for.</summary>
internal enum StormTask
{
    /// <summary>It wants an answer.</summary>
    Answer,

    /// <summary>It is wrong by itself: the upstream refuses it.</summary>
    Wrong,

    /// <summary>The upstream never answers it, and the client goes away.</summary>
    GiveUp,
}

/// <summary>
/// The upstream's behaviour in a storm. What happens to an attempt follows from the seed, the request's number and the
/// attempt's number alone, so a storm can be repeated whatever the order in which its requests run.
/// </summary>
internal sealed class StormScript(int seed)
{
    /// <summary>Stands before a request's number in its prompt.</summary>
    public const string Mark = "storm-";

    private const int Digits = 6;
    private const double FaultRate = 0.35;

    private static readonly (string Name, FakeReply Reply)[] AnyForm =
    [
        ("429 minute", FakeReply.QuotaMinute(retryDelay: TimeSpan.FromSeconds(1))),
        ("429 day", FakeReply.QuotaDay()),
        ("429 minute and day", FakeReply.QuotaMinuteAndDay()),
        ("429 limit 0", FakeReply.QuotaZero()),
        ("429 tokens", FakeReply.QuotaTokens(retryDelay: TimeSpan.FromSeconds(1))),
        ("429 capacity", FakeReply.SharedCapacityExhausted()),
        ("429 prepayment", FakeReply.PrepaymentDepleted()),
        ("400 invalid key", FakeReply.InvalidKey()),
        ("400 expired key", FakeReply.ExpiredKey()),
        ("401 auth key", FakeReply.AuthKeyRefused()),
        ("403 no identity", FakeReply.NoIdentity()),
        ("403 leaked", FakeReply.LeakedKey()),
        ("403 suspended", FakeReply.SuspendedKey()),
        ("403 service off", FakeReply.ServiceDisabled()),
        ("403 denied", FakeReply.ProjectDenied()),
        ("403 billing", FakeReply.BillingDisabled()),
        ("403 blocked", FakeReply.BlockedKey()),
        ("404 for this key", FakeReply.ModelNotForKey()),
        ("500", FakeReply.InternalError()),
        ("503", FakeReply.Overloaded()),
        ("503 array", FakeReply.Overloaded().AsArray()),
        ("429 array", FakeReply.QuotaMinute(retryDelay: TimeSpan.FromSeconds(1)).AsArray()),
        ("403 suspended array", FakeReply.SuspendedKey().AsArray()),
        ("504", FakeReply.DeadlineExceeded()),
        ("HTML 502", FakeReply.HtmlError()),
        ("HTML 404", FakeReply.HtmlError(404)),
        ("reset", FakeReply.Reset()),
        ("empty: no content", FakeReply.NoContent()),
        ("empty: no parts", FakeReply.NoParts()),
        ("empty: parts []", FakeReply.EmptyParts()),
        ("empty: no candidates", FakeReply.NoCandidates()),
        ("empty: OTHER", FakeReply.NoContent("OTHER")),
        ("malformed call", FakeReply.MalformedFunctionCall()),
        ("cut in the answer", FakeReply.Default.ResetAfter(1)),
    ];

    private static readonly (string Name, FakeReply Reply)[] InStreams =
    [
        ("stream: reset", FakeReply.Default.ResetAfter(1)),
        ("stream: reset late", FakeReply.Default.ResetAfter(2)),
        ("stream: bare error", FakeReply.Default.BareErrorAfter(1)),
        ("stream: bare 503", FakeReply.Default.BareErrorAfter(2, FakeReply.Overloaded())),
        ("stream: bare error with key", FakeReply.Default.BareErrorAfter(2, FakeReply.SuspendedKey())),
        ("stream: data error", FakeReply.Default.DataErrorAfter(1)),
        ("stream: data error late", FakeReply.Default.DataErrorAfter(2)),
        ("stream: ended at once", FakeReply.Default.EndedAfter(0)),
        ("stream: ended early", FakeReply.Default.EndedAfter(2)),
        ("stream: no finish", FakeReply.Default.WithoutFinish()),
    ];

    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(30);

    private readonly ConcurrentDictionary<int, List<string>> _attempts = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<ReceivedRequest>> _held = new();
    private readonly ConcurrentDictionary<string, int> _sums = new(StringComparer.Ordinal);

    /// <summary>How often each thing was done to an attempt.</summary>
    public IReadOnlyDictionary<string, int> Sums => _sums;

    /// <summary>What a request is for.</summary>
    public static StormTask TaskOf(int number) => (number % 50) switch
    {
        7 => StormTask.Wrong,
        23 => StormTask.GiveUp,
        _ => StormTask.Answer,
    };

    /// <summary>A prompt that carries its number everywhere, so that any mixture shows. One in twenty is long.</summary>
    public static string Prompt(int number)
    {
        string mark = Mark + number.ToString($"D{Digits}", CultureInfo.InvariantCulture) + " é😀 ";
        int times = number % 20 == 3 ? 600 : 1 + (number % 7);
        return string.Concat(Enumerable.Repeat(mark, times)).TrimEnd();
    }

    /// <summary>The number of the request behind a body, or -1.</summary>
    public static int NumberOf(ReadOnlySpan<byte> body)
    {
        int at = body.IndexOf("storm-"u8);
        return at < 0 ? -1 : int.Parse(Encoding.ASCII.GetString(body.Slice(at + Mark.Length, Digits)), CultureInfo.InvariantCulture);
    }

    /// <summary>What was done to each attempt of a request, in their order.</summary>
    public IReadOnlyList<string> AttemptsOf(int number)
    {
        if (!_attempts.TryGetValue(number, out List<string>? attempts))
            return [];
        lock (attempts)
            return [.. attempts];
    }

    /// <summary>The request that the upstream holds for a client that gives up.</summary>
    public Task<ReceivedRequest> HeldAsync(int number) => Held(number).Task;

    /// <summary>For <see cref="FakeScript.Chaos"/>.</summary>
    public FakeReply? Decide(ReceivedRequest request)
    {
        int number = NumberOf(request.Body.Span);
        if (number < 0)
            return null;

        List<string> attempts = _attempts.GetOrAdd(number, static _ => []);
        string name;
        FakeReply? reply;
        lock (attempts) // keys that are asked at once come at once
        {
            (name, reply) = Choose(number, attempts.Count, request.Action == "streamGenerateContent");
            attempts.Add(name);
        }

        _sums.AddOrUpdate(name, 1, static (_, sum) => sum + 1);
        if (TaskOf(number) != StormTask.GiveUp)
            return reply;

        Held(number).TrySetResult(request);
        return FakeReply.Default.HeldUntil(new TaskCompletionSource().Task, number % 2);
    }

    private (string Name, FakeReply? Reply) Choose(int number, int attempt, bool streams)
    {
#pragma warning disable CA5394 // chance that can be replayed
        var random = new Random(unchecked((seed * 1_000_003) + (number * 101) + attempt));
        if (random.NextDouble() >= FaultRate)
            return random.Next(20) == 0 ? ("slow", FakeReply.Default.After(Slow)) : random.Next(20) == 0 ? ("slow events", FakeReply.Default.Between(Slow)) : ("good", null);

        int index = random.Next(AnyForm.Length + (streams ? InStreams.Length : 0));
        return index < AnyForm.Length ? AnyForm[index] : InStreams[index - AnyForm.Length];
#pragma warning restore CA5394
    }

    private TaskCompletionSource<ReceivedRequest> Held(int number) =>
        _held.GetOrAdd(number, static _ => new TaskCompletionSource<ReceivedRequest>(TaskCreationOptions.RunContinuationsAsynchronously));
}
