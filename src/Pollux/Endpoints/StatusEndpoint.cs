using System.Buffers;
using System.Net;
using System.Reflection;
using System.Text;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.Endpoints;

/// <summary>The status page and the health probe. They tell counts, never a key and never a prompt.</summary>
internal sealed class StatusEndpoint(KeyPool.KeyPool pool, ModelDirectory directory, SettingsHolder settings)
{
    private static readonly string Version = typeof(StatusEndpoint).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>Serves <c>GET /health</c>.</summary>
    public static async Task HealthAsync(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.BodyWriter.Write("{\"status\":\"healthy\"}"u8);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    /// <summary>Serves <c>GET /</c> and <c>HEAD /</c>.</summary>
    public async Task PageAsync(HttpContext http)
    {
        byte[] page = Encoding.UTF8.GetBytes(Render());
        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.ContentLength = page.Length;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'sha256-" + Style.Hash + "'; frame-ancestors 'none'";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsHead(http.Request.Method))
            await http.Response.BodyWriter.WriteAsync(page, http.RequestAborted);
    }

    private string Render()
    {
        PolluxSettings current = settings.Current;
        PoolSnapshot keys = pool.Snapshot();
        bool ready = keys.Usable > 0;
        var rows = new StringBuilder();
        void Row(string name, string value) => rows.Append("<tr><th scope=\"row\">").Append(WebUtility.HtmlEncode(name)).Append("</th><td>").Append(WebUtility.HtmlEncode(value)).Append("</td></tr>");

        Row("Version", Version);
        Row("State", ready ? "ready" : keys.Total == 0 ? "no key yet: set GEMINI_API_KEYS and start again" : "no usable key at present");
        if (!current.Server.PublicMode)
        {
            Row("Keys usable", $"{keys.Usable} of {keys.Total}");
            Row("Models", directory.Current is { } list ? list.Entries.Count.ToString(System.Globalization.CultureInfo.InvariantCulture) : "not known yet");
            Row("Requests per minute and address", Limit(current.Access.MaxRequestsPerMinute));
            Row("Requests per day and address", Limit(current.Access.MaxRequestsPerDayPerIp));
        }

        return $"""
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Pollux</title><style>{Style.Text}</style></head>
            <body><main><h1>Pollux</h1><p class="{(ready ? "good" : "bad")}" role="status">{(ready ? "Ready" : "Not ready")}</p><table>{rows}</table>
            <p>OpenAI clients: <code>/v1</code> &middot; Gemini clients: <code>/v1beta</code></p></main></body>
            </html>
            """;
    }

    private static string Limit(int limit) => limit > 0 ? limit.ToString(System.Globalization.CultureInfo.InvariantCulture) : "none";

    private static class Style
    {
        public const string Text = ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0;display:grid;place-items:center;min-height:100vh}main{padding:1rem;max-width:34rem;width:100%;box-sizing:border-box}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .2rem;border-bottom:1px solid #8886;font-weight:400}td{text-align:right;font-variant-numeric:tabular-nums}.good::before{content:'\\25CF ';color:#2a9d4a}.bad::before{content:'\\25CF ';color:#d1462f}";

        public static readonly string Hash = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Text)));
    }
}
