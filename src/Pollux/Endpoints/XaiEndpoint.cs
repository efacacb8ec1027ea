using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.KeyPool;
using Pollux.Protocols.Translation;
using Pollux.Protocols.Xai;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>
/// xAI's API below <c>/xai/v1</c>, with a key of the pool or with the one that the caller brings along. Requests and answers go
/// through as bytes; failures are told in OpenAI's form, which xAI's are not.
/// </summary>
internal sealed class XaiEndpoint(OpenAIRelay relay, XaiPictureChat pictures, SettingsHolder settings)
{
    /// <summary>Where it is found.</summary>
    public const string Prefix = "/xai/v1";

    /// <summary>What is handed on by POST. Stored responses and files are not: they would belong to one key.</summary>
    public static readonly string[] Posts = ["chat/completions", "images/generations", "images/edits"];

    /// <summary>Serves one of <see cref="Posts"/>.</summary>
    public async Task PostAsync(HttpContext http, string path)
    {
        RequestRecord record = Begin(http);
        (RequestBody? body, GatewayError? refusal) = await RequestBody.ReadJsonAsync(http, settings.Current.Server.MaxBodyBytes, http.RequestAborted);
        using (body)
        {
            if (body is null || !OpenAIRelay.TryRead(body.Bytes.Span, out RelayedBody asked, out refusal))
            {
                await OpenAIReplies.RefuseAsync(http, record, refusal!);
                return;
            }

            (record.Model, record.Stream) = (asked.Model, asked.Stream);
            if (settings.Current.Generation.BlockedModels.Contains(asked.Model))
            {
                await OpenAIReplies.RefuseAsync(http, record, new GatewayError(404, GatewayErrorKind.NotFound, $"The model '{asked.Model}' does not exist.", Param: "model", Code: "model_not_found"));
                return;
            }

            try
            {
                if (path == "chat/completions" && XaiImageRequest.IsPictureModel(asked.Model))
                {
                    await pictures.ServeAsync(http, body, CallersKey(http), record);
                    return;
                }

                ReadOnlyMemory<byte> sent = body.Bytes;
                if (path.StartsWith("images/", StringComparison.Ordinal))
                {
                    var losses = new LossReport();
                    sent = XaiImageRequest.Adapt(sent, losses);
                    record.Losses = losses.IsEmpty ? null : losses.ToHeader();
                }

                UpstreamCall call = Call(HttpMethod.Post, path, asked.Model, sent, asked.Stream && path == "chat/completions", CallersKey(http));
                body.ReadBy = call;
                await relay.ServeAsync(http, call, record);
            }
            catch (RequestFormatException fault)
            {
                await OpenAIReplies.RefuseAsync(http, record, fault);
            }
        }
    }

    /// <summary>Serves <c>GET models</c> and <c>GET models/{id}</c>.</summary>
    public Task GetModelsAsync(HttpContext http)
    {
        string path = http.Request.RouteValues["id"] is string id ? "models/" + Uri.EscapeDataString(id) : "models";
        return relay.ServeAsync(http, Call(HttpMethod.Get, path, "", default, stream: false, CallersKey(http)), Begin(http));
    }

    /// <summary>A call to xAI. The client's query stays here: it may hold a credential.</summary>
    public static UpstreamCall Call(HttpMethod method, string path, string model, ReadOnlyMemory<byte> body, bool stream, Credential? callersKey) => new()
    {
        Method = method,
        Path = path,
        Model = model,
        Body = body,
        Form = stream ? AnswerForm.ServerSentEvents : AnswerForm.Unary,
        IsFree = method == HttpMethod.Get,
        IsOpenAI = true,
        Kinds = CredentialKinds.XaiKey,
        Service = UpstreamCall.Xai,
        CallersKey = callersKey,
    };

    private static Credential? CallersKey(HttpContext http) =>
        http.Caller is { BringsXaiKey: true } && CallersXaiKey.Of(http.Request) is { } key ? Credential.OfCaller(new SecretText(key), CredentialKind.XaiKey) : null;

    private static RequestRecord Begin(HttpContext http)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Caller = http.Caller?.Label ?? record.Caller;
        return record;
    }
}
