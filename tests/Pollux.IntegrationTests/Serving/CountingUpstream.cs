using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pollux.IntegrationTests.Serving;

/// <summary>
/// An upstream of one long stream that counts what it could send. It sends as fast as it is read, and tells when it is not
/// read any more. Knows one model.
/// </summary>
internal sealed class CountingUpstream : IAsyncDisposable
{
    /// <summary>A send that takes so long waits for a reader; what is read at all takes a send a few milliseconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly byte[] Models = Encoding.ASCII.GetBytes(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + $$"""{"models":[{"name":"models/{{Ask.Model}}"}]}""");

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _event;
    private readonly int _events;
    private readonly byte[] _last;
    private Task _serving = Task.CompletedTask;
    private long _sent;

    private CountingUpstream(byte[] one, int events, byte[] last)
    {
        _event = one;
        _events = events;
        _last = last;
    }

    /// <summary>For <c>BASE_URL</c>.</summary>
    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>Bytes of events sent so far.</summary>
    public long SentBytes => Interlocked.Read(ref _sent);

    /// <summary>Starts it.</summary>
    public static Task<CountingUpstream> StartAsync(byte[] one, int events, byte[] last)
    {
        var upstream = new CountingUpstream(one, events, last);
        upstream._listener.Start();
        upstream._serving = upstream.ServeAsync();
        return Task.FromResult(upstream);
    }

    /// <summary>Ends when a send waits for a reader; fails when everything was sent though nobody reads.</summary>
    public Task StalledAsync() => _stalled.Task;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _serving;
        _listener.Stop();
        _stopping.Dispose();
    }

    /// <summary>Serves connections side by side: a client may open one that it never uses.</summary>
    private async Task ServeAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(AnswerAsync(await _listener.AcceptSocketAsync(_stopping.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task AnswerAsync(Socket connection)
    {
        using Socket socket = connection;
        try
        {
            byte[] request = new byte[64 * 1024];
            int read = await socket.ReceiveAsync(request, _stopping.Token);
            if (request.AsSpan(0, read).StartsWith("POST"u8))
                await StreamAsync(socket);
            else if (read > 0)
                await socket.SendAsync(Models, _stopping.Token);
        }
        catch (Exception fault) when (fault is SocketException or OperationCanceledException)
        {
            _stalled.TrySetException(fault); // has no effect once it stalled, as it must
        }
    }

    private async Task StreamAsync(Socket socket)
    {
        await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"u8.ToArray(), _stopping.Token);
        for (int i = 0; i < _events; i++)
            await SendAsync(socket, _event);
        await SendAsync(socket, _last);
        _stalled.TrySetException(new InvalidOperationException("Everything was taken though nobody reads."));
        socket.Shutdown(SocketShutdown.Both);
    }

    private async Task SendAsync(Socket socket, byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            Task<int> sending = socket.SendAsync(bytes.AsMemory(sent), _stopping.Token).AsTask();
            try
            {
                await sending.WaitAsync(Patience, _stopping.Token);
            }
            catch (TimeoutException)
            {
                _stalled.TrySetResult();
            }

            int step = await sending;
            sent += step;
            Interlocked.Add(ref _sent, step);
        }
    }
}
