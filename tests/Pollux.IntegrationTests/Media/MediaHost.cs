using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Pollux.Media;

namespace Pollux.IntegrationTests.Media;

/// <summary>
/// A host of media on a real socket, and the network that leads to it: names mean what a test says, and every address is dialed
/// at this host. Answers are bytes as they stand on the wire, so wrong ones are as easy as right ones.
/// </summary>
internal sealed class MediaHost : IMediaNetwork, IAsyncDisposable
{
    /// <summary>Where names lead unless a test says otherwise.</summary>
    public static readonly IPAddress Public = IPAddress.Parse("93.184.216.34");

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, Func<Stream, CancellationToken, Task>> _pages = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly ConcurrentQueue<IPEndPoint> _dialed = new();
    private readonly ConcurrentQueue<string> _lookups = new();
    private readonly Task _accepting;
    private long _bytesRead;
    private long _askedForMoreAfter;

    private MediaHost()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>What a name means when it is looked up.</summary>
    public Func<string, IPAddress[]> Names { get; set; } = static _ => [Public];

    /// <summary>The heads of requests.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    /// <summary>Where the gateway connected to.</summary>
    public IReadOnlyList<IPEndPoint> Dialed => [.. _dialed];

    /// <summary>Names that were looked up.</summary>
    public IReadOnlyList<string> Lookups => [.. _lookups];

    /// <summary>Bytes that the gateway took from here.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>Bytes that it had taken when it asked for more the last time: what they are it knows by then.</summary>
    public long AskedForMoreAfter => Interlocked.Read(ref _askedForMoreAfter);

    /// <summary>The port where it really listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Starts one.</summary>
    public static MediaHost Start() => new();

    /// <summary>Serves a file.</summary>
    public void File(string path, byte[] content, string? type, string? headers = null) =>
        Bytes(path, [.. Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\n{(type is null ? "" : $"Content-Type: {type}\r\n")}{headers}Content-Length: {content.Length}\r\nConnection: close\r\n\r\n"), .. content]);

    /// <summary>Serves a redirect.</summary>
    public void Redirect(string path, string location, int status = 302) => Text(path, $"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

    /// <summary>Answers with exactly this, then ends the connection.</summary>
    public void Text(string path, string answer) => Bytes(path, Encoding.Latin1.GetBytes(answer));

    /// <summary>Answers with exactly this, then ends the connection.</summary>
    public void Bytes(string path, byte[] answer) => Page(path, async (stream, stop) => await stream.WriteAsync(answer, stop));

    /// <summary>Answers by a script.</summary>
    public void Page(string path, Func<Stream, CancellationToken, Task> answer) => _pages[path] = answer;

    /// <inheritdoc/>
    public ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
    {
        _lookups.Enqueue(host);
        return ValueTask.FromResult(Names(host));
    }

    /// <inheritdoc/>
    public async ValueTask<Stream> ConnectAsync(IPEndPoint address, CancellationToken cancellation)
    {
        _dialed.Enqueue(address);
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port, cancellation);
        return new CountingStream(client.GetStream(), () => Interlocked.Exchange(ref _askedForMoreAfter, BytesRead), read => Interlocked.Add(ref _bytesRead, read));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
                open.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                string head = await ReadHeadAsync(stream);
                _requests.Enqueue(head);
                string path = head.Split(' ')[1];
                if (_pages.TryGetValue(path, out Func<Stream, CancellationToken, Task>? page))
                    await page(stream, _stop.Token);
                else
                    await stream.WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), _stop.Token);
            }
            catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException)
            {
                // the gateway had enough, or the test is over
            }
        }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, _stop.Token);
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    /// <summary>Tells what was read.</summary>
    private sealed class CountingStream(Stream inner, Action asking, Action<int> read) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            asking();
            int count = await inner.ReadAsync(buffer, cancellationToken);
            read(count);
            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
