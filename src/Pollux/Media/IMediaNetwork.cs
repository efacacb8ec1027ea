using System.Net;
using System.Net.Sockets;

namespace Pollux.Media;

/// <summary>The network behind the guard: looks up names and opens connections. Judges nothing.</summary>
internal interface IMediaNetwork
{
    /// <summary>All addresses of a name.</summary>
    /// <exception cref="SocketException">There are none.</exception>
    ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation);

    /// <summary>Connects to exactly this address.</summary>
    /// <exception cref="SocketException">Nobody answers there.</exception>
    ValueTask<Stream> ConnectAsync(IPEndPoint address, CancellationToken cancellation);
}

/// <summary>The system's.</summary>
internal sealed class SystemMediaNetwork : IMediaNetwork
{
    /// <inheritdoc/>
    public async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation) => await Dns.GetHostAddressesAsync(host, cancellation);

    /// <inheritdoc/>
    public async ValueTask<Stream> ConnectAsync(IPEndPoint address, CancellationToken cancellation)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
