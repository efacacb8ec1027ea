using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.IntegrationTests.Recordings;

/// <summary>Every recorded answer, served by the upstream and asked for in every form and dialect.</summary>
public sealed class RecordedAnswersThroughGatewayTests(ITestOutputHelper output)
{
    /// <summary>Recordings above this size are cut into that many pieces instead of single bytes.</summary>
    private const int MaxPieces = 1500;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Good_answers_arrive_complete_in_every_form(bool byVertex)
    {
        RecordedAnswers.SkipIfAbsent();
        await using ReplayGateway gateway = await ReplayGateway.StartAsync(byVertex);
        var faults = new ConcurrentQueue<string>();
        var counts = new ConcurrentDictionary<string, int>();
        await Parallel.ForEachAsync(RecordedAnswers.All, Two, async (recording, _) =>
        {
            foreach (ReplayForm form in ReplayForms.All)
            {
                if (Flaw(recording, form) is not null)
                    continue;
                Replayed replayed = await gateway.AskAsync(recording, form);
                counts.AddOrUpdate($"{form} of {recording.Form}", 1, (_, count) => count + 1);
                foreach (string fault in Check(recording, form, replayed))
                    faults.Enqueue($"{recording.Name} as {form}: {fault}");
            }
        });

        Print(counts);
        Assert.True(faults.IsEmpty, string.Join('\n', faults));
    }

