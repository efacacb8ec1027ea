using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Live;

/// <summary>A message as it came over a Live connection.</summary>
/// <param name="Bytes">Its payload.</param>
/// <param name="IsText">Text rather than binary.</param>
public sealed record FakeLiveFrame(byte[] Bytes, bool IsText);

/// <summary>A Live session at the fake. Thread-safe, but for receiving, which is its service's or its script's.</summary>
public sealed class FakeLiveSession : IDisposable
{
    private const int KeptFrames = 2000;

    private readonly WebSocket _socket;
    private readonly Action _cut;
    private readonly ConcurrentQueue<FakeLiveFrame> _received = [];
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly TaskCompletionSource<(int Code, string Reason)> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _buffer = new byte[16 * 1024];
    private TaskCompletionSource? _held;
    private long _bytes;

    internal FakeLiveSession(WebSocket socket, ReceivedRequest request, FakeKey key, Action cut)
    {
        (_socket, Request, Key, _cut) = (socket, request, key, cut);
    }

    /// <summary>The request that opened the connection.</summary>
    public ReceivedRequest Request { get; }

    /// <summary>The key that serves it: the one that came, or the one that made the token that came.</summary>
    public FakeKey Key { get; }

    /// <summary>The setup, in its one form.</summary>
    public JsonObject Setup { get; internal set; } = [];

    /// <summary>The first message as it came.</summary>
    public byte[] RawSetup { get; internal set; } = [];

    /// <summary>The model's id.</summary>
    public string Model { get; internal set; } = "";

    /// <summary>What was said in earlier connections of this session.</summary>
    public string? Resumed { get; internal set; }

    /// <summary>The handle given out last.</summary>
    public string? Handle { get; internal set; }

    /// <summary>The messages behind the setup, oldest first; the last two thousand.</summary>
    public IReadOnlyList<FakeLiveFrame> Received => [.. _received];

    /// <summary>Payload bytes read, of messages that are not yet whole too.</summary>
    public long BytesRead => Interlocked.Read(ref _bytes);

    /// <summary>The client's close code and words; 1006 when it went away without.</summary>
    public Task<(int Code, string Reason)> Ended => _ended.Task;

    /// <summary>Reads nothing more until <see cref="Release"/>.</summary>
    public void Hold() => Interlocked.CompareExchange(ref _held, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);

    /// <summary>Reads on.</summary>
    public void Release() => Interlocked.Exchange(ref _held, null)?.TrySetResult();

    /// <summary>Says something, as Google does: UTF-8 JSON in a binary frame.</summary>
    public Task SayAsync(JsonObject message) => SendAsync(GoogleJson.Pretty(message), isText: false);

    /// <summary>Sends a message, in pieces if wanted.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> message, bool isText, int pieceBytes = int.MaxValue)
    {
        WebSocketMessageType type = isText ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        await _writing.WaitAsync();
        try
        {
            do
            {
                int length = Math.Min(pieceBytes, message.Length);
                await _socket.SendAsync(message[..length], type, length == message.Length, CancellationToken.None);
                message = message[length..];
            }
            while (message.Length > 0);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Closes with a code and words, which are cut as Google cuts them.</summary>
    public async Task CloseAsync(int code, string reason)
    {
        if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            await _socket.CloseOutputAsync((WebSocketCloseStatus)code, reason.Length > 123 ? reason[..123] : reason, CancellationToken.None);
    }

    /// <summary>Cuts the connection.</summary>
    public void Abort() => _cut();

    /// <summary>The next message; null when the client closed or went away.</summary>
    public async Task<FakeLiveFrame?> ReceiveAsync()
    {
        using MemoryStream message = new();
        try
        {
            while (true)
            {
                if (Volatile.Read(ref _held) is { } held) await held.Task;
                ValueWebSocketReceiveResult read = await _socket.ReceiveAsync(_buffer.AsMemory(), CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    _ended.TrySetResult(((int?)_socket.CloseStatus ?? 1005, _socket.CloseStatusDescription ?? ""));
                    return null;
                }

                Interlocked.Add(ref _bytes, read.Count);
                message.Write(_buffer, 0, read.Count);
                if (read.EndOfMessage) return new FakeLiveFrame(message.ToArray(), read.MessageType == WebSocketMessageType.Text);
            }
        }
        catch (Exception fault) when (fault is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            _ended.TrySetResult((1006, ""));
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writing.Dispose();

    internal void Keep(FakeLiveFrame frame)
    {
        _received.Enqueue(frame);
        if (_received.Count > KeptFrames) _received.TryDequeue(out _);
    }

    internal void Over() => _ended.TrySetResult((1006, ""));
}
