using System.Net;

namespace Pollux.Pictures;

/// <summary>
/// The connections to hosts of pictures: bounded in time and in what is read, and of their own, so that a slow host never
/// takes a place from the upstream. Made when the first picture leaves. Thread-safe.
/// </summary>
/// <param name="make">Makes the handler that sends; tests lead it to a stand-in.</param>
/// <param name="clock">For the bounds.</param>
internal sealed class PictureConnections(Func<HttpMessageHandler> make, TimeProvider clock) : IDisposable
{
    /// <summary>The longest time for a picture in all, a second try included. A client waits for it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const int MaxAnswerBytes = 256 * 1024;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private HttpClient? _client;

    /// <summary>The client, for what brings its own way of asking.</summary>
    public HttpClient Client
    {
        get
        {
            lock (_lock)
            {
#pragma warning disable RS0030 // S3's library takes nothing else; the connections are pooled here
                return _client ??= new HttpClient(new BoundedAnswers(make())) { Timeout = Patience };
#pragma warning restore RS0030
            }
        }
    }

    /// <summary>What sends by itself.</summary>
    public static HttpMessageHandler Usual() => new SocketsHttpHandler
    {
        AllowAutoRedirect = false, // a redirect could carry a secret elsewhere
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = 64, // KiB
    };

    /// <summary>Asks a host; once more when the connection failed.</summary>
    /// <param name="request">Makes the request; asked for each try.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="HttpRequestException">The host could not be reached, or answered too much.</exception>
    /// <exception cref="PictureStoreException">It took too long.</exception>
    public async Task<HttpAnswer> AskAsync(Func<HttpRequestMessage> request, CancellationToken cancellation)
    {
        HttpAnswer answer = default;
        await BoundAsync(
            async bounded =>
            {
                try
                {
                    answer = await AskOnceAsync(request, bounded);
                }
                catch (HttpRequestException fault) when (fault.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.ResponseEnded or HttpRequestError.Unknown)
                {
                    answer = await AskOnceAsync(request, bounded);
                }
            },
            cancellation);
        return answer;
    }

    /// <summary>Bounds work with a host in time.</summary>
    /// <exception cref="PictureStoreException">It took too long.</exception>
    public async Task BoundAsync(Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await work(both.Token);
        }
        catch (OperationCanceledException fault) when (!cancellation.IsCancellationRequested)
        {
            throw new PictureStoreException($"The host did not answer within {Patience.TotalSeconds} s.", fault);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
            _client?.Dispose();
    }

    private async Task<HttpAnswer> AskOnceAsync(Func<HttpRequestMessage> make, CancellationToken cancellation)
    {
        using HttpRequestMessage request = make();
        using HttpResponseMessage response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        return new HttpAnswer(response.StatusCode, await response.Content.ReadAsStringAsync(cancellation));
    }

    /// <summary>Reads every answer here and only so far: the hosts answer a few lines.</summary>
    private sealed class BoundedAnswers(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            try
            {
                await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken);
                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }
}

/// <summary>What a host answered, bounded.</summary>
internal readonly record struct HttpAnswer(HttpStatusCode Status, string Text)
{
    /// <summary>A status of success.</summary>
    public bool IsGood => (int)Status is >= 200 and < 300;

    /// <summary>The answer as the reason for a failure.</summary>
    public PictureStoreException Refusal => new($"The host answered {(int)Status}: {(Text.Length > 200 ? Text[..200] : Text)}");
}
