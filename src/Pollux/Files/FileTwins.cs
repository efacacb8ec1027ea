using System.Text.Json;
using Pollux.Affinity;
using Pollux.Dispatch;
using Pollux.KeyPool;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Files;

/// <summary>What the ledger keeps of a twin.</summary>
/// <param name="Of">The file that it is the same as, for example <c>files/abc</c>.</param>
/// <param name="IsReady">Whether the upstream has processed it, so that requests may name it.</param>
internal sealed record TwinNote(string Of, bool IsReady);

/// <summary>
/// Files that were uploaded once more, to another key, out of their copies. Their names are never told to a caller; the ledger knows them for
/// the caller whose the file is. Who needs the same twin at the same time shares one upload, which ends when it is over or when nobody waits for
/// it any more. Thread-safe: one lock around the table of what runs.
/// </summary>
internal sealed partial class FileTwins(AffinityLedger ledger, FileCopies copies, Dispatcher dispatcher, FileTransfers transfers, GeminiUpstream upstream, TimeProvider clock, ILogger<FileTwins> logger)
{
    private const string StartPath = "upload/v1beta/files";
    private const string Version = "v1beta/";

    /// <summary>The longest time for an upload and until the upstream has processed it; a client that waits hears nothing meanwhile.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500); // between questions whether it is processed; doubled each time
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string File, CredentialId Key), Running> _running = [];

    /// <summary>How many requests wait for a twin.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _running.Values.Sum(static running => running.Waiting);
        }
    }

    /// <summary>The twins of a file, ready or not.</summary>
    public IReadOnlyList<RemoteResource> Of(RemoteResource file)
    {
        List<RemoteResource> twins = [];
        foreach (RemoteResource twin in ledger.List(ResourceKind.FileTwin, file.Owner, long.MaxValue, int.MaxValue, out _))
        {
            if (NoteOf(twin)?.Of == file.Name)
                twins.Add(twin);
        }

        return twins;
    }

    /// <summary>Makes the twin of a file at a key, or waits until it is ready.</summary>
    /// <param name="file">The file.</param>
    /// <param name="key">Where to.</param>
    /// <param name="record">The request that needs it.</param>
    /// <param name="cancellation">The client went away.</param>
    /// <returns>The twin's name; <see langword="null"/>: it could not be made, and the log says why.</returns>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async Task<string?> MakeAsync(RemoteResource file, CredentialId key, RequestRecord record, CancellationToken cancellation)
    {
        Running? running;
        lock (_lock)
        {
            if (!_running.TryGetValue((file.Name, key), out running))
            {
                _running[(file.Name, key)] = running = new Running();
                running.Work = WorkAsync(running, file, key, new RequestRecord { Id = record.Id, StartedAt = record.StartedAt, Caller = record.Caller });
            }

            running.Waiting++;
        }

        try
        {
            return await running.Work.WaitAsync(cancellation);
        }
        finally
        {
            bool isLast;
            lock (_lock)
            {
                isLast = --running.Waiting == 0;
                if (isLast)
                    Remove(running, file, key); // who comes now begins anew
            }

            if (isLast)
            {
                await running.Abandoned.CancelAsync();
                await running.Work; // it ends at once, and never fails
                running.Abandoned.Dispose();
            }
        }
    }

    /// <summary>Makes a twin anew that the upstream does not know any more. Who notices the same later finds the new one.</summary>
    /// <param name="file">The file.</param>
    /// <param name="gone">The twin's name.</param>
    /// <param name="key">Where to, if nobody knows where it was.</param>
    /// <param name="record">The request that needs it.</param>
    /// <param name="cancellation">The client went away.</param>
    /// <returns>The new twin's name; <see langword="null"/>: it could not be made, and the log says why.</returns>
    public Task<string?> RenewAsync(RemoteResource file, string gone, CredentialId key, RequestRecord record, CancellationToken cancellation)
    {
        CredentialId at = ledger.Peek(gone)?.Credential ?? key;
        ledger.Forget(gone);
        Gone(logger, record.Id, file.Name);
        return MakeAsync(file, at, record, cancellation);
    }

    /// <summary>The file was deleted: so are its twins, as far as their keys can be asked. What cannot be deleted ends by itself, as all files do.</summary>
    /// <param name="file">The file.</param>
    /// <param name="ask">Who deleted it.</param>
    public async Task DeleteAsync(RemoteResource file, FileAsk ask)
    {
        foreach (RemoteResource twin in Of(file))
        {
            ledger.Forget(twin.Name);
            Dispatched result = await dispatcher.SendAsync(Call(HttpMethod.Delete, Version + twin.Name, twin.Credential, twin.Name), new RequestRecord { Id = ask.Record.Id, StartedAt = ask.Record.StartedAt, Caller = ask.Record.Caller }, ask.Lifetime);
            result.Whole?.Dispose();
        }
    }

    private async Task<string?> WorkAsync(Running running, RemoteResource file, CredentialId key, RequestRecord record)
    {
        await Task.Yield(); // out of the lock
        using var lifetime = new RequestLifetime(LongestWait, clock, running.Abandoned.Token);
        try
        {
            RemoteResource? twin = Of(file).FirstOrDefault(known => known.Credential == key) ?? await UploadAsync(file, key, record, lifetime);
            return twin is not null && await IsReadyAsync(twin, record, lifetime) ? twin.Name : null;
        }
        catch (OperationCanceledException)
        {
            NotMade(logger, record.Id, file.Name, lifetime.TimedOut ? "it took too long" : "nobody waits for it any more");
            return null;
        }
        catch (Exception fault)
        {
            NotMade(logger, record.Id, file.Name, $"a defect of the gateway: {fault}");
            return null;
        }
        finally
        {
            lock (_lock)
                Remove(running, file, key);
        }
    }

    private async Task<RemoteResource?> UploadAsync(RemoteResource file, CredentialId key, RequestRecord record, RequestLifetime lifetime)
    {
        if (!copies.TryOpen(file.Name, out OpenCopy? open))
            return Nothing(record, file, "there is no copy of it any more");
        using (open)
        {
            CopyNote note = open.Copy.Note;
            UpstreamCall start = Call(HttpMethod.Post, StartPath, key, file.Name, startsUpload: true, headers:
            [
                new(UploadHeaders.Protocol, "resumable"),
                new(UploadHeaders.Command, "start"),
                new(UploadHeaders.ContentLength, note.Size.ToString(System.Globalization.CultureInfo.InvariantCulture)),
                new("X-Goog-Upload-Header-Content-Type", note.MimeType ?? "application/octet-stream"),
            ]);
            Dispatched begun = await dispatcher.SendAsync(start, record, lifetime);
            using WholeAnswer? answer = begun.Whole;
            if (begun.Failure is { } refused)
                return Nothing(record, file, Words(refused));
            if (answer?.UploadUrl is not { } url || upstream.PathOf(url) is not { } leads || !leads.StartsWith("upload/", StringComparison.Ordinal))
                return Nothing(record, file, "Google gave no address to upload to, or one that this gateway does not follow");

            using var body = new PipedBody(open.Bytes, note.Size, note.Size);
            var transfer = new UpstreamTransfer
            {
                Method = HttpMethod.Post,
                Path = leads,
                Headers = [new(UploadHeaders.Command, "upload, finalize"), new(UploadHeaders.Offset, "0")],
                Content = body,
            };
            var ask = new FileAsk(file.Owner, record, lifetime);
            (FileReply reply, _) = await transfers.SendAsync(transfer, body, new ResourceOwner(key, file.Name), ask);
            if (reply.Error is not null || reply.Failure is not null)
                return Nothing(record, file, reply.Error?.Message ?? Words(reply.Failure!));
            if (UploadedFile.Read(reply.Body) is not { } made)
                return Nothing(record, file, "Google's answer holds no file");
            DateTimeOffset end = made.ExpiresAt < file.ExpiresAt ? made.ExpiresAt.Value : file.ExpiresAt; // without the file it is of no use
            var twin = new RemoteResource(made.Name, ResourceKind.FileTwin, key, file.Owner, end) { Payload = Note(new TwinNote(file.Name, made.IsReady)) };
            if (made.Size != note.Size || (note.Hash is not null && made.Hash is not null && note.Hash != made.Hash))
            {
                copies.Drop(file.Name); // somebody else was at it
                ledger.Remember(twin with { Payload = Note(new TwinNote("", false)) }); // nobody's, but known: it is no other caller's
                return Nothing(record, file, "its copy is not what was uploaded");
            }

            if (!ledger.Remember(twin))
                return Nothing(record, file, "Google gave it a name that is known already");
            if (ledger.Peek(file.Name) is null)
            {
                await DeleteAsync(file, ask);
                return Nothing(record, file, "it was deleted meanwhile");
            }

            Made(logger, record.Id, file.Name, note.Size, record.KeyLabel);
            return twin;
        }
    }

    /// <summary>Waits until the upstream has processed it.</summary>
    private async Task<bool> IsReadyAsync(RemoteResource twin, RequestRecord record, RequestLifetime lifetime)
    {
        TwinNote note = NoteOf(twin)!;
        for (TimeSpan pause = FirstPause; !note.IsReady; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            await Task.Delay(pause, clock, lifetime.Token);
            Dispatched result = await dispatcher.SendAsync(Call(HttpMethod.Get, Version + twin.Name, twin.Credential, twin.Name), record, lifetime);
            using WholeAnswer? answer = result.Whole;
            UploadedFile? seen = answer is null ? null : UploadedFile.Read(answer.Body);
            if (seen is null or { IsSettled: true, IsReady: false })
            {
                ledger.Forget(twin.Name);
                NotMade(logger, record.Id, note.Of, result.Failure is { } failure ? Words(failure) : "Google could not process it");
                return false;
            }

            if (!seen.IsReady)
                continue;
            note = note with { IsReady = true };
            ledger.Remember(twin with { Payload = Note(note) });
        }

        return true;
    }

    private RemoteResource? Nothing(RequestRecord record, RemoteResource file, string words)
    {
        NotMade(logger, record.Id, file.Name, words);
        return null;
    }

    private void Remove(Running running, RemoteResource file, CredentialId key)
    {
        if (_running.TryGetValue((file.Name, key), out Running? known) && known == running)
            _running.Remove((file.Name, key));
    }

    /// <summary>Nothing but kinds and numbers: the upstream's own words may hold what is not ours to log.</summary>
    private static string Words(DispatchFailure failure) => failure.Fault is { } fault ? $"{fault.Owner} {fault.Reason} {fault.HttpStatus}" : failure.Refusal?.Reason.ToString() ?? "it failed";

    private static UpstreamCall Call(HttpMethod method, string path, CredentialId key, string name, bool startsUpload = false, IReadOnlyList<KeyValuePair<string, string>>? headers = null) => new()
    {
        Method = method,
        Path = path,
        Model = "",
        Form = AnswerForm.Unary,
        IsFree = true,
        OwnedBy = new ResourceOwner(key, name),
        StartsUpload = startsUpload,
        Headers = headers ?? [],
    };

    private static byte[] Note(TwinNote note) => JsonSerializer.SerializeToUtf8Bytes(note, FilesJson.Default.TwinNote);

    private static TwinNote? NoteOf(RemoteResource twin)
    {
        try
        {
            return JsonSerializer.Deserialize(twin.Payload.Span, FilesJson.Default.TwinNote);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(EventId = 8110, Level = LogLevel.Information, Message = "{Request} {File} ({Bytes} bytes) was uploaded again to the key {Key}, for a request that names files of several keys.")]
    private static partial void Made(ILogger logger, string request, string file, long bytes, string key);

    [LoggerMessage(EventId = 8111, Level = LogLevel.Warning, Message = "{Request} {File} could not be uploaded again for a request that names files of several keys: {Words}.")]
    private static partial void NotMade(ILogger logger, string request, string file, string words);

    [LoggerMessage(EventId = 8112, Level = LogLevel.Information, Message = "{Request} Google does not know the second upload of {File} any more; it is made anew.")]
    private static partial void Gone(ILogger logger, string request, string file);

    /// <summary>An upload that is under way.</summary>
    private sealed class Running
    {
        /// <summary>Gives the twin's name; never fails.</summary>
        public Task<string?> Work { get; set; } = null!;

        /// <summary>How many wait for it; under the lock.</summary>
        public int Waiting { get; set; }

        /// <summary>Nobody waits any more.</summary>
        public CancellationTokenSource Abandoned { get; } = new();
    }
}
