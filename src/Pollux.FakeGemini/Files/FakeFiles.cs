using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Files;

/// <summary>The files of all projects, and the uploads that are under way. Thread-safe.</summary>
public sealed class FakeFiles
{
    private const string IdCharacters = "0123456789abcdefghijklmnopqrstuvwxyz";

    private readonly ConcurrentDictionary<string, FakeFile> _files = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, FakeUpload> _uploads = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, FakeProject> _tokens = new(StringComparer.Ordinal);
    private long _breakAfter = -1;
    private int _losesFinal;

    internal FakeFiles(TimeProvider time) => _time = time;

    /// <summary>All that are not over, the newest first.</summary>
    public IReadOnlyList<FakeFile> All => [.. _files.Values.Where(file => file.ExpiresAt > _time.GetUtcNow()).OrderByDescending(static file => file.CreatedAt)];

    /// <summary>Uploads that are under way.</summary>
    public int Uploads => _uploads.Values.Count(static upload => upload.Answer is null);

    /// <summary>The state in which files come out of an upload.</summary>
    public string NewState { get; set; } = "ACTIVE";

    /// <summary>The size that all pieces but the last are multiples of. Google's is 8 MiB; a smaller one makes tests small.</summary>
    public int Granularity { get; set; } = 8 * 1024 * 1024;

    /// <summary>The address that an upload is told to go to, made from the right one; for tests of hostile answers.</summary>
    public Func<Uri, string>? UploadAddress { get; set; }

    /// <summary>Cuts the connection of the next piece after so many of its bytes, once.</summary>
    public void BreakNextPieceAfter(long bytes) => Interlocked.Exchange(ref _breakAfter, bytes);

    /// <summary>Whether a question about an upload that is final is answered with what was made of it; else with the state alone.</summary>
    public bool TellsFinalAgain { get; set; } = true;

    /// <summary>Told of each file that came to be, before it is answered.</summary>
    public Action<FakeFile>? Added { get; set; }

    /// <summary>Who looks at a file is answered 503.</summary>
    public bool IsDown { get; set; }

    /// <summary>Cuts the connection of the next upload that is final, once its file is made and before that is told.</summary>
    public void LoseNextFinalAnswer() => Volatile.Write(ref _losesFinal, 1);

    /// <summary>Makes an OAuth access token valid that a user of a project may register files with.</summary>
    public void AddToken(string token, FakeProject project) => _tokens[token] = project;

