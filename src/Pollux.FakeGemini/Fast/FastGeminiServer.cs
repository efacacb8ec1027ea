using System.Net;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Pollux.FakeGemini.Fast;

/// <summary>
/// An upstream for benchmarks: it shares the machine with what is measured, so it does as little as Kestrel can. It checks no
/// key and no body, records nothing, and always answers the same bytes.
/// </summary>
public sealed class FastGeminiServer : IAsyncDisposable
{
    private readonly KestrelServer _server;

    private FastGeminiServer(FastGeminiOptions options)
    {
        KestrelServerOptions kestrel = new() { AddServerHeader = false };
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Listen(new IPEndPoint(options.Address, options.Port), static listen => listen.Protocols = HttpProtocols.Http1);
        _server = new KestrelServer(
            Options.Create(kestrel),
            new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance);
    }

    /// <summary>Address without path.</summary>
    public Uri BaseAddress { get; private set; } = new("http://127.0.0.1/");

    /// <summary>Starts listening.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<FastGeminiServer> StartAsync(FastGeminiOptions options, CancellationToken cancellation)
    {
        FastGeminiServer server = new(options);
        await server._server.StartAsync(new FastApplication(options), cancellation);
        server.BaseAddress = new Uri(server._server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        return server;
    }

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        _server.Dispose();
    }
}
