using System.Net.WebSockets;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Affinity;
using Pollux.Dispatch;
using Pollux.Endpoints.Dialects;
using Pollux.KeyPool;
using Pollux.Live;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>The Live API: sessions over WebSocket, and the ephemeral tokens with which browsers open them.</summary>
internal sealed partial class LiveEndpoint(LiveGate gate, LiveSessions sessions, LiveTokens tokens, Dispatcher dispatcher, LiveModels models, SettingsHolder settings, TimeProvider clock)
{
    private const long LargestTokenRequest = 4 * 1024 * 1024;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    /// <summary>Serves <c>GET ws/google.ai.generativelanguage.{version}.GenerativeService.{method}</c>.</summary>
    public async Task ConnectAsync(HttpContext http)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Model = "live";
        record.Caller = http.Caller?.Label ?? record.Caller;
        Match service = Service().Match(http.Request.RouteValues["service"] as string ?? "");
        if (Refuse(http, service) is { } refusal)
        {
            (record.FaultOwner, record.FaultReason) = (refusal.Status < 500 ? nameof(FaultOwner.Client) : nameof(FaultOwner.Gateway), refusal.Kind.ToString());
            await GeminiErrors.Instance.WriteAsync(http, refusal, http.RequestAborted);
            return;
        }

        if (!sessions.TryEnter())
        {
            (record.FaultOwner, record.FaultReason) = (nameof(FaultOwner.Gateway), nameof(GatewayErrorKind.Busy));
            await GeminiErrors.Instance.WriteAsync(http, new GatewayError(503, GatewayErrorKind.Busy, "Too many Live sessions are open in this gateway (LIVE_MAX_SESSIONS). Come back in a moment.", Soon, Code: "gateway_busy"), http.RequestAborted);
            return;
        }

        try
        {
            TimeSpan ping = settings.Current.Live.PingInterval;
            using WebSocket client = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
            {
                KeepAliveInterval = ping > TimeSpan.Zero ? ping : Timeout.InfiniteTimeSpan, // unsolicited pongs: a client that is held back by the upstream must not die of an answer that nobody reads
            });
            var request = new LiveRequest(service.Groups["version"].Value, service.Groups["method"].Value, NativeQuery.Forward(http.Request.QueryString.Value, out _), Headers(http.Request.Headers), TokenOf(http));
            await gate.ServeAsync(client, request, http.Caller!, record, http.RequestAborted);
        }
        finally
        {
            sessions.Leave();
        }
    }

    /// <summary>Serves <c>POST {version}/auth_tokens</c>: a token that opens sessions through this gateway, with the key that made it.</summary>
    public async Task MakeTokenAsync(HttpContext http)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Model = "auth_tokens";
        record.Caller = http.Caller?.Label ?? record.Caller;
        (RequestBody? body, GatewayError? refusal) = await RequestBody.ReadJsonAsync(http, LargestTokenRequest, http.RequestAborted);
        using (body)
        {
            string version = http.GetEndpoint()?.Metadata.GetMetadata<NativeVersion>()?.Text ?? "v1alpha";
            ReadOnlyMemory<byte> sent = default;
            string model = "";
            if (refusal is null)
                sent = Understand(body!.Bytes, version, record, ref model, out refusal);
            if (refusal is not null)
            {
                await RefuseAsync(http, record, refusal);
                return;
            }

            using var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, http.RequestAborted);
            var call = new UpstreamCall
            {
                Method = HttpMethod.Post,
                Path = version + "/auth_tokens",
                Query = NativeQuery.Forward(http.Request.QueryString.Value, out _),
                Model = model,
                Body = sent,
                Form = AnswerForm.Unary,
                IsFree = true,
                Headers = Headers(http.Request.Headers),
            };
            Dispatched result = await dispatcher.SendAsync(call, record, lifetime);
            if (result.Failure is { } failure)
            {
                NativeFailures.Write(http.Response, failure, model, settings.Current.Server.PublicMode, http.Response.BodyWriter);
                await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
                return;
            }

            using WholeAnswer answer = result.Whole!;
            if (!tokens.Learn(answer.Body.Span, sent.Span, model, answer.ServedBy!.Value, http.Caller!))
            {
                await RefuseAsync(http, record, new GatewayError(502, GatewayErrorKind.UpstreamFailed, "Google's answer holds no token that can be used.", Code: "upstream_error"));
                return;
            }

            http.Response.ContentType = answer.ContentType;
            http.Response.ContentLength = answer.Body.Length;
            await http.Response.Body.WriteAsync(answer.Body, http.RequestAborted);
        }
    }

    private ReadOnlyMemory<byte> Understand(ReadOnlyMemory<byte> body, string version, RequestRecord record, ref string model, out GatewayError? refusal)
    {
        refusal = null;
        if (LiveSetup.ReadToken(body.Span) is not { } asked)
        {
            refusal = new GatewayError(400, GatewayErrorKind.InvalidRequest, "Invalid JSON payload received.");
            return default;
        }

        if (asked.Model is null)
            return body;
        if (models.Find(body, asked, version, record, out refusal) is not { } found)
            return default;
        model = found.Model;
        return found.Sent;
    }

    private static GatewayError? Refuse(HttpContext http, Match service)
    {
        if (!service.Success)
            return new GatewayError(404, GatewayErrorKind.NotFound, $"This gateway does not serve {http.Request.Method} {http.Request.Path}.");
        if (http.WebSockets.IsWebSocketRequest)
            return null;
        if (http.Request.Headers.Upgrade.Count > 0)
            return new GatewayError(400, GatewayErrorKind.InvalidRequest, "This is no valid opening of a WebSocket: see RFC 6455, section 4.");
        http.Response.Headers.Upgrade = "websocket";
        http.Response.Headers.Connection = "Upgrade";
        return new GatewayError(426, GatewayErrorKind.InvalidRequest, "The Live API is spoken over WebSocket. Connect with wss:// (or ws://) instead.");
    }

    /// <summary>The token, if it is the caller's credential: a token beside another caller's credential opens nothing.</summary>
    private RemoteResource? TokenOf(HttpContext http) =>
        IEphemeralTokens.PresentedBy(http.Request) is { } name && tokens.TryFind(name, out RemoteResource? token) && token.Owner == http.Caller!.Id ? token : null;

    private static KeyValuePair<string, string>[] Headers(IHeaderDictionary headers) =>
        headers.TryGetValue("x-goog-api-client", out var value) ? [new("x-goog-api-client", value.ToString())] : [];

    private static async Task RefuseAsync(HttpContext http, RequestRecord record, GatewayError error)
    {
        (record.FaultOwner, record.FaultReason) = (error.Status < 500 ? nameof(FaultOwner.Client) : nameof(FaultOwner.Upstream), error.Kind.ToString());
        await GeminiErrors.Instance.WriteAsync(http, error, http.RequestAborted);
    }

    [GeneratedRegex(@"^google\.ai\.generativelanguage\.(?<version>v[0-9]+(?:alpha|beta)?)\.GenerativeService\.(?<method>Bidi[A-Za-z]{1,60})$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Service();
}
