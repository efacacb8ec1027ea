using System.Security.Cryptography;
using Pollux.Access;
using Pollux.Dispatch;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Protocols.OpenAI.Images;
using Pollux.Protocols.Translation;
using Pollux.Protocols.Xai;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>A chat with one of xAI's models for pictures: the user's last text is the prompt, and the answer shows the pictures.</summary>
internal sealed class XaiPictureChat(Dispatcher dispatcher, PicturePublishing publishing, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>Serves a request whose body was read.</summary>
    /// <exception cref="RequestFormatException">The body is no chat with a prompt.</exception>
    public async Task ServeAsync(HttpContext http, RequestBody body, Credential? callersKey, RequestRecord record)
    {
        XaiPicturePrompt prompt = XaiPicturePrompt.Read(body.Bytes);
        record.Losses = prompt.Losses.IsEmpty ? null : prompt.Losses.ToHeader();
        UpstreamCall call = XaiEndpoint.Call(
            HttpMethod.Post, "images/generations", prompt.Model, prompt.ToRequest(settings.Current.Others.Xai.PicturesAsBytes), stream: false, callersKey);
        DispatchSettings dispatch = settings.Current.Dispatch;
        using var lifetime = new RequestLifetime(dispatch.TotalTimeout, clock, http.RequestAborted);
        await using var client = prompt.Stream
            ? new ClientStream(http.Response, "text/event-stream; charset=utf-8", dispatch.KeepAlive, clock)
            : new ClientStream(http.Response, "application/json; charset=utf-8", dispatch.UnaryKeepAlive, clock);
        Dispatched result = await dispatcher.SendAsync(call, record, lifetime);
        if (result.Failure is { } failure)
        {
            GatewayError told = callersKey is null ? FailureTranslation.ToError(failure, prompt.Model, call.Service) : FailureTranslation.ToCallersError(failure, prompt.Model, call.Service);
            await OpenAIReplies.FailAsync(http, client, told, prompt.Stream);
            return;
        }

        using WholeAnswer whole = result.Whole!;
        if (XaiPictureAnswer.Read(whole.Body) is not { } answer)
        {
            await FailAsync(new GatewayError(502, GatewayErrorKind.UpstreamFailed, "xAI's answer could not be read.", Code: "upstream_error"), FaultOwner.Upstream, FaultReason.MalformedAnswer);
            return;
        }

        if (answer.Pictures.Count == 0)
        {
            await (answer.Withheld > 0
                ? FailAsync(new GatewayError(400, GatewayErrorKind.ContentBlocked, "xAI's moderation withheld the pictures.", Code: "content_policy"), FaultOwner.Client, FaultReason.PromptBlocked)
                : FailAsync(new GatewayError(502, GatewayErrorKind.UpstreamEmpty, $"{prompt.Model} made no picture.", Code: "upstream_empty_response"), FaultOwner.Model, FaultReason.EmptyAnswer));
            return;
        }

        if (answer.Withheld > 0)
        {
            prompt.Losses.Add("n", LossKind.Changed, "Some of the pictures were withheld.");
            record.Losses = prompt.Losses.ToHeader();
        }

        Uri clientBase = PublicBase.Of(http, settings.Current.Access.TrustedProxies);
        var addresses = new string?[answer.Pictures.Count];
        for (int i = 0; i < addresses.Length; i++)
        {
            XaiPicture picture = answer.Pictures[i];
            addresses[i] = picture.Address ?? await publishing.PublishAsync(clientBase, new MadePicture(picture.MediaType, picture.Data), http.RequestAborted);
        }

        string id = "chatcmpl-" + RandomNumberGenerator.GetHexString(24, lowercase: true);
        AnswerOutput output = await client.EnterAsync(http.RequestAborted);
        answer.Write(output, new XaiPictureChatHead(id, clock.GetUtcNow().ToUnixTimeSeconds(), prompt.Model, prompt.Stream, prompt.IncludeUsage), addresses);
        await client.FlushAsync(http.RequestAborted);

        async Task FailAsync(GatewayError error, FaultOwner owner, FaultReason reason)
        {
            (record.FaultOwner, record.FaultReason) = (owner.ToString(), reason.ToString());
            await OpenAIReplies.FailAsync(http, client, error, prompt.Stream);
        }
    }
}
