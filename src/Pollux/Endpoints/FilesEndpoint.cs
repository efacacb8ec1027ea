using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Pollux.Access;
using Pollux.Dispatch;
using Pollux.Files;
using Pollux.KeyPool;
using Pollux.Resources;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>Gemini's Files: uploads that stream through, and the caller's files over all keys.</summary>
internal sealed class FilesEndpoint(FileUploads uploads, FileCalls files, ResourceCalls resources, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>Where uploads go on that were begun here; behind it stands their id.</summary>
    public const string SessionPath = "upload/session";

    private const string Download = ":download";
    private const long MaxDescriptionBytes = 64 * 1024;

    /// <summary>Serves <c>POST upload/{version}/files</c>: the start of an upload in pieces, or a whole one.</summary>
    public Task UploadAsync(HttpContext http) => UploadAsync(http, "files", owner: null);

    /// <summary>Serves <c>POST upload/{version}/fileSearchStores/{store}:uploadToFileSearchStore</c> and its like: the file goes to the key of what it goes into.</summary>
    public async Task UploadIntoAsync(HttpContext http)
    {
        string text = http.Request.RouteValues[NativePathConstraint.Parameter] as string ?? "";
        using var lifetime = new RequestLifetime(TimeSpan.Zero, clock, http.RequestAborted);
        if (ResourcePath.Parse(text) is not { NamesResource: true, Action: not null } into)
        {
            await WriteAsync(http, new GatewayError(404, GatewayErrorKind.NotFound, $"This gateway does not serve {http.Request.Method} {http.Request.Path}."), AskOf(http, lifetime));
            return;
        }

        (Affinity.RemoteResource? owner, GatewayError? refusal) = resources.OwnerOf(into, "", [], http.Caller?.Id ?? "");
        if (refusal is null && owner is null)
            refusal = Affinity.ResourceOwners.NotThere(into.Name); // a body that is read once cannot seek its key
        if (refusal is not null)
            await WriteAsync(http, refusal, AskOf(http, lifetime));
        else
            await UploadAsync(http, $"{into.Name}:{into.Action}", new ResourceOwner(owner!.Credential, owner.Name));
    }

    private async Task UploadAsync(HttpContext http, string into, ResourceOwner? owner)
    {
        using var lifetime = new RequestLifetime(TimeSpan.Zero, clock, http.RequestAborted); // a slow line may need hours for two gigabytes; silence is bounded
        FileAsk ask = AskOf(http, lifetime);
        string path = $"upload/{VersionOf(http)}/{into}";
        string query = NativeQuery.Forward(http.Request.QueryString.Value, out _);
        string protocol = http.Request.Headers[UploadHeaders.Protocol].ToString();
        if (protocol.Length == 0)
            protocol = http.Request.Query["uploadType"].ToString();
        switch (protocol.ToLowerInvariant())
        {
            case "resumable":
                (ReadOnlyMemory<byte> described, GatewayError? refusal) = await ReadDescriptionAsync(http);
                FileReply reply = refusal ?? await uploads.StartAsync(path, query, http.Request.Headers, described, ask, owner);
                if (reply.UploadId is { } id)
                    http.Response.Headers[UploadHeaders.Url] = new Uri(PublicBase.Of(http, settings.Current.Access.TrustedProxies), $"{SessionPath}/{id}?upload_protocol=resumable").AbsoluteUri;
                await WriteAsync(http, reply, ask);
                break;
            case "multipart" or "media" or "raw":
                LetSlow(http);
                await WriteAsync(http, await uploads.UploadAsync(path, query, http.Request, ask, isMedia: !protocol.Equals("multipart", StringComparison.OrdinalIgnoreCase), owner), ask);
                break;
            default:
                await WriteAsync(http, new GatewayError(400, GatewayErrorKind.InvalidRequest, "An upload needs the header X-Goog-Upload-Protocol (resumable, multipart or raw) or the parameter uploadType (multipart or media)."), ask);
                break;
        }
    }

    /// <summary>Serves what follows the start of an upload. The id in the address is the credential, as at Google.</summary>
    public async Task ContinueAsync(HttpContext http)
    {
        using var lifetime = new RequestLifetime(TimeSpan.Zero, clock, http.RequestAborted);
        LetSlow(http);
        FileAsk ask = AskOf(http, lifetime);
        await WriteAsync(http, await uploads.ContinueAsync(http.Request.RouteValues["id"] as string ?? "", http.Request, ask), ask);
    }

    /// <summary>Serves <c>POST {version}/files</c>: a file that is only described.</summary>
    public async Task DescribeAsync(HttpContext http)
    {
        using var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, http.RequestAborted);
        FileAsk ask = AskOf(http, lifetime);
        (ReadOnlyMemory<byte> described, GatewayError? refusal) = await ReadDescriptionAsync(http);
        await WriteAsync(http, refusal ?? await uploads.DescribeAsync($"{VersionOf(http)}/files", NativeQuery.Forward(http.Request.QueryString.Value, out _), described, ask), ask);
    }

    /// <summary>Serves <c>GET {version}/files</c>.</summary>
    public async Task ListAsync(HttpContext http)
    {
        using var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, http.RequestAborted);
        FileAsk ask = AskOf(http, lifetime);
        await WriteAsync(http, await files.ListAsync(VersionOf(http), Parameter(http, "pageSize", "page_size"), Parameter(http, "pageToken", "page_token"), ask), ask);
    }

    /// <summary>Serves <c>GET {version}/files/{id}</c> and <c>GET {version}/files/{id}:download</c>.</summary>
    public async Task GetAsync(HttpContext http)
    {
        string id = http.Request.RouteValues["id"] as string ?? "";
        if (id.EndsWith(Download, StringComparison.Ordinal))
            await DownloadAsync(http, id[..^Download.Length]);
        else
            await AskAsync(http, HttpMethod.Get, id);
    }

    /// <summary>Serves <c>DELETE {version}/files/{id}</c>.</summary>
    public Task DeleteAsync(HttpContext http) => AskAsync(http, HttpMethod.Delete, http.Request.RouteValues["id"] as string ?? "");

    private async Task AskAsync(HttpContext http, HttpMethod method, string id)
    {
        using var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, http.RequestAborted);
        FileAsk ask = AskOf(http, lifetime);
        FileReply reply = FileNames.IsId(id)
            ? await files.AskAsync(method, VersionOf(http), FileNames.Prefix + id, NativeQuery.Forward(http.Request.QueryString.Value, out _), ask)
            : NoName();
        await WriteAsync(http, reply, ask);
    }

    private async Task DownloadAsync(HttpContext http, string id)
    {
        using var lifetime = new RequestLifetime(TimeSpan.Zero, clock, http.RequestAborted);
        FileAsk ask = AskOf(http, lifetime);
        if (!FileNames.IsId(id))
        {
            await WriteAsync(http, NoName(), ask);
            return;
        }

        (FileTransfer? open, FileReply? refusal) = await files.DownloadAsync(VersionOf(http), FileNames.Prefix + id, NativeQuery.Forward(http.Request.QueryString.Value, out _), http.Request.Headers, ask);
        if (open is null)
        {
            await WriteAsync(http, refusal!, ask);
            return;
        }

        using (open)
        {
            http.Response.StatusCode = (int)open.Response.StatusCode;
            foreach ((string name, var values) in open.Response.Content.Headers.NonValidated)
            {
                if (name is "Content-Type" or "Content-Length" or "Content-Range" or "Content-Disposition")
                    http.Response.Headers[name] = values.ToString();
            }

            try
            {
                await open.CopyAsync(async piece => await http.Response.Body.WriteAsync(piece, http.RequestAborted));
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException || (fault is OperationCanceledException && !http.RequestAborted.IsCancellationRequested))
            {
                (ask.Record.FaultOwner, ask.Record.FaultReason) = (nameof(FaultOwner.Upstream), nameof(FaultReason.StreamCut));
                throw new CutAnswerException(); // a cut file must not look whole
            }
        }
    }

    private static FileReply NoName() => new GatewayError(404, GatewayErrorKind.NotFound, "There is no file of that name: names are files/ and letters, digits, '-' and '_'.");

    private static string VersionOf(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<NativeVersion>()?.Text ?? "v1beta";

    private static string? Parameter(HttpContext http, string name, string other) =>
        http.Request.Query.TryGetValue(name, out var value) || http.Request.Query.TryGetValue(other, out value) ? value.ToString() : null;

    private static FileAsk AskOf(HttpContext http, RequestLifetime lifetime)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Caller = http.Caller?.Label ?? record.Caller;
        record.Model = "files";
        return new FileAsk(http.Caller?.Id ?? "", record, lifetime);
    }

    /// <summary>The server's own bound on slow bodies is five seconds of silence; ours is <c>TIME_OUT</c>.</summary>
    private static void LetSlow(HttpContext http)
    {
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
    }

    private static async Task<(ReadOnlyMemory<byte> Body, GatewayError? Refusal)> ReadDescriptionAsync(HttpContext http)
    {
        if (http.Request.ContentLength == 0 || (http.Request.ContentLength is null && http.Request.Headers.TransferEncoding.Count == 0))
            return (default, null);
        (RequestBody? body, GatewayError? refusal) = await RequestBody.ReadJsonAsync(http, MaxDescriptionBytes, http.RequestAborted);
        using (body)
            return (body?.Bytes.ToArray(), refusal);
    }

    private Task WriteAsync(HttpContext http, FileReply reply, FileAsk ask) => FileReplies.WriteAsync(http, reply, ask.Record, "", settings.Current.Server.PublicMode);
}
