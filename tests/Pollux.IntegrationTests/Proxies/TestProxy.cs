using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pollux.IntegrationTests.Proxies;

/// <summary>
/// A proxy on a real socket: HTTP (absolute form and CONNECT) or SOCKS5, with or without credentials. Keeps what it saw.
/// </summary>
internal sealed class TestProxy : IAsyncDisposable
{
    /// <summary>The header by which the upstream recognises what came through an HTTP proxy of the tests.</summary>
    public const string Mark = "x-test-proxy";

    private const string KeyHeader = "x-goog-api-key: ";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _keys = new();
    private readonly ConcurrentQueue<string> _tunnels = new();
    private readonly bool _socks;
    private readonly string? _credentials;
    private readonly bool _opensTunnels;
    private readonly Task _accepting;

    private TestProxy(bool socks, string? credentials, bool opensTunnels)
    {
        (_socks, _credentials, _opensTunnels) = (socks, credentials, opensTunnels);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Scheme, host and port.</summary>
    public string Address => $"{(_socks ? "socks5" : "http")}://{_listener.LocalEndpoint}";

    /// <summary>The key of each request that was passed on.</summary>
    public IReadOnlyCollection<string> Keys => _keys;

    /// <summary>Where tunnels were asked to by CONNECT.</summary>
    public IReadOnlyCollection<string> Tunnels => _tunnels;

    /// <summary>Requests that came without the right credentials.</summary>
    public int Unauthorized => _unauthorized;

    private int _unauthorized;

    /// <summary>Starts one.</summary>
    /// <param name="socks">SOCKS5 instead of HTTP.</param>
    /// <param name="credentials">What it wants, as <c>user:password</c>.</param>
    /// <param name="opensTunnels">Whether CONNECT leads anywhere; else it is refused.</param>
    public static TestProxy Start(bool socks = false, string? credentials = null, bool opensTunnels = false) => new(socks, credentials, opensTunnels);

    /// <summary>An address at which nobody listens.</summary>
    public static string NobodyAt()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        return taken.LocalEndpoint.ToString()!;
    }

    /// <summary>Goes away: from now on nobody listens at its address.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
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
                await (_socks ? ServeSocksAsync(client.GetStream()) : ServeHttpAsync(client.GetStream()));
            }
            catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException)
            {
                // one of the two sides went away
            }
        }
    }

    private async Task ServeHttpAsync(NetworkStream client)
    {
        string head = await ReadHeadAsync(client);
        string[] lines = head.Split("\r\n");
        string[] first = lines[0].Split(' ');
        byte[] body = new byte[int.Parse(ValueOf(lines, "Content-Length: ") ?? "0", System.Globalization.CultureInfo.InvariantCulture)];
        await client.ReadExactlyAsync(body, _stop.Token);
        if (_credentials is not null && ValueOf(lines, "Proxy-Authorization: ") != "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(_credentials)))
        {
            Interlocked.Increment(ref _unauthorized);
            await client.WriteAsync("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), _stop.Token);
            return;
        }

        if (first[0] == "CONNECT")
        {
            _tunnels.Enqueue(first[1]);
            if (_opensTunnels)
            {
                await TunnelAsync(client, first[1]);
                return;
            }

            await client.WriteAsync("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), _stop.Token);
            return;
        }

        var target = new Uri(first[1]);
        _keys.Enqueue(ValueOf(lines, KeyHeader) ?? "");
        using var upstream = new TcpClient();
        await upstream.ConnectAsync(target.Host, target.Port, _stop.Token);
        string forwarded = $"{first[0]} {target.PathAndQuery} HTTP/1.1\r\nConnection: close\r\n{Mark}: 1\r\n"
            + string.Concat(lines.Skip(1).Where(static line => line.Length > 0 && !line.StartsWith("Proxy-", StringComparison.OrdinalIgnoreCase)).Select(static line => line + "\r\n")) + "\r\n";
        await upstream.GetStream().WriteAsync(Encoding.Latin1.GetBytes(forwarded), _stop.Token);
        await upstream.GetStream().WriteAsync(body, _stop.Token);
        await upstream.GetStream().CopyToAsync(client, _stop.Token);
    }

    private async Task TunnelAsync(NetworkStream client, string target)
    {
        int colon = target.LastIndexOf(':');
        using var upstream = new TcpClient();
        await upstream.ConnectAsync(target[..colon], int.Parse(target[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture), _stop.Token);
        await client.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), _stop.Token);
        Task back = upstream.GetStream().CopyToAsync(client, _stop.Token);
        await client.CopyToAsync(upstream.GetStream(), _stop.Token);
        upstream.Client.Shutdown(SocketShutdown.Send);
        await back;
    }

    private async Task ServeSocksAsync(NetworkStream client)
    {
        byte[] greeting = await ReadAsync(client, 2);
        byte[] methods = await ReadAsync(client, greeting[1]);
        byte method = _credentials is null ? (byte)0 : (byte)2;
        if (!methods.Contains(method))
        {
            Interlocked.Increment(ref _unauthorized);
            await client.WriteAsync(new byte[] { 5, 0xFF }, _stop.Token);
            return;
        }

        await client.WriteAsync(new byte[] { 5, method }, _stop.Token);
        if (_credentials is not null)
        {
            byte[] user = await ReadAsync(client, (await ReadAsync(client, 2))[1]);
            byte[] password = await ReadAsync(client, (await ReadAsync(client, 1))[0]);
            bool right = $"{Encoding.UTF8.GetString(user)}:{Encoding.UTF8.GetString(password)}" == _credentials;
            Interlocked.Add(ref _unauthorized, right ? 0 : 1);
            await client.WriteAsync(new byte[] { 1, right ? (byte)0 : (byte)1 }, _stop.Token);
            if (!right)
                return;
        }

        byte[] ask = await ReadAsync(client, 4);
        byte[] host = await ReadAsync(client, ask[3] switch { 1 => 4, 4 => 16, _ => (await ReadAsync(client, 1))[0] });
        byte[] port = await ReadAsync(client, 2);
        using var upstream = new TcpClient();
        string name = ask[3] == 3 ? Encoding.ASCII.GetString(host) : new IPAddress(host).ToString();
        await upstream.ConnectAsync(name, (port[0] << 8) | port[1], _stop.Token);
        await client.WriteAsync(new byte[] { 5, 0, 0, 1, 0, 0, 0, 0, 0, 0 }, _stop.Token);
        Task back = upstream.GetStream().CopyToAsync(client, _stop.Token);
        byte[] buffer = new byte[64 * 1024];
        while (await client.ReadAsync(buffer, _stop.Token) is > 0 and var read)
        {
            if (ValueOf(Encoding.Latin1.GetString(buffer, 0, read).Split("\r\n"), KeyHeader) is { } key) // small requests come in one piece
                _keys.Enqueue(key);
            await upstream.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }

        upstream.Client.Shutdown(SocketShutdown.Send);
        await back;
    }

    private static string? ValueOf(string[] lines, string header) =>
        lines.FirstOrDefault(line => line.StartsWith(header, StringComparison.OrdinalIgnoreCase))?[header.Length..];

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

    private async Task<byte[]> ReadAsync(NetworkStream stream, int count)
    {
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, _stop.Token);
        return bytes;
    }
}
