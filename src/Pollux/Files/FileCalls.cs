using System.Text;
using Pollux.Access;
using Pollux.Affinity;
using Pollux.Dispatch;
using Pollux.Upstream;

namespace Pollux.Files;

/// <summary>Reads, lists, deletes and downloads files, each at the key that owns it, and only for the caller whose they are.</summary>
internal sealed class FileCalls(Dispatcher dispatcher, FileTransfers transfers, FileBook book, FileTwins twins, GeminiUpstream upstream, ListPages pages)
{
    private const int UsualPage = 10;    // Google's default
    private const int MostRedirects = 3;

    private static readonly string[] AskedHeaders = ["Range", "If-Range", "x-goog-api-client"];

    /// <summary>Asks for one file, or deletes it.</summary>
    /// <param name="method">GET or DELETE.</param>
    /// <param name="version">The API version.</param>
    /// <param name="name">For example <c>files/abc</c>.</param>
    /// <param name="query">The query without credentials.</param>
    /// <param name="ask">Who asks.</param>
    public async Task<FileReply> AskAsync(HttpMethod method, string version, string name, string query, FileAsk ask)
    {
        if (book.Find(name, ask.Caller) is not { } file)
            return FileReply.NotThere(name);
        var call = new UpstreamCall
        {
            Method = method,
            Path = $"{version}/{file.Name}",
            Query = query,
            Model = "",
            Form = AnswerForm.Unary,
            IsFree = true,
            OwnedBy = new ResourceOwner(file.Credential, file.Name),
        };
        Dispatched result = await dispatcher.SendAsync(call, ask.Record, ask.Lifetime);
        if (result.Failure is { } failure)
        {
            if (failure.Fault is not { HttpStatus: 403 or 404, Owner: not KeyPool.FaultOwner.Key })
                return failure;
            book.Forget(file.Name); // it was deleted elsewhere, or is over
            return FileReply.NotThere(name);
        }

        using WholeAnswer answer = result.Whole!;
        if (method == HttpMethod.Delete)
        {
            book.Forget(file.Name);
            await twins.DeleteAsync(file, ask);
        }
        else
        {
            book.Learn(answer.Body, file.Credential, file.Owner); // its state may have changed
        }

        return new FileReply { ContentType = answer.ContentType, Body = answer.Body.ToArray(), Headers = answer.Headers };
    }

    /// <summary>
    /// A page of the caller's files over all keys, the newest first. What Google said of a file last is told again; only of one that
    /// was still being processed it is asked anew. So a list needs no key, and holds files whose key is out of service.
    /// </summary>
    /// <param name="version">The API version.</param>
    /// <param name="pageSize">As the client wrote it.</param>
    /// <param name="pageToken">What the page before gave.</param>
    /// <param name="ask">Who asks.</param>
    public Task<FileReply> ListAsync(string version, string? pageSize, string? pageToken, FileAsk ask) => pages.MakeAsync(
        new PageAsk(pageSize, pageToken, UsualPage), "files", (long before, int size, out long? next) => book.List(ask.Caller, before, size, out next), file => DescribeAsync(version, file, ask));

    /// <summary>Opens the bytes of a file; only files that Google made can be had.</summary>
    /// <param name="version">The API version.</param>
    /// <param name="name">For example <c>files/abc</c>.</param>
    /// <param name="query">The query without credentials.</param>
    /// <param name="headers">The client's headers.</param>
    /// <param name="ask">Who asks.</param>
    public async Task<(FileTransfer? Open, FileReply? Refusal)> DownloadAsync(string version, string name, string query, IHeaderDictionary headers, FileAsk ask)
    {
        if (book.Find(name, ask.Caller) is not { } file)
            return (null, FileReply.NotThere(name));
        var owner = new ResourceOwner(file.Credential, file.Name);
        string path = $"{version}/{file.Name}:download{(query.Length > 0 ? "?" + query : "")}";
        List<KeyValuePair<string, string>> handed = [];
        foreach (string header in AskedHeaders)
        {
            if (headers.TryGetValue(header, out var value))
                handed.Add(new(header, value.ToString()));
        }

        for (int hops = 0; ; hops++)
        {
            (FileTransfer? open, FileReply? refusal) = await transfers.OpenAsync(new UpstreamTransfer { Method = HttpMethod.Get, Path = path, Headers = handed }, null, owner, ask);
            if (open is not { Response.StatusCode: >= System.Net.HttpStatusCode.MultipleChoices } || open.Response.StatusCode == System.Net.HttpStatusCode.NotModified)
                return (open, refusal);
            string? leads = open.Response.Headers.Location is { IsAbsoluteUri: true } to ? upstream.PathOf(to.AbsoluteUri) : null;
            open.Dispose();
            if (leads is null || hops == MostRedirects)
                return (null, new GatewayError(502, GatewayErrorKind.UpstreamFailed, "Google sent this download to a place that this gateway does not follow.", Code: "upstream_error"));
            path = leads;
        }
    }

    private async Task<ReadOnlyMemory<byte>> DescribeAsync(string version, RemoteResource file, FileAsk ask)
    {
        if (!file.Payload.IsEmpty)
            return file.Payload;
        var record = new Telemetry.RequestRecord { Id = ask.Record.Id, StartedAt = ask.Record.StartedAt, Caller = ask.Record.Caller };
        FileReply reply = await AskAsync(HttpMethod.Get, version, file.Name, "", ask with { Record = record });
        if (reply is { Error: null, Failure: null })
            return reply.Body;
        return reply.Error is not null ? default : Encoding.UTF8.GetBytes($$"""{"name":"{{file.Name}}","uri":"{{FileNames.GoogleBase}}{{file.Name}}","expirationTime":"{{file.ExpiresAt.UtcDateTime:O}}"}"""); // its key is out of service
    }
}
