using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.Upstream;

/// <summary>
/// Sends requests to the Gemini API. One connection pool serves all keys: the key is a header of the request, not a
/// property of the connection. With <c>PROXIES</c> there is one for each proxy that is used.
/// </summary>
internal sealed partial class GeminiUpstream : IDisposable
{
    private const int MaxKeptAddresses = 1000;
    private const string GoogleHost = "generativelanguage.googleapis.com";

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly TimeSpan _connectTimeout;
    private readonly HttpMessageInvoker _invoker; // makes no connection before it is asked to, so with proxies it makes none
    private readonly ProxyRoutes? _proxies;
    private readonly string _baseAddress;
    private readonly IReadOnlyDictionary<string, string> _customHeaders;
    private readonly ConcurrentDictionary<(string Path, string Query), Uri> _addresses = new(); // few are asked over and over

    public GeminiUpstream(DispatchSettings settings, TimeProvider clock, ILogger<GeminiUpstream> logger)
    {
        _connectTimeout = settings.ConnectTimeout > TimeSpan.Zero ? settings.ConnectTimeout : Timeout.InfiniteTimeSpan;
        _invoker = Connections(proxy: null);
        _proxies = settings.Proxies.Count > 0 ? new ProxyRoutes(settings, Connections, clock, logger) : null;
        _baseAddress = settings.BaseAddress.AbsoluteUri;
        _customHeaders = settings.CustomHeaders;
    }

    /// <summary>Sends one attempt; returns when the answer's headers are there.</summary>
    /// <exception cref="HttpRequestException">The connection could not be made, or broke.</exception>
    /// <exception cref="ProxiesDownException">No outbound proxy could be used. Nothing was sent.</exception>
    public Task<HttpResponseMessage> SendAsync(
        UpstreamCall call, ReadOnlyMemory<byte> body, Credential credential, KeyTransport transport, CancellationToken cancellation) =>
        _proxies is null
            ? _invoker.SendAsync(CreateRequest(call, body, credential, transport), cancellation)
            : SendByProxyAsync(_proxies, credential, () => CreateRequest(call, body, credential, transport), cancellation);

    /// <summary>Sends what streams through, in either direction; returns when the answer's headers are there.</summary>
    /// <exception cref="HttpRequestException">The connection could not be made, or broke.</exception>
    /// <exception cref="ProxiesDownException">No outbound proxy could be used. Nothing was sent.</exception>
    public Task<HttpResponseMessage> SendAsync(UpstreamTransfer transfer, Credential credential, KeyTransport transport, CancellationToken cancellation) =>
        _proxies is null
            ? _invoker.SendAsync(CreateRequest(transfer, credential, transport), cancellation)
            : SendByProxyAsync(_proxies, credential, () => CreateRequest(transfer, credential, transport), cancellation);

    /// <summary>The path and query below <c>BASE_URL</c> of an address that the upstream gave.</summary>
    /// <param name="address">As it came.</param>
    /// <returns><see langword="null"/>: it leads to a host that is neither that of <c>BASE_URL</c> nor Google's own; never to be followed.</returns>
    public string? PathOf(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.UserInfo.Length > 0)
            return null;
        var baseUri = new Uri(_baseAddress);
        if (Uri.Compare(uri, baseUri, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0)
            return uri.PathAndQuery.StartsWith(baseUri.AbsolutePath, StringComparison.Ordinal) ? uri.PathAndQuery[baseUri.AbsolutePath.Length..] : null;
        return uri is { Scheme: "https", IsDefaultPort: true, Host: GoogleHost } ? uri.PathAndQuery[1..] : null; // BASE_URL is a proxy that does not rewrite; the way leads through it all the same
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _invoker.Dispose();
        _proxies?.Dispose();
    }

