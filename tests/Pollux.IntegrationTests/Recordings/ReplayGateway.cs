using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Vertex;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.IntegrationTests.Recordings;

/// <summary>What a client got, and how often the upstream was asked for it.</summary>
internal sealed record Replayed(HttpStatusCode Status, string? ContentType, byte[] Body, bool BrokenOff, int Attempts);

/// <summary>
/// A gateway whose upstream answers with recordings: the prompt names the recording, so any number may be asked for at once.
/// </summary>
internal sealed class ReplayGateway : IAsyncDisposable
{
    public const int MaxAttempts = 4;

    private const string Model = "gemini-3.5-flash";
    private static readonly string[] Keys = ["AQ.test-key-0000000000000000000000001", "AQ.test-key-0000000000000000000000002"];

    private static readonly Dictionary<string, string> Settings = new(StringComparer.Ordinal)
    {
        ["MAX_RETRY_NUM"] = MaxAttempts.ToString(CultureInfo.InvariantCulture),
        ["LOG_LEVEL"] = "warning",
        ["IMAGE_STORAGE_TYPE"] = "none", // what is compared is the picture itself
    };

    private readonly ConcurrentDictionary<string, (FakeReply Reply, AttemptCount Attempts)> _replies = new(StringComparer.Ordinal);
    private readonly TestGateway _gateway;
    private readonly bool _byVertex;
    private int _next;

    private ReplayGateway(TestGateway gateway, bool byVertex) => (_gateway, _byVertex) = (gateway, byVertex);

    /// <param name="byVertex">Whether Vertex AI answers, by two service accounts; else the Gemini API, by two keys.</param>
    public static async Task<ReplayGateway> StartAsync(bool byVertex = false)
    {
        TestGateway gateway = byVertex ? await VertexStand.StartAsync(accounts: 2, settings: Settings) : await TestGateway.StartAsync(
            fake =>
            {
                // Each key in a project of its own, so that one project's trouble leaves another key to try.
                for (int i = 0; i < Keys.Length; i++)
                    fake.AddKey(Keys[i], fake.AddProject($"10000000000{i}", FakeTier.Paid));
            },
            new Dictionary<string, string>(Settings) { ["GEMINI_API_KEYS"] = string.Join(',', Keys) });
        var replay = new ReplayGateway(gateway, byVertex);
        gateway.Upstream.Script.Chaos = replay.Answer;
        return replay;
    }

    /// <summary>Asks for a recording.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="form">How the client asks.</param>
    /// <param name="pieceBytes">The size of the pieces that the upstream sends; 0 sends event by event.</param>
    public async Task<Replayed> AskAsync(RecordedAnswer recording, ReplayForm form, int pieceBytes = 0)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        string ticket = $"ticket-{Interlocked.Increment(ref _next)}-";
        var attempts = new AttemptCount();
        _replies[ticket] = (ReplayForms.Reply(recording, ReplayForms.Upstream(form), pieceBytes), attempts);

        using HttpRequestMessage request = Request(form, ticket);
        using HttpResponseMessage response = await _gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        (byte[] body, bool brokenOff) = await ReadAsync(response, cancellation);
        _replies.TryRemove(ticket, out _);
        return new Replayed(response.StatusCode, response.Content.Headers.ContentType?.MediaType, body, brokenOff, attempts.Value);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    private HttpRequestMessage Request(ReplayForm form, string ticket)
    {
        if (form is ReplayForm.ChatWhole or ReplayForm.ChatStream)
        {
            bool stream = form == ReplayForm.ChatStream;
            object messages = new[] { new { role = "user", content = ticket } };
            return new HttpRequestMessage(HttpMethod.Post, (_byVertex ? "/vertex" : "") + "/v1/chat/completions")
            {
                Content = stream
                    ? JsonContent.Create(new { model = Model, messages, stream, stream_options = new { include_usage = true } })
                    : JsonContent.Create(new { model = Model, messages }),
            };
        }

        string action = form switch
        {
            ReplayForm.NativeUnary => "generateContent",
            ReplayForm.NativeEvents => "streamGenerateContent?alt=sse",
            _ => "streamGenerateContent",
        };
        return new HttpRequestMessage(HttpMethod.Post, $"{(_byVertex ? "/vertex" : "")}/v1beta/models/{Model}:{action}")
        {
            Content = JsonContent.Create(new { contents = new[] { new { role = "user", parts = new[] { new { text = ticket } } } } }),
        };
    }

    private static async Task<(byte[] Body, bool BrokenOff)> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var body = new MemoryStream();
        try
        {
            await response.Content.CopyToAsync(body, cancellation);
            return (body.ToArray(), false);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            return (body.ToArray(), true);
        }
    }

    private FakeReply? Answer(ReceivedRequest request)
    {
        if (request.Action is not ("generateContent" or "streamGenerateContent"))
            return null;
        string prompt = request.Json.GetProperty("contents")[0].GetProperty("parts")[0].GetProperty("text").GetString()!;
        if (!_replies.TryGetValue(prompt, out (FakeReply Reply, AttemptCount Attempts) found))
            return null;
        found.Attempts.Increment();
        return found.Reply;
    }

    /// <summary>A counter that several threads may raise.</summary>
    private sealed class AttemptCount
    {
        private int _value;

        public int Value => Volatile.Read(ref _value);

        public void Increment() => Interlocked.Increment(ref _value);
    }
}
