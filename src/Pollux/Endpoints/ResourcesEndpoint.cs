using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Dispatch;
using Pollux.Files;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Resources;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>
/// All of Gemini's own API that makes, changes or looks at something that lives at Google, and whatever Google adds: the bytes go
/// through in both directions, to the key that owns what is named.
/// </summary>
internal sealed class ResourcesEndpoint(ResourceCalls calls, ResourceLists lists, ModelNames models, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>How Google's OAuth access tokens begin. Nothing else of that header ever goes on: it may be the caller's credential for this gateway.</summary>
    private const string GooglesToken = "Bearer ya29.";

    private static readonly string[] ForwardedHeaders = ["x-goog-api-client", "x-server-timeout", "x-goog-user-project", "Last-Event-ID", "Api-Revision"];

    /// <summary>Serves <c>{version}/{anything}</c>.</summary>
    public async Task InvokeAsync(HttpContext http)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Caller = http.Caller?.Label ?? record.Caller;
        string text = http.Request.RouteValues[NativePathConstraint.Parameter] as string ?? "";
        if (ResourcePath.Parse(text) is not { } path || !ResourcePath.IsServed(text, HttpMethods.IsGet(http.Request.Method)))
        {
            await WriteAsync(http, new GatewayError(404, GatewayErrorKind.NotFound, $"This gateway does not serve {http.Request.Method} {http.Request.Path}."), record, "");
            return;
        }

        bool isPost = HttpMethods.IsPost(http.Request.Method);
        if (!isPost && NativePath.TryParse(text, out NativePath asked) && asked.IsComputation)
        {
            http.Response.Headers.Allow = HttpMethods.Post;
            await WriteAsync(http, new GatewayError(405, GatewayErrorKind.MethodNotAllowed, $"{http.Request.Path} takes POST, not {http.Request.Method}."), record, "");
            return;
        }

        (RequestBody? body, GatewayError? refusal) = HasBody(http) ? await RequestBody.ReadJsonAsync(http, settings.Current.Server.MaxBodyBytes, http.RequestAborted) : default;
        using (body)
            await ServeAsync(http, path, body?.Bytes ?? default, refusal, record);
    }

    private async Task ServeAsync(HttpContext http, ResourcePath path, ReadOnlyMemory<byte> body, GatewayError? refusal, RequestRecord record)
    {
        ResourceRequest request = ResourceRequest.Empty;
        refusal ??= ResourceCalls.Read(body, out request);
        PaidKeyUse paid = PaidKeyUse.Never;
        string version = http.GetEndpoint()?.Metadata.GetMetadata<NativeVersion>()?.Text ?? "v1beta";
        if (refusal is null && HttpMethods.IsPost(http.Request.Method) && (path.Model ?? request.Model) is { } model)
            refusal = FindModel(model, version, path.Action ?? path.Name, record, ref path, out paid);
        record.Model = path.Model ?? request.Model ?? path.Segments[0];
        if (refusal is not null)
        {
            await WriteAsync(http, refusal, record, "");
            return;
        }

        using var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, http.RequestAborted);
        var asked = new ResourceAsk(
            HttpMethod.Parse(http.Request.Method), version, path, NativeQuery.Forward(http.Request.QueryString.Value, out _), PickHeaders(http.Request.Headers, path), body, request, paid,
            new FileAsk(http.Caller?.Id ?? "", record, lifetime));
        try
        {
            if (path.IsList && HttpMethods.IsGet(http.Request.Method))
            {
                await WriteAsync(http, await lists.ListAsync(asked, Parameter(http, "pageSize", "page_size"), Parameter(http, "pageToken", "page_token")), record, asked.Model);
                return;
            }

            (OpenResource? open, FileReply? reply) = await calls.OpenAsync(asked);
            if (open is null)
                await WriteAsync(http, reply!, record, asked.Model);
            else
                await CopyAsync(http, open, record, lifetime);
        }
        catch (OperationCanceledException) when (lifetime.TimedOut && !http.Response.HasStarted)
        {
            await WriteAsync(http, Dispatcher.TimedOut(record).Failure!, record, asked.Model);
        }
    }

    /// <summary>Aliases become the names of what they stand for where the path names them; hidden models are not there.</summary>
    private GatewayError? FindModel(string model, string version, string action, RequestRecord record, ref ResourcePath path, out PaidKeyUse paid)
    {
        paid = PaidKeyUse.Never;
        if (models.Resolve(model, record) is not { } resolved)
        {
            return new GatewayError(404, GatewayErrorKind.NotFound,
                $"models/{model} is not found for API version {version}, or is not supported for {action}. Call ModelService.ListModels to see the list of available models and their supported methods.{AliasedNames.HintFor(model)}");
        }

        paid = models.PaidUse(resolved);
        if (path.Model is not null && path.Model != resolved.Name)
            path = ResourcePath.Parse($"models/{resolved.Name}{(path.Action is { } word ? ":" + word : "")}") ?? path;
        return null;
    }

    private static async Task CopyAsync(HttpContext http, OpenResource open, RequestRecord record, RequestLifetime lifetime)
    {
        using FileTransfer transfer = open.Transfer;
        http.Response.StatusCode = (int)transfer.Response.StatusCode;
        foreach ((string name, string value) in AnswerHeaders.Pick(transfer.Response.Headers))
            http.Response.Headers[name] = value;
        http.Response.ContentType = AnswerHeaders.ContentType(transfer.Response.Content.Headers);
        http.Response.ContentLength = transfer.Response.Content.Headers.ContentLength;
        if (http.Response.ContentType?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) == true)
        {
            record.Stream = true;
            http.Response.Headers.CacheControl = "no-cache";
            http.Response.Headers["X-Accel-Buffering"] = "no"; // nginx would hold events back
        }

        try
        {
            await transfer.CopyAsync(async piece =>
            {
                open.Answer?.Feed(piece.Span);
                await http.Response.Body.WriteAsync(piece, http.RequestAborted);
            });
            open.Answer?.End();
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException || (fault is OperationCanceledException && !http.RequestAborted.IsCancellationRequested))
        {
            (record.FaultOwner, record.FaultReason) = (nameof(FaultOwner.Upstream), lifetime.TimedOut ? nameof(FaultReason.TotalTimeout) : nameof(FaultReason.StreamCut));
            throw new CutAnswerException(); // what is cut must not look whole
        }
        finally
        {
            if (open.Answer is { Usage: var usage })
                (record.Usage, transfer.Usage) = (usage, Attempt.ToTokenUsage(usage));
        }
    }

    private static bool HasBody(HttpContext http) =>
        http.Request.ContentLength > 0 || (http.Request.ContentLength is null && http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true);

    private static string? Parameter(HttpContext http, string name, string other) =>
        http.Request.Query.TryGetValue(name, out var value) || http.Request.Query.TryGetValue(other, out value) ? value.ToString() : null;

    private static List<KeyValuePair<string, string>> PickHeaders(IHeaderDictionary headers, ResourcePath path)
    {
        var picked = new List<KeyValuePair<string, string>>(2);
        foreach (string name in ForwardedHeaders)
        {
            if (headers.TryGetValue(name, out var value))
                picked.Add(new(name, value.ToString()));
        }

        if (path.IsRegistration && headers.Authorization is [{ } token] && token.StartsWith(GooglesToken, StringComparison.Ordinal))
            picked.Add(new("Authorization", token));
        return picked;
    }

    private Task WriteAsync(HttpContext http, FileReply reply, RequestRecord record, string model) => FileReplies.WriteAsync(http, reply, record, model, settings.Current.Server.PublicMode);
}
