using System.Globalization;
using System.Net.Http.Headers;
using Pollux.Access;
using Pollux.Dispatch;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Upstream;

namespace Pollux.Files;

/// <summary>Uploads in Google's three forms, and files that are only described. The bytes stream through; nothing of them is kept but the copies that are asked for.</summary>
internal sealed class FileUploads(KeyPool.KeyPool pool, Dispatcher dispatcher, FileTransfers transfers, GeminiUpstream upstream, UploadSessions sessions, LostFinals lost, FileBook book, FileCopies copies, SettingsHolder settings)
{
    private static readonly KeyValuePair<string, string>[] Final = [new("X-Goog-Upload-Status", "final")];
    private static readonly string[] Commands = ["upload", "finalize", "query", "cancel"];

    /// <summary>Begins an upload in pieces. The key is chosen here, and all that follows goes to it.</summary>
    /// <param name="path">Version and query: where to, below <c>BASE_URL</c>.</param>
    /// <param name="query">The query without credentials.</param>
    /// <param name="headers">The client's headers.</param>
    /// <param name="body">What the client says about the file, in JSON; may be empty. A name is put in where it has none.</param>
    /// <param name="ask">Who asks.</param>
    /// <param name="owner">The key that owns what the file goes into; <see langword="null"/>: any.</param>
    public async Task<FileReply> StartAsync(string path, string query, IHeaderDictionary headers, ReadOnlyMemory<byte> body, FileAsk ask, ResourceOwner? owner = null)
    {
        if (!HasWord(headers[UploadHeaders.Command].ToString(), "start"))
            return Bad($"{UploadHeaders.Command} must be 'start' where an upload begins.");
        long? size = null;
        if (headers[UploadHeaders.ContentLength].ToString() is { Length: > 0 } told)
        {
            if (!long.TryParse(told, NumberStyles.None, CultureInfo.InvariantCulture, out long length))
                return Bad($"{UploadHeaders.ContentLength} must be a number of bytes.");
            size = length;
            if (length > settings.Current.Files.MaxUploadBytes)
                return FileTransfers.TooLarge(settings.Current.Files.MaxUploadBytes);
        }

        FutureName? name = owner is null ? FutureName.Settle(body, out body) : null;
        UpstreamCall call = Call(HttpMethod.Post, path, query, body, UploadHeaders.Of(headers), startsUpload: true);
        call.OwnedBy = owner;
        Dispatched result = await dispatcher.SendAsync(call, ask.Record, ask.Lifetime);
        if (result.Failure is { } failure)
            return failure;
        using WholeAnswer answer = result.Whole!;
        if (answer.UploadUrl is not { } url || upstream.PathOf(url) is not { } leads || !leads.StartsWith("upload/", StringComparison.Ordinal)
            || sessions.Begin(leads, name, answer.ServedBy!.Value, ask.Caller) is not { } id)
            return new GatewayError(502, GatewayErrorKind.UpstreamFailed, "Google gave no address to upload to, or one that this gateway does not follow.", Code: "upstream_error");

        if (owner is null)
            copies.Begin(id, size);
        List<KeyValuePair<string, string>> told2 = [new("X-Goog-Upload-Status", "active")];
        if (answer.UploadGranularity is { } granularity)
            told2.Add(new("X-Goog-Upload-Chunk-Granularity", granularity));
        return new FileReply { UploadId = id, ContentType = "text/plain; charset=utf-8", Headers = told2 };
    }

    /// <summary>Goes on with an upload: a piece, the last one, a question how much arrived, or its end.</summary>
    /// <param name="id">Our id of it.</param>
    /// <param name="request">The client's request, whose body was not read.</param>
    /// <param name="ask">Who asks; the caller is the one who began it.</param>
    public async Task<FileReply> ContinueAsync(string id, HttpRequest request, FileAsk ask)
    {
        if (!sessions.TryFind(id, out UploadSession? session))
            return Over();

        string command = request.Headers[UploadHeaders.Command].ToString();
        if (command.Length > 100 || !IsCommand(command))
            return Bad($"{UploadHeaders.Command} must be 'upload', 'upload, finalize', 'finalize', 'query' or 'cancel'.");
        bool carries = HasWord(command, "upload");
        long most = settings.Current.Files.MaxUploadBytes;
        long offset = 0;
        if (carries && !long.TryParse(request.Headers[UploadHeaders.Offset].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out offset))
            return Bad($"{UploadHeaders.Offset} must be a number of bytes.");
        if (offset > most || request.ContentLength > most - offset)
            return FileTransfers.TooLarge(most);

        PipedBody? body = null;
        CopyDraft? copy = null;
        HttpContent content = new ByteArrayContent([]);
        if (carries && request.ContentLength != 0)
            content = body = new PipedBody(request.Body, request.ContentLength, most - offset);
        using HttpContent sent = content;
        SetType(content, request.ContentType);
        var transfer = new UpstreamTransfer { Method = HttpMethod.Post, Path = session.Path, Headers = UploadHeaders.Of(request.Headers), Content = content };
        if (body is not null && copies.DraftOf(id) is { } draft && draft.Enter(offset))
            body.Copy = copy = draft;
        FileReply reply;
        CredentialId? key = null;
        try
        {
            (reply, key) = await transfers.SendAsync(transfer, body, new ResourceOwner(session.Key, "this upload"), ask);
        }
        finally
        {
            copy?.Leave(isAccepted: key is not null);
        }

        if (reply.Failure?.Fault is { HttpStatus: >= 400 and < 500, Owner: not FaultOwner.Key } refused)
        {
            // The end is asked for again when its answer was lost; a file of a name of ours can be no other.
            if (session.Name is { IsOurs: true } && HasWord(command, "finalize") && await lost.FindAsync(session, Final, ask, isCertain: false) is { File: { } made } found)
                return End(session, found.Reply, made);
            if (refused.HttpStatus is not (404 or 410))
                return reply;
            End(session, reply, null); // the upstream has forgotten it
            return Over();
        }

        if (key is null)
            return reply;
        if (StatusOf(reply) == "final" && IsNothing(reply.Body.Span))
        {
            (FileReply told, UploadedFile? found, bool isOver) = await lost.FindAsync(session, reply.Headers, ask);
            return isOver ? End(session, told, found) : told;
        }

        return HasWord(command, "cancel") || StatusOf(reply) is "final" or "cancelled" ? End(session, reply, book.Learn(reply.Body, session.Key, session.Owner)) : reply;
    }

