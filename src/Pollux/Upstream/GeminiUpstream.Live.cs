using System.Net;
using System.Net.WebSockets;
using System.Runtime.ExceptionServices;
using Pollux.KeyPool;

namespace Pollux.Upstream;

// Connections of the Live API: WebSockets over the same connection pools, proxies and headers as every other request.
internal sealed partial class GeminiUpstream
{
    /// <summary>Opens a WebSocket.</summary>
    /// <returns>It, open; the receiver disposes it.</returns>
    /// <exception cref="HttpRequestException">The connection could not be made; with a status where the upstream refused to make it a WebSocket.</exception>
    /// <exception cref="ProxiesDownException">No outbound proxy could be used. Nothing was sent.</exception>
    public async Task<WebSocket> ConnectAsync(LiveAddress address, Credential credential, KeyTransport transport, CancellationToken cancellation)
    {
        if (_proxies is null)
            return await OpenAsync(_invoker, address, credential, transport, cancellation);

        ulong draw = _proxies.Draw(credential);
        for (int tries = 0; tries < ProxyRoutes.MaxTries && _proxies.Pick(draw) is { } route; tries++)
        {
            try
            {
                WebSocket socket = await OpenAsync(route.Invoker, address, credential, transport, cancellation);
                _proxies.Worked(route);
                return socket;
            }
            catch (HttpRequestException fault) when (fault.StatusCode == HttpStatusCode.ProxyAuthenticationRequired)
            {
                _proxies.Failed(route, "It wants other credentials (407).");
            }
            catch (HttpRequestException fault) when (fault.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError)
            {
                _proxies.Failed(route, fault.Message);
            }
            catch (HttpRequestException) // what answered is the upstream
            {
                _proxies.Worked(route);
                throw;
            }
            catch (OperationCanceledException fault) when (fault.InnerException is TimeoutException && !cancellation.IsCancellationRequested)
            {
                _proxies.Failed(route, "It could not be reached within CONNECT_TIMEOUT.");
            }
        }

        throw _proxies.Down();
    }

    private async Task<WebSocket> OpenAsync(HttpMessageInvoker invoker, LiveAddress address, Credential credential, KeyTransport transport, CancellationToken cancellation)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.CollectHttpResponseDetails = true; // the status of a refusal
            socket.Options.KeepAliveInterval = address.Ping > TimeSpan.Zero ? address.Ping : Timeout.InfiniteTimeSpan; // unsolicited pongs: a session whose client reads slowly must not die of a pong that waits behind data
            if (address.Token is null && transport == KeyTransport.Header)
                socket.Options.SetRequestHeader("x-goog-api-key", credential.Secret.Reveal());
            foreach ((string name, string value) in address.Headers)
                socket.Options.SetRequestHeader(name, value);
            foreach ((string name, string value) in _customHeaders)
                socket.Options.SetRequestHeader(name, value);
            await socket.ConnectAsync(LiveUri(address, credential, transport), invoker, cancellation);
            return socket;
        }
        catch (WebSocketException fault)
        {
            HttpStatusCode status = socket.HttpStatusCode;
            socket.Dispose();
            if (status != default)
                throw new HttpRequestException(HttpRequestError.Unknown, "The upstream did not open a WebSocket.", null, status);
            ExceptionDispatchInfo.Throw(fault.InnerException ?? fault); // what the connection pool said
            throw;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private Uri LiveUri(LiveAddress address, Credential credential, KeyTransport transport)
    {
        string? secret = address.Token is { } token ? "access_token=" + Uri.EscapeDataString(token)
            : transport == KeyTransport.Query ? "key=" + Uri.EscapeDataString(credential.Secret.Reveal())
            : null;
        string query = string.Join('&', ((string?[])[address.Query, secret]).Where(static part => !string.IsNullOrEmpty(part)));
        return new Uri($"ws{_bases.Next()["http".Length..]}{address.Path}{(query.Length > 0 ? "?" : "")}{query}"); // http becomes ws, https wss
    }
}
