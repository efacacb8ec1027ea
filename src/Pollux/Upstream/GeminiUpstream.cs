using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.Upstream;

/// <summary>
/// Sends requests to the Gemini API, to Vertex AI, and to upstreams with OpenAI's API. One connection pool serves all keys: the key is a header of the request, not a
/// property of the connection. With <c>PROXIES</c> there is one for each proxy that is used.
/// </summary>
internal sealed partial class GeminiUpstream : IDisposable
{
    private const int MaxKeptAddresses = 1000;
    private const string GoogleHost = "generativelanguage.googleapis.com";

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private static readonly Dictionary<string, string> NoHeaders = [];

    private readonly UpstreamTrust _trust;
    private readonly TimeSpan _connectTimeout;
    private readonly HttpMessageInvoker _invoker; // makes no connection before it is asked to, so with proxies it makes none
    private readonly ProxyRoutes? _proxies;
    private readonly BaseRoutes _bases;
    private readonly IReadOnlyDictionary<string, string> _customHeaders;
    private readonly VertexAddresses _vertex;
    private readonly AccessTokens _tokens;
    private readonly OtherUpstreamSettings _others;
    private readonly ConcurrentDictionary<(string Base, string Path, string Query), Uri> _addresses = new(); // few are asked over and over

    public GeminiUpstream(DispatchSettings settings, VertexSettings vertex, OtherUpstreamSettings others, UpstreamTrust trust, TimeProvider clock, ILogger<GeminiUpstream> logger)
    {
        _trust = trust;
        _connectTimeout = settings.ConnectTimeout > TimeSpan.Zero ? settings.ConnectTimeout : Timeout.InfiniteTimeSpan;
        _invoker = Connections(proxy: null);
        _proxies = settings.Proxies.Count > 0 ? new ProxyRoutes(settings, Connections, clock, logger) : null;
        _bases = new BaseRoutes(settings.BaseAddresses, clock);
        _customHeaders = settings.CustomHeaders;
        _vertex = new VertexAddresses(vertex);
        _others = others;
        _tokens = new AccessTokens(vertex, SendTokenRequestAsync, clock, logger);
    }

    /// <summary>Sends one attempt; returns when the answer's headers are there.</summary>
    /// <exception cref="HttpRequestException">The connection could not be made, or broke.</exception>
    /// <exception cref="ProxiesDownException">No outbound proxy could be used. Nothing was sent.</exception>
    /// <exception cref="AccessTokenException">The service account got no access token. Nothing was sent.</exception>
    /// <exception cref="NotOfferedException">The credential's upstream cannot be asked this. Nothing was sent.</exception>
    public Task<HttpResponseMessage> SendAsync(
        UpstreamCall call, ReadOnlyMemory<byte> body, Credential credential, KeyTransport transport, CancellationToken cancellation)
    {
        if (credential.Kind is CredentialKind.VertexServiceAccount or CredentialKind.VertexExpressKey)
            return SendToVertexAsync(call, body, credential, transport, cancellation);
        if (credential.Kind is CredentialKind.XaiKey or CredentialKind.UpstreamKey)
            return SendAsync(() => CreateOtherRequest(call, body, credential), credential, cancellation);
        string root = _bases.Next();
        return _proxies is null
            ? Noted(root, _invoker.SendAsync(CreateRequest(call, body, credential, transport, root), cancellation))
            : SendByProxyAsync(_proxies, () => CreateRequest(call, body, credential, transport, root), _proxies.Draw(credential), cancellation);
    }

    /// <summary>Sends what streams through, in either direction; returns when the answer's headers are there.</summary>
    /// <exception cref="HttpRequestException">The connection could not be made, or broke.</exception>
    /// <exception cref="ProxiesDownException">No outbound proxy could be used. Nothing was sent.</exception>
    public Task<HttpResponseMessage> SendAsync(UpstreamTransfer transfer, Credential credential, KeyTransport transport, CancellationToken cancellation)
    {
        string root = _bases.Next();
        return _proxies is null
            ? Noted(root, _invoker.SendAsync(CreateRequest(transfer, credential, transport, root), cancellation))
            : SendByProxyAsync(_proxies, () => CreateRequest(transfer, credential, transport, root), _proxies.Draw(credential), cancellation);
    }

    /// <summary>The path and query below <c>BASE_URL</c> of an address that the upstream gave.</summary>
    /// <param name="address">As it came.</param>
    /// <returns><see langword="null"/>: it leads to a host that is neither that of <c>BASE_URL</c> nor Google's own; never to be followed.</returns>
    public string? PathOf(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.UserInfo.Length > 0)
            return null;
        foreach (string root in _bases.All)
        {
            var known = new Uri(root);
            if (Uri.Compare(uri, known, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0
                && uri.PathAndQuery.StartsWith(known.AbsolutePath, StringComparison.Ordinal))
                return uri.PathAndQuery[known.AbsolutePath.Length..];
        }

        return uri is { Scheme: "https", IsDefaultPort: true, Host: GoogleHost } ? uri.PathAndQuery[1..] : null; // BASE_URL is a proxy that does not rewrite; the way leads through it all the same
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tokens.Dispose();
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
        if (_trust.Policy is { } policy)
            handler.SslOptions.CertificateChainPolicy = policy;
        return new HttpMessageInvoker(handler, disposeHandler: true);
    }