    /// <summary>Connections of their own. Without a proxy that is given, the one of the environment holds (<c>HTTPS_PROXY</c>, <c>NO_PROXY</c>).</summary>
    private HttpMessageInvoker Connections(IWebProxy? proxy)
    {
        var handler = new SocketsHttpHandler
        {
            Proxy = proxy,
            AllowAutoRedirect = false,           // a redirect could carry a key elsewhere
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ConnectTimeout = _connectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10), // notices changed addresses without losing reuse
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            EnableMultipleHttp2Connections = true,
            ResponseDrainTimeout = TimeSpan.Zero, // an answer that nobody wants any more is cut off, not read for two seconds more
            ActivityHeadersPropagator = null,    // our traces are not Google's business
            MaxResponseHeadersLength = 64,       // KiB
        };
        return new HttpMessageInvoker(handler, disposeHandler: true);
    }

    /// <summary>A proxy that cannot be used has sent nothing on, so the next one may be asked within the same attempt.</summary>
    private static async Task<HttpResponseMessage> SendByProxyAsync(
        ProxyRoutes proxies, Credential credential, Func<HttpRequestMessage> create, CancellationToken cancellation)
    {
        ulong draw = proxies.Draw(credential);
        for (int tries = 0; tries < ProxyRoutes.MaxTries && proxies.Pick(draw) is { } route; tries++)
        {
            try
            {
                HttpResponseMessage response = await route.Invoker.SendAsync(create(), cancellation);
                if (response.StatusCode != HttpStatusCode.ProxyAuthenticationRequired)
                {
                    proxies.Worked(route);
                    return response;
                }

                response.Dispose(); // Google never answers so
                proxies.Failed(route, "It wants other credentials (407).");
            }
            catch (HttpRequestException fault) when (fault.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError)
            {
                proxies.Failed(route, fault.Message);
            }
            catch (OperationCanceledException fault) when (fault.InnerException is TimeoutException && !cancellation.IsCancellationRequested)
            {
                proxies.Failed(route, "It could not be reached within CONNECT_TIMEOUT.");
            }
        }

        throw proxies.Down();
    }

    private HttpRequestMessage CreateRequest(UpstreamCall call, ReadOnlyMemory<byte> body, Credential credential, KeyTransport transport)
    {
        var request = new HttpRequestMessage(call.Method, Address(call, credential, transport))
        {
            Version = HttpVersion.Version20, // by TLS; in clear text it becomes 1.1
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        if (call.IsOpenAI)
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + credential.Secret.Reveal());
        else if (transport == KeyTransport.Header)
            request.Headers.TryAddWithoutValidation("x-goog-api-key", credential.Secret.Reveal());

        AddHeaders(request, call.Headers);
        if (!body.IsEmpty)
        {
            request.Content = new ReadOnlyMemoryContent(body);
            request.Content.Headers.ContentType = Json;
        }

        return request;
    }

    private HttpRequestMessage CreateRequest(UpstreamTransfer transfer, Credential credential, KeyTransport transport)
    {
        string path = transport == KeyTransport.Query
            ? $"{transfer.Path}{(transfer.Path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}key={Uri.EscapeDataString(credential.Secret.Reveal())}"
            : transfer.Path;
        var request = new HttpRequestMessage(transfer.Method, _baseAddress + path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Content = transfer.Content,
        };
        if (transport == KeyTransport.Header)
            request.Headers.TryAddWithoutValidation("x-goog-api-key", credential.Secret.Reveal());
        AddHeaders(request, transfer.Headers);
        return request;
    }

    private void AddHeaders(HttpRequestMessage request, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        foreach ((string name, string value) in _customHeaders)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private Uri Address(UpstreamCall call, Credential credential, KeyTransport transport)
    {
        if (transport == KeyTransport.Query && !call.IsOpenAI)
            return Address(call.Path, (call.Query.Length > 0 ? call.Query + "&" : "") + "key=" + Uri.EscapeDataString(credential.Secret.Reveal()));
        if (call.Query is not ("" or "alt=sse")) // whatever else stands there is the client's, and may be new each time
            return Address(call.Path, call.Query);
        if (_addresses.TryGetValue((call.Path, call.Query), out Uri? known))
            return known;

        Uri made = Address(call.Path, call.Query);
        if (_addresses.Count < MaxKeptAddresses)
            _addresses.TryAdd((call.Path, call.Query), made);
        return made;
    }

    private Uri Address(string path, string query) => new(query.Length > 0 ? $"{_baseAddress}{path}?{query}" : _baseAddress + path);
}