    [Fact]
    public async Task Good_streams_arrive_complete_when_the_network_cuts_them_to_pieces()
    {
        RecordedAnswers.SkipIfAbsent();
        await using ReplayGateway gateway = await ReplayGateway.StartAsync();
        var faults = new ConcurrentQueue<string>();
        var counts = new ConcurrentDictionary<string, int>();
        await Parallel.ForEachAsync(RecordedAnswers.All.Where(recording => recording.Form != RecordedForm.Unary), Two, async (recording, _) =>
        {
            ReplayForm[] forms = recording.Form == RecordedForm.Array ? [ReplayForm.NativeArray] : [ReplayForm.NativeEvents, ReplayForm.ChatStream];
            int piece = 1 + (recording.Bytes.Length / MaxPieces);
            foreach (ReplayForm form in forms)
            {
                if (Flaw(recording, form) is not null)
                    continue;
                Replayed replayed = await gateway.AskAsync(recording, form, piece);
                counts.AddOrUpdate($"{form} in pieces of {(piece == 1 ? "one byte" : "a few bytes")}", 1, (_, count) => count + 1);
                foreach (string fault in Check(recording, form, replayed))
                    faults.Enqueue($"{recording.Name} as {form} in pieces of {piece}: {fault}");
            }
        });

        Print(counts);
        Assert.True(faults.IsEmpty, string.Join('\n', faults));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bad_answers_are_told_as_errors_in_the_callers_dialect(bool byVertex)
    {
        RecordedAnswers.SkipIfAbsent();
        var faults = new ConcurrentQueue<string>();
        var table = new ConcurrentDictionary<string, ConcurrentDictionary<string, int>>();
        var flaws = new ConcurrentDictionary<string, string>();
        IEnumerable<RecordedAnswer> bad = RecordedAnswers.All.Where(recording => IsOf(recording.Name, byVertex) && ReplayForms.All.Any(form => Flaw(recording, form) is not null));
        await Parallel.ForEachAsync(bad, Two, async (recording, _) =>
        {
            foreach (ReplayForm form in ReplayForms.All)
            {
                if (Flaw(recording, form) is not { } flaw || (flaw == "error" && ReplayForms.Upstream(form) == RecordedForm.Unary))
                    continue; // good in this form, or an error in mid-stream, which no whole answer can have

                flaws[recording.Name] = flaw;
                await using ReplayGateway gateway = await ReplayGateway.StartAsync(byVertex); // an error may put a key out
                Replayed replayed = await gateway.AskAsync(recording, form);
                string told = $"{(int)replayed.Status}{(replayed.Status == HttpStatusCode.OK ? " in mid-stream" : "")}, {replayed.Attempts} attempts";
                table.GetOrAdd($"{flaw,-16} {recording.Name}", _ => new()).AddOrUpdate(told, 1, (_, count) => count + 1);
                foreach (string fault in CheckError(form, flaw, replayed))
                    faults.Enqueue($"{recording.Name} ({flaw}) as {form}: {fault}; told as {told}: {Encoding.UTF8.GetString(replayed.Body)}");
            }
        });

        foreach ((string flaw, string reason) in BadRecordings.Reasons)
            output.WriteLine($"{flaw}: {reason}");
        foreach ((string what, ConcurrentDictionary<string, int> told) in table.OrderBy(row => row.Key, StringComparer.Ordinal))
            output.WriteLine($"{what}: {string.Join("; ", told.Select(pair => $"{pair.Value} x {pair.Key}"))}");
        output.WriteLine($"{table.Count} recordings, {table.Values.Sum(told => told.Values.Sum())} answers");
        Assert.Equal(BadRecordings.ByName.Where(row => IsOf(row.Key, byVertex)).OrderBy(row => row.Key, StringComparer.Ordinal), flaws.OrderBy(row => row.Key, StringComparer.Ordinal));
        Assert.True(faults.IsEmpty, string.Join('\n', faults));
    }

    /// <summary>What Vertex AI never said is not told by it.</summary>
    private static bool IsOf(string name, bool byVertex) => !byVertex || name.Contains("/vertexai-", StringComparison.Ordinal);

    private static ParallelOptions Two => new() { MaxDegreeOfParallelism = 2, CancellationToken = TestContext.Current.CancellationToken };

    /// <summary>Why the recording is no good answer in this form; <see langword="null"/> when it is one.</summary>
    private static string? Flaw(RecordedAnswer recording, ReplayForm form)
    {
        if (recording.Status >= 400)
            return $"status {recording.Status}";
        if (recording.Events is null)
            return "malformed";

        ExpectedChat expected = ExpectedChat.Of(recording.Events);
        string? flaw = expected.Flaw();
        if (flaw is "nameless call" or "prompt blocked" && form is not (ReplayForm.ChatWhole or ReplayForm.ChatStream))
            flaw = null; // a native client may have asked for calls in pieces, and reads of a block as Google tells it
        bool streamed = form is not (ReplayForm.NativeUnary or ReplayForm.ChatWhole);
        return flaw ?? (streamed && expected.Choices.Values.Any(choice => choice.Finish is null) ? "cut" : null);
    }

    private static IEnumerable<string> Check(RecordedAnswer recording, ReplayForm form, Replayed replayed)
    {
        if (replayed.Status != HttpStatusCode.OK || replayed.BrokenOff || replayed.Attempts != 1)
            return [$"status {(int)replayed.Status}, broken off: {replayed.BrokenOff}, {replayed.Attempts} attempts: {Encoding.UTF8.GetString(replayed.Body)}"];
        if (form is ReplayForm.ChatWhole or ReplayForm.ChatStream)
        {
            ChatOutcome outcome = form == ReplayForm.ChatWhole ? ChatValidator.Whole(replayed.Body) : ChatValidator.Stream(replayed.Body, usageAsked: true);
            return outcome.Problems.Concat(ChatComparison.Differences(ExpectedChat.Of(recording.Events!), outcome));
        }

        return CheckNative(recording, form, replayed);
    }

    private static IEnumerable<string> CheckNative(RecordedAnswer recording, ReplayForm form, Replayed replayed)
    {
        RecordedForm upstream = ReplayForms.Upstream(form);
        byte[] sent = [.. ReplayForms.Pieces(recording, upstream).SelectMany(piece => piece)];
        if (!sent.AsSpan().TrimEnd("\r\n \t"u8).SequenceEqual(replayed.Body.AsSpan().TrimEnd("\r\n \t"u8)))
            yield return "other bytes than the upstream sent";

        RecordedAnswer received = RecordedAnswer.Create(recording.Name, 200, upstream, replayed.Body);
        IReadOnlyList<JsonElement> due = RecordedAnswer.Create(recording.Name, 200, upstream, sent).Events!;
        if (received.Events is null || received.Events.Count != due.Count || received.Events.Zip(due).Any(pair => !JsonElement.DeepEquals(pair.First, pair.Second)))
            yield return $"other events: {received.Events?.Count} where {due.Count} were due";
        string type = form == ReplayForm.NativeEvents ? "text/event-stream" : "application/json";
        if (replayed.ContentType != type)
            yield return $"content type {replayed.ContentType} where {type} was due";
    }

    private static IEnumerable<string> CheckError(ReplayForm form, string flaw, Replayed replayed)
    {
        if (replayed.Attempts is < 1 or > ReplayGateway.MaxAttempts)
            yield return "attempts without bound, or none";

        // A stream that failed must not look whole to a client that only watches the connection.
        bool inStream = replayed.Status == HttpStatusCode.OK;
        if (replayed.BrokenOff != inStream)
            yield return inStream ? "the connection ended well" : "the connection broke";
        if (inStream ? !MayBeToldInStream(form, flaw) : !Statuses(flaw).Contains((int)replayed.Status))
            yield return "not a sensible status";
        string? problem = form is ReplayForm.ChatWhole or ReplayForm.ChatStream ? ChatErrorProblem(form, inStream, replayed) : NativeErrorProblem(form, inStream, replayed);
        if (problem is not null)
            yield return problem;
    }

    /// <summary>Once something was sent, an error can only be told inside the stream.</summary>
    private static bool MayBeToldInStream(ReplayForm form, string flaw) =>
        form is not (ReplayForm.NativeUnary or ReplayForm.ChatWhole) && flaw is "error" or "cut" or "failed turn" or "nameless call";

    private static int[] Statuses(string flaw) => flaw switch
    {
        "prompt blocked" => [400],
        "failed turn" or "nameless call" => [502],
        "empty" or "malformed" => [502, 503], // a stream that ends without anything looks like one that was cut
        "cut" => [503],
        _ => [400, 404, 429, 502, 503],
    };

    private static string? ChatErrorProblem(ReplayForm form, bool inStream, Replayed replayed)
    {
        ChatOutcome outcome = inStream && form == ReplayForm.ChatStream ? ChatValidator.Stream(replayed.Body, usageAsked: true) : ChatValidator.Whole(replayed.Body);
        return outcome.Error is null ? "no error is told" : outcome.Problems.Count > 0 ? string.Join("; ", outcome.Problems) : null;
    }

    private static string? NativeErrorProblem(ReplayForm form, bool inStream, Replayed replayed)
    {
        RecordedForm framing = inStream ? ReplayForms.Upstream(form) : RecordedForm.Unary;
        JsonElement last;
        try
        {
            last = RecordedAnswer.Create("", 200, framing, replayed.Body).Events?[^1] ?? default;
        }
        catch (JsonException fault)
        {
            return fault.Message;
        }

        if (last.ValueKind == JsonValueKind.Array)
            last = last[0];
        if (last.ValueKind != JsonValueKind.Object || !last.TryGetProperty("error", out JsonElement error))
            return "no error is told";
        return error.GetProperty("code").GetInt32() >= 400 && error.GetProperty("message").GetString() is { Length: > 0 } ? null : "an error without code or message";
    }

    private void Print(ConcurrentDictionary<string, int> counts)
    {
        foreach ((string what, int count) in counts.OrderBy(row => row.Key, StringComparer.Ordinal))
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count,5} {what}"));
        output.WriteLine($"{counts.Values.Sum(),5} in all");
    }
}
