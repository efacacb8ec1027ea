using Pollux.Access;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>
/// <c>OPENAI_PASSTHROUGH</c>: <c>/openai/v1</c> leads to Google's own OpenAI endpoint. Requests and good answers go through as
/// bytes, with a key of the pool and its retries; errors are told in OpenAI's form, which Google's are not. Names of models are
/// Google's: no aliases, no endings.
/// </summary>
internal sealed class OpenAIPassthroughEndpoint(ModelNames models, RelayedRequests requests)
{
    /// <summary>Where it is found.</summary>
    public const string Prefix = "/openai/v1";

    private const string Root = "v1beta/openai/";

    /// <summary>What is handed on by POST. Files and batches are not: they would belong to one key, and to everybody who calls.</summary>
    public static readonly string[] Posts = ["chat/completions", "embeddings", "images/generations"];

    /// <summary>What Google's endpoint does not have, as of November 2026, and the gateway has elsewhere.</summary>
    public static readonly string[] Missing = ["images/edits", "images/variations", "audio/speech", "audio/transcriptions", "audio/translations", "responses", "completions"];

    /// <summary>Serves one of <see cref="Posts"/>.</summary>
    public Task PostAsync(HttpContext http, string path) => requests.PostAsync(http, (body, asked, record) => models.ResolveListed(asked.Model, CredentialKinds.GeminiApiKey) is { } resolved
        ? requests.SendAsync(
            http,
            body,
            new UpstreamCall
            {
                Method = HttpMethod.Post,
                Path = Root + path,
                Query = NativeQuery.Forward(http.Request.QueryString.Value, out _),
                Model = resolved.Name,
                Body = body.Bytes,
                Form = asked.Stream ? AnswerForm.ServerSentEvents : AnswerForm.Unary,
                Paid = models.PaidUse(resolved),
                IsOpenAI = true,
            },
            record)
        : OpenAIReplies.RefuseAsync(http, record, RelayedRequests.UnknownModel(asked.Model)));

    /// <summary>Refuses one of <see cref="Missing"/>.</summary>
    public static Task RefuseAsync(HttpContext http, string path) => OpenAIReplies.RefuseAsync(http, RelayedRequests.Begin(http), new GatewayError(
        404, GatewayErrorKind.NotFound, $"{Prefix} leads to Google's own OpenAI endpoint here (OPENAI_PASSTHROUGH), which has no {path}. Use /v1/{path}.", Code: "unknown_url"));

    /// <summary>Serves <c>GET models</c> and <c>GET models/{id}</c>.</summary>
    public Task GetModelsAsync(HttpContext http)
    {
        string? id = http.Request.RouteValues["id"] as string;
        return id is null || models.ResolveListed(id, CredentialKinds.GeminiApiKey) is not null
            ? requests.SendAsync(http, new UpstreamCall
            {
                Method = HttpMethod.Get,
                Path = Root + (id is null ? "models" : "models/" + Uri.EscapeDataString(id)),
                Model = "",
                IsFree = true,
                Form = AnswerForm.Unary,
                IsOpenAI = true,
            })
            : OpenAIReplies.RefuseAsync(http, RelayedRequests.Begin(http), RelayedRequests.UnknownModel(id));
    }
}
