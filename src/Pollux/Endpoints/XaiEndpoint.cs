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
internal sealed class XaiEndpoint(RelayedRequests requests, XaiPictureChat pictures, SettingsHolder settings)
{
    /// <summary>Where it is found.</summary>
    public const string Prefix = "/xai/v1";

    /// <summary>What is handed on by POST. Stored responses and files are not: they would belong to one key.</summary>
    public static readonly string[] Posts = ["chat/completions", "images/generations", "images/edits"];

    /// <summary>Serves one of <see cref="Posts"/>.</summary>
    public Task PostAsync(HttpContext http, string path) => requests.PostAsync(http, (body, asked, record) => ServeAsync(http, path, body, asked, record));

    /// <summary>Serves <c>GET models</c> and <c>GET models/{id}</c>.</summary>
    public Task GetModelsAsync(HttpContext http)
    {
        string path = http.Request.RouteValues["id"] is string id ? "models/" + Uri.EscapeDataString(id) : "models";
        return requests.SendAsync(http, Call(HttpMethod.Get, path, "", default, stream: false, CallersKey(http)));
    }

    private Task ServeAsync(HttpContext http, string path, RequestBody body, RelayedBody asked, RequestRecord record)
    {
        if (settings.Current.Generation.BlockedModels.Contains(asked.Model))
            return OpenAIReplies.RefuseAsync(http, record, RelayedRequests.UnknownModel(asked.Model));
        bool isChat = path == "chat/completions";
        if (isChat && XaiImageRequest.IsPictureModel(asked.Model))
            return pictures.ServeAsync(http, body, CallersKey(http), record);

        ReadOnlyMemory<byte> sent = body.Bytes;
        if (!isChat)
        {
            var losses = new LossReport();
            sent = XaiImageRequest.Adapt(sent, losses);
            record.Losses = losses.IsEmpty ? null : losses.ToHeader();
        }

        return requests.SendAsync(http, body, Call(HttpMethod.Post, path, asked.Model, sent, asked.Stream && isChat, CallersKey(http)), record);
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
}
