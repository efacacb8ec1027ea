using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Serving;

/// <summary>STR-2: the text of a true stream flows evenly, and never far behind the upstream.</summary>
[Trait("Feature", "STR-2")]
public sealed class PacedStreamTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestLag = TimeSpan.FromMilliseconds(250);
    private readonly ManualTimeProvider _clock = new();
    private readonly RequestLines _lines = new();

    public void Dispose() => _lines.Dispose();

    public static TheoryData<Form, int, string[]> Texts => new()
    {
        { Form.OpenAIStream, 24, ["H", "a", "l", "l", "o", "!"] },
        { Form.GeminiStream, 24, ["H", "\u4E2D", "\u6587", "\U0001F468\u200D\U0001F469\u200D\U0001F467", "e\u0301", "\U0001F1E9\U0001F1EA", "\U0001F44D\U0001F3FD"] },
        { Form.GeminiArray, 24, ["a", "\U0001F600", "b"] },
        { Form.OpenAIStream, 16, [.. Enumerable.Repeat("abcde", 12)] }, // long: pieces of five
        { Form.GeminiStream, 16, [.. Enumerable.Repeat(new string('x', 125), 16)] }, // 2,000: pieces grow, 15 pauses of 16 ms are 240
        { Form.OpenAIStream, 24, [.. Enumerable.Repeat("\u4E2D\u6587", 5)] },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task A_text_that_comes_at_once_goes_in_pieces_at_exact_instants(Form form, int pause, string[] pieces)
    {
        var settings = new Dictionary<string, string>();
        if (pieces[0] == "\u4E2D\u6587")
            (settings["STREAM_SHORT_TEXT_THRESHOLD"], settings["STREAM_LONG_TEXT_THRESHOLD"], settings["STREAM_CHUNK_SIZE"], settings["STREAM_MIN_DELAY"]) = ("5", "10", "2", "0.024");
        await using TestGateway gateway = await StartAsync(settings);
        gateway.Upstream.Script.Next(FakeReply.TextInPieces(string.Concat(pieces)));

        using LiveAnswer answer = await LiveAnswer.OpenAsync(gateway, form);
        for (int i = 0; i < pieces.Length; i++)
        {
            if (i > 0)
            {
                await _clock.TimerSetAsync(TimeSpan.FromMilliseconds(pause)).WaitAsync(Deadline, TestContext.Current.CancellationToken);
                _clock.Advance(TimeSpan.FromMilliseconds(pause - 1));
                Assert.Equal(string.Concat(pieces[..i]), answer.Text);
                _clock.Advance(TimeSpan.FromMilliseconds(1));
            }

            await answer.ReadTextAsync(string.Concat(pieces[..(i + 1)]));
        }

        (Seen seen, bool cut) = await answer.ReadToEndAsync(); // without another pause
        Assert.True(seen.IsComplete && !cut, seen.Body);
    }

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task A_flood_of_events_is_with_the_client_within_250_milliseconds(Form form)
    {
        await using TestGateway gateway = await StartAsync([]);
        string[] texts = [.. Enumerable.Range(0, 20).Select(static number => $"event number {number:D3} end ")];
        IEnumerable<string> events = texts.Select(static (text, index) =>
            $$"""{"candidates":[{"content":{"parts":[{"text":"{{text}}"}],"role":"model"}{{(index == 19 ? ",\"finishReason\":\"STOP\"" : "")}},"index":0}]}""");
        string body = form == Form.GeminiArray ? $"[{string.Join(",\r\n", events)}]" : string.Concat(events.Select(static item => $"data: {item}\r\n\r\n"));
        gateway.Upstream.Script.Next(FakeReply.Raw(200, form == Form.GeminiArray ? "application/json" : "text/event-stream", Encoding.UTF8.GetBytes(body))); // in one packet

        using LiveAnswer answer = await LiveAnswer.OpenAsync(gateway, form);
        (Seen seen, bool cut, TimeSpan passed) = await answer.PlayAsync(_clock, LongestLag);

        Assert.True(seen.IsComplete && !cut, seen.Body);
        Assert.Equal(string.Concat(texts), seen.Text);
        Assert.InRange(seen.Events.Count, 20, 60);
        Assert.InRange(passed, TimeSpan.FromMilliseconds(200), LongestLag);
    }

    [Theory]
    [InlineData("STREAM_MAX_DELAY", "60")]
    [InlineData("STREAM_SHORT_TEXT_THRESHOLD", "49")]
    public async Task No_setting_delays_the_end_for_longer(string name, string value)
    {
        await using TestGateway gateway = await StartAsync(new() { [name] = value });
        gateway.Upstream.Script.Next(FakeReply.TextInPieces("one piece of some length and another one"));

        using LiveAnswer answer = await LiveAnswer.OpenAsync(gateway, Form.OpenAIStream);
        (Seen seen, bool cut, TimeSpan passed) = await answer.PlayAsync(_clock, LongestLag);

        Assert.True(seen.IsComplete && !cut, seen.Body);
        Assert.Equal("one piece of some length and another one", seen.Text);
        Assert.InRange(passed, TimeSpan.Zero, LongestLag);
    }

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task Thoughts_calls_and_usage_keep_their_place_and_come_once(Form form)
    {
        await using TestGateway gateway = await StartAsync([]);
        gateway.Upstream.Script.Next(FakeReply.Parts(
            new JsonObject { ["text"] = "Some thoughts before it begins", ["thought"] = true },
            new JsonObject { ["text"] = "Some words of the answer" },
            new JsonObject { ["functionCall"] = new JsonObject { ["name"] = "look", ["args"] = new JsonObject { ["where"] = "there" } } }));
        JsonObject body = form.Body("Hello");
        if (form == Form.OpenAIStream)
            body["stream_options"] = new JsonObject { ["include_usage"] = true };

        using HttpRequestMessage request = Ask.Request(form.Path(), body);
        using LiveAnswer answer = await LiveAnswer.OpenAsync(form, gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken));
        (Seen seen, bool cut, _) = await answer.PlayAsync(_clock, LongestLag);

        Assert.True(seen.IsComplete && !cut, seen.Body);
        Assert.Equal(("Some thoughts before it begins", "Some words of the answer"), (seen.Thoughts, seen.Text));
        JsonNode[] deltas = [.. form == Form.OpenAIStream
            ? seen.Events.SelectMany(static item => item["choices"]!.AsArray()).Select(static choice => choice!["delta"]!)
            : seen.Events.SelectMany(static item => item["candidates"]![0]!["content"]!["parts"]!.AsArray()).Select(static part => part!)];
        string[] kinds = [.. deltas.Select(static delta =>
            delta["tool_calls"] is not null || delta["functionCall"] is not null ? "call"
            : delta["reasoning_content"] is not null || delta["thought"] is not null ? "thought"
            : (delta["content"] ?? delta["text"])?.GetValue<string>() is { Length: > 0 } ? "text" : "").Where(static kind => kind.Length > 0)];
        Assert.Equal(["thought", "text", "call"], kinds.Distinct());
        Assert.Equal(kinds.Order(StringComparer.Ordinal).Reverse(), [.. kinds.Where(static kind => kind == "thought"), .. kinds.Where(static kind => kind == "text"), .. kinds.Where(static kind => kind == "call")]);
        Assert.Single(kinds, static kind => kind == "thought");
        Assert.Single(kinds, static kind => kind == "call");
        Assert.InRange(kinds.Count(static kind => kind == "text"), 10, 24);
    }

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task An_error_comes_behind_the_text_that_was_before_it(Form form)
    {
        await using TestGateway gateway = await StartAsync([]);
        gateway.Upstream.Script.Next(FakeReply.TextInPieces("Hello there, ", "you will not see this").DataErrorAfter(1));

        using LiveAnswer answer = await LiveAnswer.OpenAsync(gateway, form);
        (Seen seen, bool cut, TimeSpan passed) = await answer.PlayAsync(_clock, LongestLag);

        Assert.True(cut);
        Assert.Equal("Hello there, ", seen.Text);
        Assert.NotNull(seen.Error);
        Assert.Equal(form switch { Form.OpenAIStream => "data", Form.GeminiStream => "bare", _ => "element" }, seen.ErrorFraming);
        Assert.InRange(passed, TimeSpan.FromMilliseconds(1), LongestLag);
    }

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task A_client_that_leaves_in_mid_stream_frees_the_upstream_within_a_second(Form form)
    {
        await using TestGateway gateway = await _lines.StartAsync(settings: new Dictionary<string, string> { ["STREAM_OPTIMIZER_ENABLED"] = "true" });
        gateway.Upstream.Script.Next(FakeReply.TextInPieces("Hello there", "never").HeldUntil(new TaskCompletionSource().Task, eventIndex: 1));

        LiveAnswer answer = await LiveAnswer.OpenAsync(gateway, form);
        ReceivedRequest held = await gateway.Upstream.Received.WaitForAsync(static request => request.Method == "POST", TestContext.Current.CancellationToken).WaitAsync(Deadline, TestContext.Current.CancellationToken);
        answer.Dispose();

        Assert.Equal(RequestEnd.AbortedByClient, await held.Ended.WaitAsync(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken));
        RequestLine line = await _lines.NextAsync();
        Assert.Equal(("499", "-", 1), (line.Status, line["owner"], line.Attempts));
        KeyPool.PoolSnapshot pool = gateway.Services.GetRequiredService<KeyPool.KeyPool>().Snapshot();
        Assert.Equal((0, 1), (pool.InFlight, pool.Usable));
    }

    [Fact]
    public async Task A_slow_reader_holds_the_upstream_back()
    {
        const int EventBytes = 64 * 1024;
        const int Events = 1024; // 64 MB
        const long MayLieOnTheWay = 32L * 1024 * 1024; // sockets' buffers on both sides, and the server's
        byte[] one = Encoding.ASCII.GetBytes($"data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{new string('Z', EventBytes)}\"}}],\"role\":\"model\"}},\"index\":0}}]}}\r\n\r\n");
        byte[] last = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"!\"}],\"role\":\"model\"},\"finishReason\":\"STOP\",\"index\":0}]}\r\n\r\n"u8.ToArray();
        await using var upstream = await CountingUpstream.StartAsync(one, Events, last);
        await using TestGateway gateway = await _lines.StartAsync(settings: new Dictionary<string, string> { ["BASE_URL"] = upstream.Address, ["STREAM_OPTIMIZER_ENABLED"] = "true" });

        using HttpRequestMessage request = Form.GeminiStream.Request("Hello");
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await upstream.StalledAsync();
        Assert.InRange(upstream.SentBytes, one.Length, MayLieOnTheWay);

        await using Stream body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        byte[] buffer = new byte[256 * 1024];
        long texts = 0;
        while (await body.ReadAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var bytes)
            texts += buffer.AsSpan(0, bytes).Count((byte)'Z');
        Assert.Equal((long)Events * EventBytes, texts);
        Assert.Equal("-", (await _lines.NextAsync())["owner"]);
    }

    private Task<TestGateway> StartAsync(Dictionary<string, string> settings) => _lines.StartAsync(
        settings: new Dictionary<string, string>(settings) { ["STREAM_OPTIMIZER_ENABLED"] = "true", ["STREAM_KEEPALIVE_SECONDS"] = "0" },
        services: services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_clock)));
}
