using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>
/// <c>OPENAI_PASSTHROUGH</c>: <c>/openai/v1</c> leads to Google's own OpenAI endpoint. Requests and good answers go through as
/// bytes, with a key of the pool and its retries; errors are told in OpenAI's form, which Google's are not. Names of models are
/// Google's: no aliases, no endings.
/// </summary>
internal sealed class OpenAIPassthroughEndpoint(ModelNames models, OpenAIRelay relay, SettingsHolder settings)
{
    /// <summary>Where it is found.</summary>
    public const string Prefix = "/openai/v1";

    /// <summary>What is handed on by POST. Files and batches are not: they would belong to one key, and to everybody who calls.</summary>
    public static readonly string[] Posts = ["chat/completions", "embeddings", "images/generations"];

    /// <summary>What Google's endpoint does not have, as of November 2026, and the gateway has elsewhere.</summary>
    public static readonly string[] Missing = ["images/edits", "images/variations", "audio/speech", "audio/transcriptions", "audio/translations", "responses", "completions"];

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

            record.Model = asked.Model;
            record.Stream = asked.Stream;
            if (models.Resolve(asked.Model, CredentialKinds.GeminiApiKey) is not { } resolved)
            {
                await OpenAIReplies.RefuseAsync(http, record, UnknownModel(asked.Model));
                return;
            }

            var call = new UpstreamCall
            {
                Method = HttpMethod.Post,
                Path = "v1beta/openai/" + path,
                Query = NativeQuery.Forward(http.Request.QueryString.Value, out _),
                Model = resolved.Name,
                Body = body.Bytes,
                Form = asked.Stream ? AnswerForm.ServerSentEvents : AnswerForm.Unary,
                Paid = models.PaidUse(resolved),
                IsOpenAI = true,
            };
            body.ReadBy = call;
            await relay.ServeAsync(http, call, record);
        }
    }

    /// <summary>Refuses one of <see cref="Missing"/>.</summary>
    public static Task RefuseAsync(HttpContext http, string path) => OpenAIReplies.RefuseAsync(http, Begin(http), new GatewayError(
        404, GatewayErrorKind.NotFound, $"{Prefix} leads to Google's own OpenAI endpoint here (OPENAI_PASSTHROUGH), which has no {path}. Use /v1/{path}.", Code: "unknown_url"));

    /// <summary>Serves <c>GET models</c> and <c>GET models/{id}</c>.</summary>
    public async Task GetModelsAsync(HttpContext http)
    {
        RequestRecord record = Begin(http);
        string? id = http.Request.RouteValues["id"] as string;
        if (id is not null && models.Resolve(id, CredentialKinds.GeminiApiKey) is null)
        {
            await OpenAIReplies.RefuseAsync(http, record, UnknownModel(id));
            return;
        }

        await relay.ServeAsync(
            http,
            new UpstreamCall
            {
                Method = HttpMethod.Get,
                Path = id is null ? "v1beta/openai/models" : "v1beta/openai/models/" + Uri.EscapeDataString(id),
                Model = "",
                IsFree = true,
                Form = AnswerForm.Unary,
                IsOpenAI = true,
            },
            record);
    }

    private static RequestRecord Begin(HttpContext http)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Caller = http.Caller?.Label ?? record.Caller;
        return record;
    }

    private static GatewayError UnknownModel(string model) =>
        new(404, GatewayErrorKind.NotFound, $"The model '{model}' does not exist.", Param: "model", Code: "model_not_found");
}