    /// <summary>Why a header allows nobody to register files with a key; null: it does.</summary>
    internal GoogleError? CheckToken(string? authorization, FakeKey key)
    {
        if (string.IsNullOrEmpty(authorization))
            return new GoogleError(401, "UNAUTHENTICATED", "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential.");
        if (!authorization.StartsWith("Bearer ", StringComparison.Ordinal) || !_tokens.TryGetValue(authorization["Bearer ".Length..], out FakeProject? project))
            return new GoogleError(401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.");
        return project.Number == key.Project.Number ? null : new GoogleError(403, "PERMISSION_DENIED", "The API Key and the authentication credential are from different projects.");
    }

    /// <summary>The file of this name, or null.</summary>
    public FakeFile? Find(string name) => _files.TryGetValue(name, out FakeFile? file) && file.ExpiresAt > _time.GetUtcNow() ? file : null;

    /// <summary>Forgets all uploads that are under way, as after their time.</summary>
    public void ForgetUploads() => _uploads.Clear();

    /// <summary>A file is gone before its time, without anybody having asked for that.</summary>
    public void Lose(string name) => Remove(name);

    /// <summary>A file becomes ready, or fails.</summary>
    public void SetState(string name, string state) => _files[name] = _files[name] with { State = state };

    /// <summary>A file that the fake made itself, as Google makes films: it can be downloaded.</summary>
    public FakeFile Make(FakeKey key, byte[] bytes, string mimeType) =>
        Add(key, mimeType, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)), null, bytes);

    internal FakeFile Add(FakeKey key, string mimeType, long size, string sha256, string? displayName, byte[]? made = null, string? name = null, bool isRegistered = false)
    {
        FakeFile file = new()
        {
            Name = name ?? "files/" + RandomNumberGenerator.GetString(IdCharacters, 12),
            Project = key.Project.Number,
            Key = key.Key,
            MimeType = mimeType,
            Size = size,
            Sha256 = sha256,
            DisplayName = displayName,
            CreatedAt = _time.GetUtcNow(),
            State = made is null ? NewState : "ACTIVE",
            Made = made,
            IsRegistered = isRegistered,
        };
        _files[file.Name] = file;
        Added?.Invoke(file);
        return file;
    }

    internal bool Remove(string name) => _files.TryRemove(name, out _);

    internal FakeUpload Begin(FakeKey key, string mimeType, long? size, FileDescription described)
    {
        FakeUpload upload = new(RandomNumberGenerator.GetString(IdCharacters, 40), key, mimeType, size, described.DisplayName) { Name = described.Name };
        return _uploads[upload.Id] = upload;
    }

    internal FakeUpload? FindUpload(string id) => _uploads.GetValueOrDefault(id);

    internal void End(FakeUpload upload) => _uploads.TryRemove(upload.Id, out _);

    internal bool TakeLostFinal() => Interlocked.Exchange(ref _losesFinal, 0) == 1;

    internal long TakeBreak() => Interlocked.Exchange(ref _breakAfter, -1);

    /// <summary>The file as a project may see it, or Google's refusal, which is the same for what is not there and what is another's.</summary>
    internal (FakeFile? File, GoogleError? Refusal) See(string name, FakeProject project) =>
        Find(name) is { } file && file.Project == project.Number
            ? (file, null)
            : (null, new GoogleError(403, "PERMISSION_DENIED", $"You do not have permission to access the File {name["files/".Length..]} or it may not exist."));

    /// <summary>Why a request cannot use the files it names; null: it can.</summary>
    internal GoogleError? CheckUse(JsonNode? node, FakeProject project)
    {
        switch (node)
        {
            case JsonArray items:
                return items.Select(item => CheckUse(item, project)).FirstOrDefault(static refusal => refusal is not null);
            case JsonObject members:
                foreach ((string name, JsonNode? value) in members)
                {
                    GoogleError? refusal = name == "fileData" && value is JsonObject file ? CheckFile(file["fileUri"]?.GetValue<string>() ?? "", project) : CheckUse(value, project);
                    if (refusal is not null) return refusal;
                }

                return null;
            default:
                return null;
        }
    }

    private GoogleError? CheckFile(string uri, FakeProject project)
    {
        const string google = "https://generativelanguage.googleapis.com/v1beta/files/";
        if (!uri.StartsWith(google, StringComparison.Ordinal))
        {
            return uri.Contains("/v1beta/files/", StringComparison.Ordinal) // a file of this API under another host is none of Google's
                ? GoogleError.InvalidArgument($"Cannot fetch content from the provided URL: {uri}")
                : null;
        }

        (FakeFile? file, GoogleError? refusal) = See("files/" + uri[google.Length..], project);
        return refusal ?? (file!.State == "ACTIVE" ? null : new GoogleError(400, "FAILED_PRECONDITION", $"The File {file.Name["files/".Length..]} is not in an ACTIVE state and usage is not allowed."));
    }
}

/// <summary>An upload that is under way: counted and hashed as it comes.</summary>
internal sealed class FakeUpload(string id, FakeKey key, string mimeType, long? size, string? displayName) : IDisposable
{
    public string Id => id;

    public FakeKey Key => key;

    public string MimeType => mimeType;

    public long? Size => size;

    public string? DisplayName => displayName;

    public IncrementalHash Hash { get; } = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long Received { get; set; }

    /// <summary>The name that the file is to have; null: one of the fake's.</summary>
    public string? Name { get; init; }

    /// <summary>What was made of it; null: it is under way.</summary>
    public JsonObject? Answer { get; set; }

    /// <summary>The store that it goes into; null: it becomes a file.</summary>
    public string? Store { get; set; }

    /// <summary>One piece at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    public void Dispose()
    {
        Hash.Dispose();
        Turn.Dispose();
    }
}