    private Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> create, Credential credential, CancellationToken cancellation) =>
        _proxies is null ? _invoker.SendAsync(create(), cancellation) : SendByProxyAsync(_proxies, create, _proxies.Draw(credential), cancellation);

    /// <summary>Tokens are had by the same ways as all else; which proxy leads there is the same for all accounts.</summary>
    private Task<HttpResponseMessage> SendTokenRequestAsync(HttpRequestMessage request, CancellationToken cancellation) =>
        _proxies is null ? _invoker.SendAsync(request, cancellation) : SendByProxyAsync(_proxies, () => request, draw: 0, cancellation);

    /// <summary>A proxy that cannot be used has sent nothing on, so the next one may be asked within the same attempt.</summary>
    private static async Task<HttpResponseMessage> SendByProxyAsync(ProxyRoutes proxies, Func<HttpRequestMessage> create, ulong draw, CancellationToken cancellation)
    {
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

    /// <summary>With several addresses one that cannot be reached is noted, so that the next attempt takes another.</summary>
    private Task<HttpResponseMessage> Noted(string root, Task<HttpResponseMessage> sending)
    {
        return _bases.IsSingle ? sending : NoteAsync();

        async Task<HttpResponseMessage> NoteAsync()
        {
            try
            {
                return await sending;
            }
            catch (Exception fault) when (fault is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError }
                or OperationCanceledException { InnerException: TimeoutException })
            {
                _bases.Failed(root);
                throw;
            }
        }
    }

    private HttpRequestMessage CreateRequest(UpstreamCall call, ReadOnlyMemory<byte> body, Credential credential, KeyTransport transport, string root) =>
        call.IsOpenAI
            ? CreateRequest(call, body, Address(call, credential, transport, root), "Authorization", "Bearer " + credential.Secret.Reveal())
            : CreateRequest(call, body, Address(call, credential, transport, root), transport == KeyTransport.Header ? "x-goog-api-key" : null, credential.Secret.Reveal());

    /// <param name="call">What is asked.</param>
    /// <param name="body">What is sent of it.</param>
    /// <param name="address">Where.</param>
    /// <param name="header">The header that says who asks; <see langword="null"/>: the address does.</param>
    /// <param name="proof">What stands in it.</param>
    /// <param name="isGoogle">Whether it goes to Google, for whom <c>CUSTOM_HEADERS</c> are.</param>
    private HttpRequestMessage CreateRequest(UpstreamCall call, ReadOnlyMemory<byte> body, Uri address, string? header, string proof, bool isGoogle = true)
    {
        var request = new HttpRequestMessage(call.Method, address)
        {
            Version = HttpVersion.Version20, // by TLS; in clear text it becomes 1.1
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        if (header is not null)
            request.Headers.TryAddWithoutValidation(header, proof);

        AddHeaders(request, call.Headers, isGoogle ? _customHeaders : NoHeaders);
        if (!body.IsEmpty)
        {
            request.Content = new ReadOnlyMemoryContent(body);
            request.Content.Headers.ContentType = Json;
        }

        return request;
    }

    private HttpRequestMessage CreateRequest(UpstreamTransfer transfer, Credential credential, KeyTransport transport, string root)
    {
        string path = transport == KeyTransport.Query
            ? $"{transfer.Path}{(transfer.Path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}key={Uri.EscapeDataString(credential.Secret.Reveal())}"
            : transfer.Path;
        var request = new HttpRequestMessage(transfer.Method, root + path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Content = transfer.Content,
        };
        if (transport == KeyTransport.Header)
            request.Headers.TryAddWithoutValidation("x-goog-api-key", credential.Secret.Reveal());
        AddHeaders(request, transfer.Headers, _customHeaders);
        return request;
    }

    private static void AddHeaders(HttpRequestMessage request, IReadOnlyList<KeyValuePair<string, string>> headers, IReadOnlyDictionary<string, string> custom)
    {
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        foreach ((string name, string value) in custom)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private Uri Address(UpstreamCall call, Credential credential, KeyTransport transport, string root)
    {
        if (transport == KeyTransport.Query && !call.IsOpenAI)
            return Address(root, call.Path, (call.Query.Length > 0 ? call.Query + "&" : "") + "key=" + Uri.EscapeDataString(credential.Secret.Reveal()));
        if (call.Query is not ("" or "alt=sse")) // whatever else stands there is the client's, and may be new each time
            return Address(root, call.Path, call.Query);
        if (_addresses.TryGetValue((root, call.Path, call.Query), out Uri? known))
            return known;

        Uri made = Address(root, call.Path, call.Query);
        if (_addresses.Count < MaxKeptAddresses)
            _addresses.TryAdd((root, call.Path, call.Query), made);
        return made;
    }

    private static Uri Address(string root, string path, string query) => new(query.Length > 0 ? $"{root}{path}?{query}" : root + path);
}
