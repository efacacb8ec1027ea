using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Pollux.Bench.Load;

/// <summary>
/// The least a proxy on Kestrel and SocketsHttpHandler can be: no routes, no keys, no judgement, no log. What it costs is
/// the price of the platform; the difference to Pollux is the price of Pollux.
/// </summary>
internal static class ReferenceProxy
{
    private const int BufferBytes = 8 * 1024;

    /// <summary>Serves until the process is ended.</summary>
    public static async Task<int> RunAsync(int port, string upstream)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        await using WebApplication app = builder.Build();
        using SocketsHttpHandler handler = new() { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null };
        using HttpMessageInvoker invoker = new(handler);
        app.Run(http => ForwardAsync(http, invoker, upstream));
        await app.RunAsync();
        return 0;
    }

    private static async Task ForwardAsync(HttpContext http, HttpMessageInvoker invoker, string upstream)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, upstream + http.Request.Path + http.Request.QueryString)
        {
            Content = new StreamContent(http.Request.Body),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", http.Request.ContentType);
        request.Content.Headers.ContentLength = http.Request.ContentLength;
        using HttpResponseMessage response = await invoker.SendAsync(request, http.RequestAborted);
        http.Response.StatusCode = (int)response.StatusCode;
        http.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        http.Response.ContentLength = response.Content.Headers.ContentLength;
        await using Stream body = await response.Content.ReadAsStreamAsync(http.RequestAborted);
        int read;
        while ((read = await body.ReadAsync(http.Response.BodyWriter.GetMemory(BufferBytes), http.RequestAborted)) > 0)
        {
            http.Response.BodyWriter.Advance(read);
            await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
        }
    }
}
