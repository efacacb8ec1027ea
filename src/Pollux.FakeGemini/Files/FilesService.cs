using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Pollux.FakeGemini.Resources;
using Pollux.FakeGemini.Serving;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Files;

/// <summary>
/// Google's Files API: uploads in pieces and in one request, and what can be asked about files. Bodies are read as they come; none
/// is kept. Refuses what Google refuses: foreign files, wrong commands, offsets and sizes, pieces that are no multiple of the granularity.
/// </summary>
internal sealed class FilesService(FakeFiles files, FakeResources stores, ResourcesService resources, KeyGate keys, ReceivedLog log, TimeProvider time, Func<Uri> address)
{
    private const long LargestFile = 2L * 1024 * 1024 * 1024;
    private static readonly string[] Versions = ["v1beta", "v1alpha", "v1"];

    /// <summary>Whether a path is one of these.</summary>
    public static bool Serves(PathString path)
    {
        string[] parts = (path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts is ["upload", _, "files"] or ["upload", _, "fileSearchStores", _] || (parts is [_, "files" or "files:register"] or [_, "files", _] && Versions.Contains(parts[0]));
    }

    public async Task HandleAsync(HttpContext http)
    {
        ReceivedRequest received = Record(http);
        RequestEnd end = RequestEnd.Completed;
        try
        {
            if (!await AnswerAsync(http, received))
                end = RequestEnd.Reset;
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException or BadHttpRequestException)
        {
            end = RequestEnd.AbortedByClient; // the log says so
        }
        finally
        {
            received.Status = end == RequestEnd.Completed ? http.Response.StatusCode : 0;
            received.End(end, time.GetUtcNow());
        }
    }

    /// <returns>False: the connection was cut on purpose.</returns>
    private async Task<bool> AnswerAsync(HttpContext http, ReceivedRequest received)
    {
        bool uploads = http.Request.Path.StartsWithSegments("/upload", StringComparison.Ordinal);
        if (uploads) WritePageRules(http.Response.Headers);
        if (uploads && http.Request.Query["upload_id"].ToString() is { Length: > 0 } id) // no key is needed: the id is the capability
            return files.FindUpload(id) is { } upload ? await GoOnAsync(http, upload) : await RefuseAsync(http, new GoogleError(404, "NOT_FOUND", "Upload not found."));

        (FakeKey? key, GoogleError? refusal) = keys.Check(received);
        if (key is null) return await RefuseAsync(http, refusal!);
        if (uploads) return await UploadAsync(http, key);

        string[] parts = http.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts[1] == "files:register") return await RegisterAsync(http, key);
        if (parts.Length == 2) return http.Request.Method == "GET" ? await ListAsync(http, key) : await DescribeAsync(http, key);
        return await OneAsync(http, key, "files/" + parts[2]);
    }

    private async Task<bool> UploadAsync(HttpContext http, FakeKey key)
    {
        if (StoreOf(http) is { } store && stores.See(store, key.Project).Refusal is { } missing) return await RefuseAsync(http, missing);
        string protocol = http.Request.Headers["X-Goog-Upload-Protocol"].ToString() is { Length: > 0 } told ? told : http.Request.Query["uploadType"].ToString();
        return protocol switch
        {
            "resumable" => await StartAsync(http, key),
            "multipart" => await MultipartAsync(http, key),
            "media" or "raw" => await MediaAsync(http, key),
            _ => await RefuseAsync(http, GoogleError.InvalidArgument("Unsupported upload protocol.")),
        };
    }

