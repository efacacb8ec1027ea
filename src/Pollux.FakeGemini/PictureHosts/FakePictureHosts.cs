using System.Collections.Concurrent;
using System.Net;

namespace Pollux.FakeGemini.PictureHosts;

/// <summary>
/// Hosts of pictures on one real socket: sm.ms, PicGo, a Cloudflare ImgBed, S3 and those who speak its API, Aliyun OSS. Each
/// refuses what the real one refuses, with its error body; signatures are computed again. What a host took can be fetched by
/// its link. Lead clients here under the real host names: signatures hold them. Thread-safe.
/// </summary>
public sealed class FakePictureHosts : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentDictionary<string, FakeUpload> _taken = new(StringComparer.Ordinal); // by the last part of the link
    private readonly ConcurrentQueue<FakeUpload> _order = new();
    private int _requests;
    private int _broken;

    private FakePictureHosts(FakePictureHostsOptions options)
    {
        Options = options;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(new IPEndPoint(options.Address, options.Port)));
        _application = builder.Build();
        _application.Run(HandleAsync);
    }

    /// <summary>The accounts.</summary>
    public FakePictureHostsOptions Options { get; }

    /// <summary>Address without path.</summary>
    public Uri BaseAddress { get; private set; } = new("http://127.0.0.1/");

    /// <summary>What was taken, oldest first.</summary>
    public IReadOnlyCollection<FakeUpload> Taken => _order;

    /// <summary>How many requests came, refused ones included.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Starts listening.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<FakePictureHosts> StartAsync(FakePictureHostsOptions options, CancellationToken cancellation)
    {
        FakePictureHosts hosts = new(options);
        await hosts._application.StartAsync(cancellation);
        hosts.BaseAddress = new Uri(hosts._application.Urls.First());
        return hosts;
    }

    /// <summary>Breaks the connection of the next requests before anything is answered.</summary>
    public void BreakNext(int requests) => Volatile.Write(ref _broken, requests);

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
    }

    internal FakeUpload? Find(string name) => _taken.GetValueOrDefault(name);

    internal void Take(string name, FakeUpload upload)
    {
        _taken[name] = upload;
        _order.Enqueue(upload);
    }

    internal bool Forget(string name) => _taken.TryRemove(name, out _);

    private async Task HandleAsync(HttpContext http)
    {
        Interlocked.Increment(ref _requests);
        if (Volatile.Read(ref _broken) > 0 && Interlocked.Decrement(ref _broken) >= 0)
        {
            http.Abort();
            return;
        }

        if (HttpMethods.IsGet(http.Request.Method))
            await GiveAsync(http);
        else if (http.Request.Path == "/api/v2/upload")
            await SmmsHost.HandleAsync(this, http);
        else if (http.Request.Path == "/api/1/upload")
            await CheveretoHost.HandleAsync(this, http);
        else if (http.Request.Path.Value!.EndsWith("/upload", StringComparison.Ordinal))
            await ImgbedHost.HandleAsync(this, http);
        else
            await ObjectHost.HandleAsync(this, http);
    }

    private async Task GiveAsync(HttpContext http)
    {
        string name = http.Request.Path.Value!.Split('/')[^1];
        if (Find(name) is not { } found)
        {
            http.Response.StatusCode = 404;
            return;
        }

        http.Response.ContentType = found.MediaType;
        await http.Response.Body.WriteAsync(found.Bytes, http.RequestAborted);
    }
}
