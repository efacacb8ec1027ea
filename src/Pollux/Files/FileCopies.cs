using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Pollux.Affinity;
using Pollux.Settings;

namespace Pollux.Files;

/// <summary>
/// Copies of uploaded files (<c>FILES_KEEP_COPIES_MB</c>), for requests that name files of two keys. The ledger knows of which file a copy is, so it lasts as long as what the ledger
/// knows; where there is no room, what was used longest ago goes first. Thread-safe: one lock around the tables, none while a disk is asked.
/// </summary>
internal sealed class FileCopies(AffinityLedger ledger, CopyFolder folder, SettingsHolder settings, TimeProvider clock)
{
    private const string Prefix = "copies/";
    private const int MostCopies = 10_000;
    private const int MostDrafts = 1024; // one that was not written to costs nothing but its place

    /// <summary>How long an upload rests before its copy is given up: the upload itself may go on.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, FileCopy> _byFile = new(StringComparer.Ordinal);
    private readonly LinkedList<FileCopy> _uses = []; // the oldest use first
    private readonly Dictionary<string, CopyDraft> _drafts = new(StringComparer.Ordinal); // by upload
    private long _bytes;

    /// <summary>Whether copies are kept.</summary>
    public bool IsOn => Budget > 0;

    /// <summary>Bytes of all copies, and of those that are being written.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    private long Budget => settings.Current.Files.MaxCopiesBytes;

    /// <summary>Begins a copy of an upload.</summary>
    /// <param name="upload">The upload's id.</param>
    /// <param name="size">The file's size in bytes, if the client told.</param>
    /// <returns><see langword="null"/>: none is kept of it.</returns>
    public CopyDraft? Begin(string upload, long? size)
    {
        if (!IsOn || size > Budget)
            return null;
        var draft = new CopyDraft(this, folder, upload) { UsedAt = clock.GetUtcNow() };
        lock (_lock)
            return _drafts.Count < MostDrafts && _drafts.TryAdd(upload, draft) ? draft : null;
    }

    /// <summary>The copy of an upload that is under way; <see langword="null"/>: none is kept of it.</summary>
    public CopyDraft? DraftOf(string upload)
    {
        lock (_lock)
            return _drafts.GetValueOrDefault(upload);
    }

    /// <summary>The upload is over.</summary>
    /// <param name="upload">Its id.</param>
    /// <param name="file">The file that it became; <see langword="null"/>: none, and the copy is dropped.</param>
    /// <param name="resource">The file in the ledger.</param>
    public void End(string upload, UploadedFile? file, RemoteResource? resource)
    {
        CopyDraft? draft;
        lock (_lock)
        {
            if (!_drafts.Remove(upload, out draft))
                return;
        }

        if (file is null || resource is null || draft.IsDropped || draft.Length == 0 || file.Size != draft.Length)
        {
            Drop(draft);
            return;
        }

        var copy = new FileCopy(draft.Id, new CopyNote(file.Name, draft.Length, file.MimeType, file.Hash));
        try
        {
            using SafeFileHandle handle = folder.OpenToWrite(draft.Id);
            RandomAccess.SetLength(handle, draft.Length); // a piece may have been written further before it broke
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            folder.Failed(fault);
            Drop(draft);
            return;
        }

        if (!ledger.Remember(InLedger(copy, resource)))
        {
            Drop(draft);
            return;
        }

        folder.Succeeded();
        lock (_lock)
        {
            _bytes -= draft.Reserved;
            draft.Reserved = 0;
            Add(copy);
        }

        MakeRoom(0);
    }

    /// <summary>Whether there is a copy of a file.</summary>
    public bool Has(string file)
    {
        lock (_lock)
            return _byFile.ContainsKey(file);
    }

    /// <summary>Opens the copy of a file; a use of it.</summary>
    public bool TryOpen(string file, [NotNullWhen(true)] out OpenCopy? open)
    {
        open = null;
        FileCopy? copy;
        lock (_lock)
        {
            if (!_byFile.TryGetValue(file, out copy))
                return false;
            _uses.Remove(copy.Use!);
            _uses.AddLast(copy.Use!);
        }

        try
        {
            FileStream bytes = folder.OpenToRead(copy.Id);
            if (bytes.Length == copy.Note.Size)
            {
                open = new OpenCopy(copy, bytes);
                return true;
            }

            bytes.Dispose();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            folder.Failed(fault);
        }

        Drop(file); // somebody else was at it
        return false;
    }

    /// <summary>Drops the copy of a file, if there is one.</summary>
    public void Drop(string file)
    {
        FileCopy? copy;
        lock (_lock)
        {
            if (!_byFile.TryGetValue(file, out copy))
                return;
            Remove(copy);
        }

        Delete(copy);
    }

