using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Live;

/// <summary>A gateway before an upstream that serves Live models, and what tests of sessions need.</summary>
internal static class LiveStand
{
    public const string First = "AQ.first-CANARYxyzzy-live-key-00000000001";
    public const string Second = "AQ.second-CANARYxyzzy-live-key-0000000002";
    public const string Model = "gemini-3.8-live";
    public const string OtherCaller = "other-caller-of-the-live-tests";

    public static FakeGeminiOptions Upstream { get; } = new() { Models = [.. FakeModelCatalog.Default, .. FakeModelCatalog.Live], ReceivedCapacity = 100_000 };

    /// <summary>Two keys of two projects; the gateway uses both.</summary>
    public static Task<TestGateway> StartAsync(
        RequestLines? lines = null, Action<IServiceCollection>? services = null, string keys = $"{First},{Second}", params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["GEMINI_API_KEYS"] = keys, ["ALLOWED_TOKENS"] = OtherCaller };
        foreach ((string name, string value) in settings)
            all[name] = value;
        return (lines ?? new RequestLines()).StartAsync(AddKeys, all, Upstream, services);
    }

    public static void AddKeys(FakeGeminiServer upstream)
    {
        upstream.AddKey(First, upstream.AddProject("100000000001"));
        upstream.AddKey(Second, upstream.AddProject("100000000002"));
    }

    public static string Setup(string model = Model, string more = "") => $$$"""{"setup":{"model":"models/{{{model}}}","generationConfig":{"responseModalities":["AUDIO"]}""" + more + "}}";

    public static string Say(string text) => "{\"client_content\":{\"turns\":[{\"role\":\"user\",\"parts\":[{\"text\":\"" + text + "\"}]}],\"turnComplete\":true}}";
}

/// <summary>A client of the Live API.</summary>
internal sealed class LiveClient : IDisposable
{
    public const string Path = "ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
    public const string Constrained = "ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained";

    private readonly byte[] _buffer = new byte[64 * 1024];

    private LiveClient(ClientWebSocket socket) => Socket = socket;

    public ClientWebSocket Socket { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<LiveClient> ConnectAsync(Uri gateway, string? query = null, string path = Path, string? password = TestGateway.Password)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (password is not null)
            socket.Options.SetRequestHeader("x-goog-api-key", password);
        try
        {
            await socket.ConnectAsync(new UriBuilder(new Uri(gateway, path)) { Scheme = "ws", Query = query }.Uri, Cancellation);
            return new LiveClient(socket);
        }
        catch (WebSocketException fault)
        {
            int status = (int)socket.HttpStatusCode;
            socket.Dispose();
            throw new RefusedException(status, fault);
        }
    }

    /// <summary>Connects, sets up and waits until the session is ready.</summary>
    public static async Task<LiveClient> BeginAsync(TestGateway gateway, string? setup = null, string? query = null, string path = Path, string? password = TestGateway.Password)
    {
        LiveClient client = await ConnectAsync(gateway.Address, query, path, password);
        await client.SendAsync(setup ?? LiveStand.Setup());
        JsonObject? first = await client.NextAsync();
        Assert.True(first?["setupComplete"] is not null, $"{first} {client.Socket.CloseStatus} {client.Socket.CloseStatusDescription}");
        return client;
    }

    public Task SendAsync(string text, WebSocketMessageType type = WebSocketMessageType.Text) => Socket.SendAsync(Encoding.UTF8.GetBytes(text), type, true, Cancellation);

    /// <summary>The next message's bytes; null when the other side closed.</summary>
    public async Task<(byte[] Bytes, WebSocketMessageType Type)?> ReceiveAsync()
    {
        using var message = new MemoryStream();
        while (true)
        {
            ValueWebSocketReceiveResult read = await Socket.ReceiveAsync(_buffer.AsMemory(), Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                if (Socket.State == WebSocketState.CloseReceived)
                    await Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
                return null;
            }

            message.Write(_buffer, 0, read.Count);
            if (read.EndOfMessage)
                return (message.ToArray(), read.MessageType);
        }
    }

    public async Task<JsonObject?> NextAsync() => await ReceiveAsync() is { } message ? JsonNode.Parse(message.Bytes)!.AsObject() : null;

    /// <summary>Messages up to and with the one that holds a member.</summary>
    public async Task<List<JsonObject>> UntilAsync(string member)
    {
        var all = new List<JsonObject>();
        while (await NextAsync() is { } message)
        {
            all.Add(message);
            if (message.ContainsKey(member) || message["serverContent"]?[member] is not null)
                return all;
        }

        throw new Xunit.Sdk.XunitException($"Closed before {member}: {Socket.CloseStatus} {Socket.CloseStatusDescription}");
    }

    /// <summary>What the other side closed with; messages before it are passed over.</summary>
    public async Task<(int Code, string Words)> ClosedAsync()
    {
        while (await ReceiveAsync() is not null)
        {
        }

        return ((int)Socket.CloseStatus!, Socket.CloseStatusDescription ?? "");
    }

    public async Task<string> TurnAsync(string text)
    {
        await SendAsync(LiveStand.Say(text));
        return string.Concat((await UntilAsync("turnComplete")).Select(static message => message["serverContent"]?["outputTranscription"]?["text"]?.GetValue<string>()));
    }

    /// <summary>The client's goodbye, and the answer to it.</summary>
    public async Task CloseAsync(int code = 1000, string words = "done")
    {
        await Socket.CloseAsync((WebSocketCloseStatus)code, words, Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    public void Dispose() => Socket.Dispose();
}

/// <summary>The opening of a WebSocket was refused.</summary>
internal sealed class RefusedException(int status, Exception inner) : Exception($"HTTP {status}", inner)
{
    public int Status => status;
}
