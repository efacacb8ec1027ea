using System.Net;
using System.Net.Sockets;
using Pollux.Settings;

namespace Pollux.Media;

/// <summary>An address was not connected to, because the guard does not let anybody there.</summary>
internal sealed class RefusedAddressException() : IOException("The address is not one that media are fetched from.");

/// <summary>
/// Connections for media, and for nothing else. Each is made to an address that was looked up and judged for that very
/// connection: what a name meant before, or means later, does not matter.
/// </summary>
internal sealed class MediaConnections : IDisposable
{
    /// <summary>A name with more addresses is none of a host of pictures; all are judged, a few are tried.</summary>
    private const int MaxAddresses = 64;

    private const int MaxTried = 4;

    private readonly IMediaNetwork _network;
    private readonly SettingsHolder _settings;
    private readonly HttpMessageInvoker _invoker;

    public MediaConnections(IMediaNetwork network, SettingsHolder settings)
    {
        (_network, _settings) = (network, settings);
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            ConnectTimeout = settings.Current.Media.FirstByteTimeout, // the connection outlives the request that asked for it
            UseProxy = false,                      // a proxy would look names up again, after the guard
            AllowAutoRedirect = false,             // each hop is judged first
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            MaxConnectionsPerServer = 8,
            PooledConnectionLifetime = TimeSpan.FromSeconds(30),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
            MaxResponseHeadersLength = 16,         // KiB
            MaxResponseDrainSize = 0,
            ResponseDrainTimeout = TimeSpan.Zero,
            ActivityHeadersPropagator = null,
        };
        _invoker = new HttpMessageInvoker(handler, disposeHandler: true);
    }

    /// <summary>Asks for an address; returns when the headers are there.</summary>
    /// <exception cref="HttpRequestException">Nothing was got, by whatever reason.</exception>
    public Task<HttpResponseMessage> GetAsync(MediaAddress address, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address.Uri)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TryAddWithoutValidation("User-Agent", "Pollux");
        request.Headers.TryAddWithoutValidation("Accept", "image/*, audio/*, video/*, application/pdf");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        return _invoker.SendAsync(request, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        string host = context.DnsEndPoint.Host;
        IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? literal) ? [literal] : await _network.ResolveAsync(host, cancellation);
        if (addresses.Length is 0 or > MaxAddresses)
            throw new RefusedAddressException();
        bool allowPrivate = _settings.Current.Media.AllowPrivate;
        foreach (IPAddress address in addresses) // one bad address among good ones is an attempt
        {
            AddressVerdict verdict = AddressRules.Judge(address);
            if (verdict == AddressVerdict.Forbidden || (verdict == AddressVerdict.Private && !allowPrivate))
                throw new RefusedAddressException();
        }

        for (int tried = 0; ; tried++)
        {
            try
            {
                return await _network.ConnectAsync(new IPEndPoint(addresses[tried], context.DnsEndPoint.Port), cancellation);
            }
            catch (SocketException) when (tried + 1 < Math.Min(addresses.Length, MaxTried))
            {
                // the next one may answer
            }
        }
    }
}