    /// <summary>Drops a copy that is being written.</summary>
    public void Drop(CopyDraft draft)
    {
        lock (_lock)
        {
            _bytes -= draft.Reserved;
            draft.Reserved = 0;
            draft.IsDropped = true;
            if (_drafts.GetValueOrDefault(draft.Upload) == draft)
                _drafts.Remove(draft.Upload);
        }

        folder.Delete(draft.Id);
    }

    /// <summary>Takes room for a copy that grows.</summary>
    /// <param name="draft">Which one.</param>
    /// <param name="length">Its size then, in bytes.</param>
    /// <returns><see langword="false"/>: there is none, and older copies gave none.</returns>
    public bool TryReserve(CopyDraft draft, long length)
    {
        lock (_lock)
        {
            if (draft.IsDropped)
                return false;
            draft.UsedAt = clock.GetUtcNow();
            if (length <= draft.Reserved)
                return true;
        }

        long more = length - draft.Reserved; // only this piece's own flow changes it
        MakeRoom(more);
        lock (_lock)
        {
            if (draft.IsDropped || _bytes + more > Budget)
                return false;
            _bytes += more;
            draft.Reserved = length;
            return true;
        }
    }

    /// <summary>Takes back what the ledger knows of the folder, and empties it of all else. Before anybody is served.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is not ours.</exception>
    public void Restore()
    {
        var known = new List<(FileCopy Copy, DateTimeOffset At)>();
        foreach (FileInfo file in folder.All())
        {
            if (IsOn && ledger.Peek(Prefix + file.Name) is { Kind: ResourceKind.FileCopy } resource && NoteOf(resource) is { } note && note.Size == file.Length && IsFile(note.File))
            {
                known.Add((new FileCopy(file.Name, note), resource.CreatedAt));
                continue;
            }

            ledger.Forget(Prefix + file.Name);
            folder.Delete(file.Name);
        }

        if (known.Count > 0)
            folder.MakePrivate(); // whoever changed its mode meanwhile
        known.Sort(static (one, other) => one.At.CompareTo(other.At));
        lock (_lock)
        {
            foreach ((FileCopy copy, _) in known)
                Add(copy);
        }

        MakeRoom(0);
    }

    /// <summary>Drops copies of files that are over or forgotten, and those whose uploads rest.</summary>
    public void Sweep()
    {
        FileCopy[] copies;
        CopyDraft[] resting;
        DateTimeOffset now = clock.GetUtcNow();
        lock (_lock)
        {
            copies = [.. _uses];
            resting = [.. _drafts.Values.Where(draft => now - draft.UsedAt > LongestRest)];
        }

        foreach (CopyDraft draft in resting)
            Drop(draft);
        foreach (FileCopy copy in copies)
        {
            if (!IsFile(copy.Note.File) || ledger.Peek(Prefix + copy.Id) is null)
                Drop(copy.Note.File);
        }
    }

    private bool IsFile(string name) => ledger.Peek(name) is { Kind: ResourceKind.File };

    private void MakeRoom(long more)
    {
        List<FileCopy>? gone = null;
        lock (_lock)
        {
            while ((_bytes + more > Budget || _byFile.Count > MostCopies) && _uses.First?.Value is { } oldest)
            {
                Remove(oldest);
                (gone ??= []).Add(oldest);
            }
        }

        foreach (FileCopy copy in gone ?? [])
            Delete(copy);
    }

    private void Add(FileCopy copy)
    {
        if (_byFile.ContainsKey(copy.Note.File))
            return; // the name of a file is given once
        copy.Use = _uses.AddLast(copy);
        _byFile.Add(copy.Note.File, copy);
        _bytes += copy.Note.Size;
    }

    private void Remove(FileCopy copy)
    {
        _byFile.Remove(copy.Note.File);
        _uses.Remove(copy.Use!);
        _bytes -= copy.Note.Size;
    }

    private void Delete(FileCopy copy)
    {
        ledger.Forget(Prefix + copy.Id);
        folder.Delete(copy.Id);
    }

    private static RemoteResource InLedger(FileCopy copy, RemoteResource file) =>
        new(Prefix + copy.Id, ResourceKind.FileCopy, file.Credential, file.Owner, file.ExpiresAt) { Payload = JsonSerializer.SerializeToUtf8Bytes(copy.Note, FilesJson.Default.CopyNote) };

    private static CopyNote? NoteOf(RemoteResource resource)
    {
        try
        {
            return JsonSerializer.Deserialize(resource.Payload.Span, FilesJson.Default.CopyNote);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