    /// <summary>Uploads a file in one request, <c>multipart</c> or <c>media</c>.</summary>
    /// <param name="path">Where to, below <c>BASE_URL</c>.</param>
    /// <param name="query">The query without credentials.</param>
    /// <param name="request">The client's request, whose body was not read.</param>
    /// <param name="ask">Who asks.</param>
    /// <param name="isMedia">Whether the body is the file and nothing else, so that a copy of it can be kept.</param>
    /// <param name="owner">The key that owns what the file goes into; <see langword="null"/>: any.</param>
    public async Task<FileReply> UploadAsync(string path, string query, HttpRequest request, FileAsk ask, bool isMedia, ResourceOwner? owner = null)
    {
        long most = settings.Current.Files.MaxUploadBytes;
        if (request.ContentLength > most + (64 * 1024)) // the form around the file
            return FileTransfers.TooLarge(most);
        using var body = new PipedBody(request.Body, request.ContentLength, most + (64 * 1024));
        SetType(body, request.ContentType);
        var transfer = new UpstreamTransfer { Method = HttpMethod.Post, Path = query.Length > 0 ? $"{path}?{query}" : path, Headers = UploadHeaders.Of(request.Headers), Content = body };
        string upload = ask.Record.Id;
        if (isMedia && owner is null && copies.Begin(upload, request.ContentLength) is { } draft && draft.Enter(0))
            body.Copy = draft;
        UploadedFile? file = null;
        try
        {
            (FileReply reply, CredentialId? key) = await transfers.SendAsync(transfer, body, owner, ask);
            if (key is { } served)
                file = book.Learn(reply.Body, served, ask.Caller);
            return reply;
        }
        finally
        {
            if (body.Copy is { } copy)
            {
                copy.Leave(file is not null);
                copies.End(upload, file, file is null ? null : book.Find(file.Name, ask.Caller));
            }
        }
    }

    /// <summary>Makes a file of a description alone.</summary>
    public async Task<FileReply> DescribeAsync(string path, string query, ReadOnlyMemory<byte> body, FileAsk ask)
    {
        Dispatched result = await dispatcher.SendAsync(Call(HttpMethod.Post, path, query, body, [], startsUpload: false), ask.Record, ask.Lifetime);
        if (result.Failure is { } failure)
            return failure;
        using WholeAnswer answer = result.Whole!;
        book.Learn(answer.Body, answer.ServedBy!.Value, ask.Caller);
        return new FileReply { ContentType = answer.ContentType, Body = answer.Body.ToArray(), Headers = answer.Headers };
    }

    private UpstreamCall Call(HttpMethod method, string path, string query, ReadOnlyMemory<byte> body, List<KeyValuePair<string, string>> headers, bool startsUpload) => new()
    {
        Method = method,
        Path = path,
        Query = query,
        Model = "",
        Body = body,
        Form = AnswerForm.Unary,
        IsFree = true,
        Preferred = pool.InTurn(), // files are spread over the keys, since each binds requests to its own
        Headers = headers,
        StartsUpload = startsUpload,
    };

    private FileReply End(UploadSession session, FileReply reply, UploadedFile? file)
    {
        copies.End(session.Id, file, file is null ? null : book.Find(file.Name, session.Owner));
        sessions.End(session.Id);
        return reply;
    }

    /// <summary>Whether an answer holds nothing that an upload could have been made into.</summary>
    private static bool IsNothing(ReadOnlySpan<byte> body) => body.Trim(" \t\r\n"u8) is [] or [(byte)'{', (byte)'}'];

    private static string? StatusOf(FileReply reply)
    {
        foreach ((string name, string value) in reply.Headers)
        {
            if (name == "X-Goog-Upload-Status")
                return value;
        }

        return null;
    }

    private static void SetType(HttpContent content, string? type)
    {
        if (type is not null && MediaTypeHeaderValue.TryParse(type, out _))
            content.Headers.TryAddWithoutValidation("Content-Type", type);
    }

    private static GatewayError Over() => new(404, GatewayErrorKind.NotFound, "This upload is not known here: it is over, or was never begun.");

    private static GatewayError Bad(string words) => new(400, GatewayErrorKind.InvalidRequest, words);

    private static bool IsCommand(string command)
    {
        string[] words = command.Split(',', StringSplitOptions.TrimEntries);
        foreach (string word in words)
        {
            if (Array.FindIndex(Commands, known => known.Equals(word, StringComparison.OrdinalIgnoreCase)) < 0)
                return false;
        }

        return words.Length is 1 or 2;
    }

    private static bool HasWord(string command, string word)
    {
        foreach (string one in command.Split(',', StringSplitOptions.TrimEntries))
        {
            if (one.Equals(word, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