    private async Task<bool> StartAsync(HttpContext http, FakeKey key)
    {
        if (http.Request.Headers["X-Goog-Upload-Command"] != "start") return await RefuseAsync(http, GoogleError.InvalidArgument("Invalid upload command: an upload begins with 'start'."));
        long? size = null;
        if (http.Request.Headers["X-Goog-Upload-Header-Content-Length"].ToString() is { Length: > 0 } text)
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long length) || length > LargestFile)
                return await RefuseAsync(http, GoogleError.InvalidArgument("Invalid X-Goog-Upload-Header-Content-Length."));
            size = length;
        }

        (FileDescription described, GoogleError? refusal) = await FileDescription.ReadAsync(http.Request.Body, StoreOf(http) is not null, files, http.RequestAborted);
        if (refusal is not null) return await RefuseAsync(http, refusal);
        string mime = http.Request.Headers["X-Goog-Upload-Header-Content-Type"].ToString() is { Length: > 0 } given ? given : described.MimeType ?? "application/octet-stream";
        FakeUpload upload = files.Begin(key, mime, size, described);
        upload.Store = StoreOf(http);
        var url = new Uri(address(), $"upload/v1beta/{(upload.Store is null ? "files" : upload.Store + ":uploadToFileSearchStore")}?upload_id={upload.Id}&upload_protocol=resumable");
        http.Response.Headers["X-Goog-Upload-URL"] = files.UploadAddress?.Invoke(url) ?? url.AbsoluteUri;
        http.Response.Headers["X-Goog-Upload-Control-URL"] = url.AbsoluteUri;
        http.Response.Headers["X-Goog-Upload-Status"] = "active";
        http.Response.Headers["X-Goog-Upload-Chunk-Granularity"] = files.Granularity.ToString(CultureInfo.InvariantCulture);
        http.Response.ContentType = "text/plain; charset=utf-8";
        http.Response.ContentLength = 0;
        return true;
    }

    private async Task<bool> GoOnAsync(HttpContext http, FakeUpload upload)
    {
        string[] commands = http.Request.Headers["X-Goog-Upload-Command"].ToString().Split(',', StringSplitOptions.TrimEntries);
        if (commands.Except(["upload", "finalize", "query", "cancel"]).Any()) return await RefuseUploadAsync(http, upload, "Invalid upload command.");
        await upload.Turn.WaitAsync(http.RequestAborted);
        try
        {
            if (upload.Answer is { } made)
            {
                WriteState(http, upload, "final");
                if (!commands.Contains("query")) return await TellTerminatedAsync(http);
                if (files.TellsFinalAgain) return await WriteAsync(http, made);
                http.Response.ContentLength = 0;
                return true;
            }

            if (commands.Contains("query"))
            {
                WriteState(http, upload, "active");
                http.Response.ContentLength = 0;
                return true;
            }

            if (commands.Contains("cancel"))
            {
                files.End(upload);
                WriteState(http, upload, "cancelled");
                http.Response.ContentLength = 0;
                return true;
            }

            bool last = commands.Contains("finalize");
            if (commands.Contains("upload"))
            {
                if (!long.TryParse(http.Request.Headers["X-Goog-Upload-Offset"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long offset) || offset != upload.Received)
                    return await RefuseUploadAsync(http, upload, $"Upload offset must be {upload.Received}.");
                if (!last && http.Request.ContentLength % files.Granularity != 0)
                    return await RefuseUploadAsync(http, upload, $"Pieces must be multiples of {files.Granularity} bytes.");
                if (upload.Received + http.Request.ContentLength > (upload.Size ?? LargestFile))
                    return await RefuseUploadAsync(http, upload, "More bytes than announced.");
                if (!await ReadPieceAsync(http, upload)) return false;
            }

            if (last && upload.Size is { } size && size != upload.Received)
                return await RefuseUploadAsync(http, upload, $"{upload.Received} of {size} bytes arrived.");
            WriteState(http, upload, last ? "final" : "active");
            if (!last)
            {
                http.Response.ContentLength = 0;
                return true;
            }

            upload.Answer = upload.Store is { } store
                ? resources.TakeIn(store, upload.DisplayName ?? "", upload.Key)
                : new JsonObject { ["file"] = files.Add(upload.Key, upload.MimeType, upload.Received, Convert.ToHexStringLower(upload.Hash.GetHashAndReset()), upload.DisplayName, name: upload.Name).ToJson() };
            if (!files.TakeLostFinal()) return await WriteAsync(http, upload.Answer);
            http.Abort();
            return false;
        }
        finally
        {
            upload.Turn.Release();
        }
    }

    /// <summary>What arrived before a connection broke stays.</summary>
    private async Task<bool> ReadPieceAsync(HttpContext http, FakeUpload upload)
    {
        long breakAfter = files.TakeBreak();
        long before = upload.Received;
        byte[] piece = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            while (true)
            {
                int most = breakAfter < 0 ? piece.Length : (int)Math.Min(piece.Length, breakAfter - (upload.Received - before));
                if (most == 0)
                {
                    http.Abort();
                    return false;
                }

                int read = await http.Request.Body.ReadAsync(piece.AsMemory(0, most), http.RequestAborted);
                if (read == 0) return true;
                upload.Hash.AppendData(piece, 0, read);
                upload.Received += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private async Task<bool> MediaAsync(HttpContext http, FakeKey key)
    {
        string? type = http.Request.ContentType;
        if (string.IsNullOrEmpty(type)) return await RefuseAsync(http, GoogleError.InvalidArgument("The Content-Type of the media is missing."));
        (long size, string hash) = await DrainAsync(http.Request.Body, http.RequestAborted);
        return await WriteAsync(http, StoreOf(http) is { } store ? resources.TakeIn(store, "", key) : new JsonObject { ["file"] = files.Add(key, type, size, hash, null).ToJson() });
    }

    private async Task<bool> MultipartAsync(HttpContext http, FakeKey key)
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out MediaTypeHeaderValue? type) || type.MediaType != "multipart/related" || type.Boundary.Length == 0)
            return await RefuseAsync(http, GoogleError.InvalidArgument("A multipart upload must be multipart/related with a boundary."));
        MultipartReader reader = new(HeaderUtilities.RemoveQuotes(type.Boundary).Value!, http.Request.Body);
        MultipartSection? described = await reader.ReadNextSectionAsync(http.RequestAborted);
        if (described?.ContentType?.Contains("json", StringComparison.OrdinalIgnoreCase) != true) return await RefuseAsync(http, GoogleError.InvalidArgument("The first part must be JSON."));
        (FileDescription told, GoogleError? refusal) = await FileDescription.ReadAsync(described.Body, StoreOf(http) is not null, files, http.RequestAborted);
        if (refusal is not null) return await RefuseAsync(http, refusal);
        if (await reader.ReadNextSectionAsync(http.RequestAborted) is not { ContentType: { } mime } media) return await RefuseAsync(http, GoogleError.InvalidArgument("The second part must be the media."));
        (long size, string hash) = await DrainAsync(media.Body, http.RequestAborted);
        return await WriteAsync(http, StoreOf(http) is { } store ? resources.TakeIn(store, told.DisplayName ?? "", key) : new JsonObject { ["file"] = files.Add(key, mime, size, hash, told.DisplayName, name: told.Name).ToJson() });
    }

    private async Task<bool> DescribeAsync(HttpContext http, FakeKey key)
    {
        if (http.Request.Method != "POST") return await RefuseAsync(http, new GoogleError(404, "NOT_FOUND", "Method not found."));
        (FileDescription told, GoogleError? refusal) = await FileDescription.ReadAsync(http.Request.Body, isDocument: false, files, http.RequestAborted);
        return refusal is not null
            ? await RefuseAsync(http, refusal)
            : await WriteAsync(http, new JsonObject { ["file"] = files.Add(key, told.MimeType ?? "application/octet-stream", 0, Convert.ToHexStringLower(SHA256.HashData([])), told.DisplayName, name: told.Name).ToJson() });
    }

    private async Task<bool> RegisterAsync(HttpContext http, FakeKey key)
    {
        if (http.Request.Method != "POST") return await RefuseAsync(http, new GoogleError(404, "NOT_FOUND", "Method not found."));
        if (files.CheckToken(http.Request.Headers.Authorization, key) is { } unknown) return await RefuseAsync(http, unknown);
        (string[] uris, GoogleError? refusal) = await FileDescription.ReadUrisAsync(http.Request.Body, http.RequestAborted);
        if (refusal is not null) return await RefuseAsync(http, refusal);
        JsonNode[] made = [.. uris.Select(_ => files.Add(key, "application/octet-stream", 0, Convert.ToHexStringLower(SHA256.HashData([])), null, isRegistered: true).ToJson())];
        return await WriteAsync(http, new JsonObject { ["files"] = new JsonArray(made) });
    }

    private async Task<bool> OneAsync(HttpContext http, FakeKey key, string name)
    {
        if (files.IsDown) return await RefuseAsync(http, new GoogleError(503, "UNAVAILABLE", "The service is currently unavailable."));
        bool downloads = name.EndsWith(":download", StringComparison.Ordinal);
        (FakeFile? file, GoogleError? refusal) = files.See(downloads ? name[..^":download".Length] : name, key.Project);
        if (file is null) return await RefuseAsync(http, refusal!);
        if (http.Request.Method == "DELETE" && !downloads)
        {
            files.Remove(name);
            return await WriteAsync(http, []);
        }

        if (http.Request.Method != "GET") return await RefuseAsync(http, new GoogleError(404, "NOT_FOUND", "Method not found."));
        if (!downloads) return await WriteAsync(http, file.ToJson());
        if (file.Made is not { } bytes || http.Request.Query["alt"] != "media") return await RefuseAsync(http, GoogleError.InvalidArgument("Only generated files can be downloaded, with alt=media."));
        http.Response.ContentType = file.MimeType;
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
        return true;
    }

    private async Task<bool> ListAsync(HttpContext http, FakeKey key)
    {
        FakeFile[] own = [.. files.All.Where(file => file.Project == key.Project.Number)];
        int size = int.TryParse(http.Request.Query["pageSize"], CultureInfo.InvariantCulture, out int asked) && asked > 0 ? Math.Min(asked, 100) : 10;
        int start = int.TryParse(http.Request.Query["pageToken"], CultureInfo.InvariantCulture, out int from) ? from : 0;
        JsonObject page = [];
        if (own.Length > start) page["files"] = new JsonArray([.. own.Skip(start).Take(size).Select(static file => file.ToJson())]);
        if (start + size < own.Length) page["nextPageToken"] = (start + size).ToString(CultureInfo.InvariantCulture);
        return await WriteAsync(http, page);
    }

    /// <summary>The store that an upload goes into; null: it becomes a file.</summary>
    private static string? StoreOf(HttpContext http) =>
        http.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries) is ["upload", _, "fileSearchStores", var call] && call.Split(':') is [var id, "uploadToFileSearchStore"] ? "fileSearchStores/" + id : null;

    private static async Task<(long Size, string Sha256)> DrainAsync(Stream body, CancellationToken cancellation)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            long size = 0;
            while (await body.ReadAsync(piece, cancellation) is > 0 and var read)
            {
                hash.AppendData(piece, 0, read);
                size += read;
            }

            return (size, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private ReceivedRequest Record(HttpContext http)
    {
        Dictionary<string, string> query = new(StringComparer.Ordinal);
        foreach ((string name, var values) in http.Request.Query) query[name] = values[0] ?? "";
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, var values) in http.Request.Headers) headers[name] = values.ToString();
        string raw = http.Request.Path.Value ?? "/";
        GeminiPath path = new(raw, raw.Split('/').FirstOrDefault(Versions.Contains) ?? "", null, "files");
        ReceivedRequest received = new(log.NextSequence(), time.GetUtcNow(), http.Request.Method, path, query, headers, [], KeyGate.KeyOf(headers, query));
        log.Add(received);
        return received;
    }

    private void WriteState(HttpContext http, FakeUpload upload, string state)
    {
        http.Response.Headers["X-Goog-Upload-Status"] = state;
        http.Response.Headers["X-Goog-Upload-Size-Received"] = upload.Received.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers["X-Goog-Upload-Chunk-Granularity"] = files.Granularity.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>What Google tells browsers, who ask it directly; none of a gateway's clients is to hear it.</summary>
    private static void WritePageRules(IHeaderDictionary headers)
    {
        headers.AccessControlAllowOrigin = "https://page.of.google.example";
        headers.AccessControlAllowCredentials = "true";
        headers.AccessControlExposeHeaders = "X-Goog-Upload-URL, X-Goog-Upload-Control-URL";
        headers.Vary = "Origin, X-Origin, Referer";
    }

    private static async Task<bool> TellTerminatedAsync(HttpContext http)
    {
        http.Response.StatusCode = 400;
        http.Response.ContentType = "text/plain; charset=utf-8";
        await http.Response.Body.WriteAsync("Upload has already been terminated."u8.ToArray(), http.RequestAborted);
        return true;
    }

    private async Task<bool> RefuseUploadAsync(HttpContext http, FakeUpload upload, string words)
    {
        WriteState(http, upload, "active");
        return await RefuseAsync(http, GoogleError.InvalidArgument(words));
    }

    private static async Task<bool> RefuseAsync(HttpContext http, GoogleError error)
    {
        http.Response.StatusCode = error.Code;
        return await WriteAsync(http, error.ToJson());
    }

    private static async Task<bool> WriteAsync(HttpContext http, JsonObject json)
    {
        byte[] body = GoogleJson.Pretty(json);
        http.Response.ContentType = "application/json; charset=UTF-8";
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
        return true;
    }
}
