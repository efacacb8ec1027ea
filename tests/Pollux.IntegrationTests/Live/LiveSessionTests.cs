using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pollux.FakeGemini.Live;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Live;

/// <summary>Sessions of the Live API: what goes through them, and how they end.</summary>
[Trait("Feature", "GEM-6")]
public sealed class LiveSessionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_is_set_up_byte_for_byte_and_messages_go_both_ways_as_they_are()
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await LiveStand.StartAsync(lines);
        const string Setup = "{ \"setup\" : {\"model\":\"models/gemini-3.8-live\",\n \"generation_config\":{\"response_modalities\":[\"AUDIO\"]},\"outputAudioTranscription\":{}}}";
        using LiveClient client = await LiveClient.BeginAsync(gateway, Setup);

        string said = await client.TurnAsync("Hello ✓");
        await client.SendAsync("""{"realtimeInput":{"text":"typed"}}""", WebSocketMessageType.Binary);
        await client.UntilAsync("turnComplete");
        await client.CloseAsync(1000, "enough");

        Assert.Equal("You said: Hello ✓", said);
        FakeLiveSession session = Assert.Single(gateway.Upstream.Live.Sessions);
        Assert.Equal(Setup, Encoding.UTF8.GetString(session.RawSetup));
        Assert.Equal([true, false], session.Received.Select(static frame => frame.IsText));
        Assert.Equal(LiveStand.Say("Hello ✓"), Encoding.UTF8.GetString(session.Received[0].Bytes));
        Assert.Equal((1000, "enough"), await session.Ended.WaitAsync(Cancellation));
        RequestLine line = await lines.NextAsync();
        Assert.Equal(("101", "live", "-", "1000", "20", "10"), (line.Status, line.Text.Split(' ').First(static word => word == "live"), line["owner"], line["close"], line["prompt"], line["answer"]));
        Assert.True(long.Parse(line["bytes_in"]) > Setup.Length && long.Parse(line["bytes_out"]) > 1000, line.Text);
    }

    [Fact]
    public async Task Only_the_key_of_the_pool_reaches_the_upstream_and_the_client_sees_none()
    {
        await using TestGateway gateway = await LiveStand.StartAsync();

        using LiveClient client = await LiveClient.BeginAsync(gateway, null, $"key={TestGateway.Password}&alt=json", password: null);
        await client.CloseAsync();

        FakeLiveSession session = Assert.Single(gateway.Upstream.Live.Sessions);
        Assert.Contains(session.Request.Key, new[] { LiveStand.First, LiveStand.Second });
        Assert.DoesNotContain(TestGateway.Password, string.Join('\n', session.Request.Headers) + string.Join('\n', session.Request.Query), StringComparison.Ordinal);
        Assert.Equal("json", session.Request.Query["alt"]);
    }

    [Fact]
    public async Task Music_and_the_prefix_of_Gemini_are_served_and_other_names_are_not()
    {
        await using TestGateway gateway = await LiveStand.StartAsync();

        using LiveClient music = await LiveClient.BeginAsync(gateway, path: "gemini/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateMusic");
        await music.CloseAsync();

        Assert.EndsWith("v1alpha.GenerativeService.BidiGenerateMusic", Assert.Single(gateway.Upstream.Live.Sessions).Request.Path, StringComparison.Ordinal);
        Assert.Equal(404, (await Assert.ThrowsAsync<RefusedException>(() => LiveClient.ConnectAsync(gateway.Address, path: "ws/google.cloud.aiplatform.v1.LlmBidiService"))).Status);
        Assert.Equal(404, (await Assert.ThrowsAsync<RefusedException>(() => LiveClient.ConnectAsync(gateway.Address, path: "ws/google.ai.generativelanguage.v1beta.GenerativeService.GenerateContent"))).Status);
    }

    [Fact]
    public async Task Without_a_WebSocket_the_route_says_what_is_needed()
    {
        await using TestGateway gateway = await LiveStand.StartAsync();

        using HttpResponseMessage plain = await gateway.Client.GetAsync(new Uri("/" + LiveClient.Path, UriKind.Relative), Cancellation);
        using HttpResponseMessage posted = await gateway.Client.PostAsync(new Uri("/" + LiveClient.Path, UriKind.Relative), null, Cancellation);

        Assert.Equal(HttpStatusCode.UpgradeRequired, plain.StatusCode);
        Assert.Contains("WebSocket", await plain.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
        Assert.Empty(gateway.Upstream.Live.Sessions);
    }

    [Theory]
    [InlineData("wrong-password", 401)]
    [InlineData(null, 401)]
    public async Task A_client_without_a_valid_credential_is_refused_before_the_upgrade(string? password, int status)
    {
        await using TestGateway gateway = await LiveStand.StartAsync();

        Assert.Equal(status, (await Assert.ThrowsAsync<RefusedException>(() => LiveClient.ConnectAsync(gateway.Address, password: password))).Status);
    }

    [Fact]
    public async Task A_connection_counts_as_one_request_and_so_does_a_session_against_the_bound_of_sessions()
    {
        await using TestGateway gateway = await LiveStand.StartAsync(null, null, $"{LiveStand.First},{LiveStand.Second}", ("MAX_REQUESTS_PER_MINUTE", "3"), ("LIVE_MAX_SESSIONS", "1"));

        using LiveClient first = await LiveClient.BeginAsync(gateway);
        Assert.Equal(503, (await Assert.ThrowsAsync<RefusedException>(() => LiveClient.ConnectAsync(gateway.Address))).Status);
        await first.CloseAsync();
        using (LiveClient third = await LiveClient.BeginAsync(gateway))
            await third.CloseAsync();
        Assert.Equal(429, (await Assert.ThrowsAsync<RefusedException>(() => LiveClient.ConnectAsync(gateway.Address))).Status);
    }

    [Fact]
    public async Task Pages_of_foreign_origins_open_no_session_once_origins_are_listed()
    {
        await using TestGateway gateway = await LiveStand.StartAsync(null, null, LiveStand.First, ("ALLOWED_ORIGINS", "https://app.example"));

        Assert.Equal(101, await StatusAsync("https://app.example"));
        Assert.Equal(403, await StatusAsync("https://evil.example"));

        async Task<int> StatusAsync(string origin)
        {
            using var socket = new ClientWebSocket();
            socket.Options.CollectHttpResponseDetails = true;
            socket.Options.SetRequestHeader("Origin", origin);
            try
            {
                await socket.ConnectAsync(new UriBuilder(new Uri(gateway.Address, LiveClient.Path)) { Scheme = "ws", Query = "key=" + TestGateway.Password }.Uri, Cancellation);
            }
            catch (WebSocketException)
            {
                // the status says it
            }

            return (int)socket.HttpStatusCode;
        }
    }

    [Fact]
    public async Task A_client_that_does_not_say_what_it_wants_is_closed_after_thirty_seconds()
    {
        var clock = new ManualTimeProvider();
        await using TestGateway gateway = await LiveStand.StartAsync(null, services => services.AddSingleton<TimeProvider>(clock));
        using LiveClient client = await LiveClient.ConnectAsync(gateway.Address);

        Task<(int Code, string Words)> closed = client.ClosedAsync();
        await clock.TimerSetAsync(TimeSpan.FromSeconds(30)).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        clock.Advance(TimeSpan.FromSeconds(31));

        Assert.Equal((1008, "No setup came within 30 s."), await closed);
    }

    [Theory]
    [InlineData("""{"client_content":{}}""", 1007, "setup")]
    [InlineData("not json", 1007, "setup")]
    [InlineData("""{"setup":{}}""", 1007, "model")]
    [InlineData("""{"setup":{"model":"models/gemini-0-none"}}""", 1008, "models/gemini-0-none is not found for API version v1beta, or is not supported for bidiGenerateContent")]
    [InlineData("""{"setup":{"model":"models/gemini-3.8-live-thinking"}}""", 1007, "cannot be controlled")]
    [InlineData("""{"setup":{"model":"models/gemini-3.5-flash"}}""", 1008, "is not supported for bidiGenerateContent")]
    [InlineData("""{"setup":{"model":"models/gemini-3.8-live","colour":"red"}}""", 1007, "Unknown name \"colour\" at 'setup'")]
    [InlineData("""{"setup":{"model":"models/gemini-3.8-live","generationConfig":{"responseModalities":["TEXT"]}}}""", 1007, "non-audio")]
    [InlineData("""{"setup":{"model":"models/gemini-3.8-live","sessionResumption":{"handle":"nobody-knows-it"}}}""", 1008, "session not found")]
    public async Task A_setup_that_cannot_be_served_closes_with_a_code_and_words(string setup, int code, string words)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await LiveStand.StartAsync(lines);
        using LiveClient client = await LiveClient.ConnectAsync(gateway.Address);

        await client.SendAsync(setup);

        (int Code, string Words) closed = await client.ClosedAsync();
        Assert.Equal(code, closed.Code);
        Assert.Contains(words, closed.Words, StringComparison.Ordinal);
        RequestLine line = await lines.NextAsync();
        Assert.Equal(("Client", $"{code}"), (line["owner"], line["close"]));
    }

    [Fact]
    public async Task An_alias_is_replaced_in_the_setup_and_nothing_else_and_a_hidden_model_is_not_there()
    {
        await using TestGateway gateway = await LiveStand.StartAsync(null, null, LiveStand.First, ("MODEL_ALIASES", """{"talk":"gemini-3.8-live"}"""), ("BLOCKED_MODELS", "gemini-3.1-flash-live-preview"));

        using LiveClient client = await LiveClient.BeginAsync(gateway, """{"setup": {"systemInstruction":{"parts":[{"text":"talk"}]},"model" : "talk" }}""");
        await client.CloseAsync();
        using LiveClient hidden = await LiveClient.ConnectAsync(gateway.Address);
        await hidden.SendAsync(LiveStand.Setup("gemini-3.1-flash-live-preview"));

        Assert.Equal(1008, (await hidden.ClosedAsync()).Code);
        Assert.Equal("""{"setup": {"systemInstruction":{"parts":[{"text":"talk"}]},"model" : "models/gemini-3.8-live" }}""", Encoding.UTF8.GetString(Assert.Single(gateway.Upstream.Live.Sessions).RawSetup));
    }

    [Fact]
    public async Task A_setup_in_pieces_and_large_messages_in_both_directions_arrive_whole()
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await LiveStand.StartAsync(lines);
        byte[] sound = Encoding.UTF8.GetBytes($$$"""{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"mimeType":"audio/pcm","data":"{{{new string('A', 3_000_000)}}}"}}]}},"usageMetadata":{"promptTokenCount":7,"totalTokenCount":7}}""");
        using LiveClient client = await LiveClient.ConnectAsync(gateway.Address);
        byte[] setup = Encoding.UTF8.GetBytes(LiveStand.Setup());
        await client.Socket.SendAsync(setup.AsMemory(0, 10), WebSocketMessageType.Text, false, Cancellation);
        await client.Socket.SendAsync(setup.AsMemory(10), WebSocketMessageType.Text, true, Cancellation);
        await client.UntilAsync("setupComplete");
        FakeLiveSession session = Assert.Single(gateway.Upstream.Live.Sessions);

        await client.SendAsync("{\"realtimeInput\":{\"video\":{\"mimeType\":\"image/jpeg\",\"data\":\"" + new string('B', 2_000_000) + "\"}}}");
        await client.SendAsync("""{"realtimeInput":{"text":"and"}}""");
        await client.UntilAsync("turnComplete");
        Task sending = session.SendAsync(sound, isText: false, pieceBytes: 1000);
        (byte[] Bytes, WebSocketMessageType Type)? got = await client.ReceiveAsync();
        await sending;
        await client.CloseAsync();

        Assert.Equal("17", (await lines.NextAsync())["prompt"]); // counts behind three megabytes of sound are seen too
        Assert.Equal(sound, got!.Value.Bytes);
        Assert.Equal(WebSocketMessageType.Binary, got.Value.Type);
        Assert.Equal(2_000_000, JsonNode.Parse(session.Received[0].Bytes)!["realtimeInput"]!["video"]!["data"]!.GetValue<string>().Length);
    }

    [Fact]
    public async Task A_message_beyond_the_bound_closes_with_1009()
    {
        await using TestGateway gateway = await LiveStand.StartAsync(null, null, LiveStand.First, ("LIVE_MAX_MESSAGE_MB", "1"));
        using LiveClient client = await LiveClient.BeginAsync(gateway);

        await client.SendAsync($$$"""{"realtimeInput":{"text":"{{{new string('x', 1_200_000)}}}"}}""");

        (int Code, string Words) closed = await client.ClosedAsync();
        Assert.Equal(1009, closed.Code);
        Assert.Contains("LIVE_MAX_MESSAGE_MB", closed.Words, StringComparison.Ordinal);
        await gateway.Upstream.Live.Sessions[0].Ended.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    [Fact]
    public async Task A_side_that_does_not_read_stops_the_reading_of_the_other()
    {
        await using TestGateway gateway = await LiveStand.StartAsync(keys: LiveStand.First);
        using LiveClient client = await LiveClient.BeginAsync(gateway);
        FakeLiveSession session = gateway.Upstream.Live.Sessions[0];
        session.Hold();
        byte[] message = Encoding.UTF8.GetBytes("{\"realtimeInput\":{\"audio\":{\"mimeType\":\"audio/pcm\",\"data\":\"" + new string('A', 100_000) + "\"}}}");
        int sent = 0;
        Task sending = SendAsync();

        // Sockets and pipes in between hold some megabytes; fifty do not fit, so whoever sends must come to a stop.
        await Assert.ThrowsAsync<TimeoutException>(() => sending.WaitAsync(TimeSpan.FromSeconds(3), Cancellation));
        Assert.InRange(Volatile.Read(ref sent), 1, 400);
        session.Release();
        await sending.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        await client.SendAsync("""{"realtimeInput":{"text":"last"}}""");
        await client.UntilAsync("turnComplete");
        await client.CloseAsync();

        Assert.Equal(501, session.Received.Count);

        async Task SendAsync()
        {
            for (int i = 0; i < 500; i++)
            {
                await client.Socket.SendAsync(message, WebSocketMessageType.Text, true, Cancellation);
                Interlocked.Increment(ref sent);
            }
        }
    }

    [Fact]
    public async Task A_client_that_breaks_off_frees_the_upstream_and_the_key()
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await LiveStand.StartAsync(lines);
        LiveClient client = await LiveClient.BeginAsync(gateway);

        client.Socket.Abort();

        await gateway.Upstream.Live.Sessions[0].Ended.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.Equal("1006", (await lines.NextAsync())["close"]);
        Assert.All(gateway.Services.GetRequiredService<KeyPool.KeyPool>().Credentials(), static key => Assert.Equal(0, key.InFlight));
        client.Dispose();
    }

    [Fact]
    public async Task An_upstream_that_breaks_off_in_the_middle_is_told_with_1011()
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await LiveStand.StartAsync(lines);
        using LiveClient client = await LiveClient.BeginAsync(gateway);

        gateway.Upstream.Live.Sessions[0].Abort();

        (int Code, string Words) closed = await client.ClosedAsync();
        Assert.Equal(1011, closed.Code);
        Assert.Contains("broke off", closed.Words, StringComparison.Ordinal);
        Assert.Equal("Upstream", (await lines.NextAsync())["owner"]);
    }

    [Fact]
    public async Task The_upstreams_goAway_and_its_close_reach_the_client_without_keys_and_projects()
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await LiveStand.StartAsync(lines, keys: LiveStand.First);
        using LiveClient client = await LiveClient.BeginAsync(gateway);
        FakeLiveSession session = gateway.Upstream.Live.Sessions[0];

        await session.SayAsync(new() { ["goAway"] = new JsonObject { ["timeLeft"] = "5s" } });
        JsonObject? goAway = await client.NextAsync();
        await session.CloseAsync(1008, $"Consumer 'api_key:{LiveStand.First}' of projects/100000000001 is tired.");

        Assert.Equal("5s", goAway!["goAway"]!["timeLeft"]!.GetValue<string>());
        (int Code, string Words) closed = await client.ClosedAsync();
        Assert.Equal(1008, closed.Code);
        Assert.DoesNotContain("CANARYxyzzy", closed.Words, StringComparison.Ordinal);
        Assert.DoesNotContain("100000000001", closed.Words, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARYxyzzy", (await lines.NextAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_stops_says_goAway_and_closes_with_1001()
    {
        await using TestGateway gateway = await LiveStand.StartAsync();
        using LiveClient client = await LiveClient.BeginAsync(gateway);
        using LiveClient waiting = await LiveClient.ConnectAsync(gateway.Address); // has not said what it wants

        gateway.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        Assert.NotNull((await client.NextAsync())!["goAway"]);
        Assert.Equal(1001, (await client.ClosedAsync()).Code);
        Assert.Equal(1001, (await waiting.ClosedAsync()).Code);
        Assert.Equal(1001, (await gateway.Upstream.Live.Sessions[0].Ended.WaitAsync(Cancellation)).Code);
    }

    [Fact]
    public async Task A_session_in_which_nobody_speaks_is_closed_and_one_in_which_somebody_does_is_not()
    {
        await using TestGateway gateway = await LiveStand.StartAsync(null, null, $"{LiveStand.First},{LiveStand.Second}", ("LIVE_IDLE_SECONDS", "3"));
        using LiveClient silent = await LiveClient.BeginAsync(gateway);
        using LiveClient talking = await LiveClient.BeginAsync(gateway);

        Task<(int Code, string Words)> closed = silent.ClosedAsync();
        while (!closed.IsCompleted)
            Assert.Equal("You said: still here", await talking.TurnAsync("still here"));

        Assert.Equal(1000, (await closed).Code);
        Assert.Contains("LIVE_IDLE_SECONDS", (await closed).Words, StringComparison.Ordinal);
        Assert.Equal("You said: still here", await talking.TurnAsync("still here"));
        await talking.CloseAsync();
    }
}
