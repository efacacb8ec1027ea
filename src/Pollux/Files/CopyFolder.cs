using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Pollux.Settings;

namespace Pollux.Files;

/// <summary>The folder of copies, <c>DATA_DIR/file-copies</c>: only the gateway's user may enter it, and nobody can guess a name in it. Files of other names are not ours.</summary>
internal sealed partial class CopyFolder(SettingsHolder settings, ILogger<CopyFolder> logger)
{
    private const string IdCharacters = "0123456789abcdefghijklmnopqrstuvwxyz"; // one case: some disks know no difference
    private const int IdLength = 50; // 258 bits

    private static readonly SearchValues<char> IdSet = SearchValues.Create(IdCharacters);

    private int _toldOfFailure;

    private string Place => Path.Combine(settings.Current.Server.DataDirectory, "file-copies");

    /// <summary>A name for a new copy.</summary>
    public static string NewId() => RandomNumberGenerator.GetString(IdCharacters, IdLength);

    /// <summary>Opens a copy to be written; makes it, if it is not there.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is not ours.</exception>
    public SafeFileHandle OpenToWrite(string id)
    {
        MakePrivate();
        var handle = File.OpenHandle(PathOf(id), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return handle;
    }

    /// <summary>Opens a copy to be read from its first byte on.</summary>
    /// <exception cref="IOException">It is not there, or the disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not ours.</exception>
    public FileStream OpenToRead(string id) =>
        new(PathOf(id), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);

    /// <summary>Deletes a copy; nothing is there: nothing happens.</summary>
    public void Delete(string id)
    {
        try
        {
            File.Delete(PathOf(id));
        }
        catch (DirectoryNotFoundException)
        {
            // nothing was written yet
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            NotDeleted(logger, Place, fault.Message); // the next start empties the folder
        }
    }

    /// <summary>All copies that lie there.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is not ours.</exception>
    public IEnumerable<FileInfo> All() =>
        Directory.Exists(Place) ? new DirectoryInfo(Place).EnumerateFiles().Where(static file => file.Name.Length == IdLength && !file.Name.AsSpan().ContainsAnyExcept(IdSet)) : [];

    /// <summary>A copy could not be written or read: told once, until one is kept again.</summary>
    public void Failed(Exception fault)
    {
        if (Interlocked.Exchange(ref _toldOfFailure, 1) == 0)
            NoCopy(logger, Place, fault.Message);
    }

    /// <summary>A copy is kept.</summary>
    public void Succeeded() => Volatile.Write(ref _toldOfFailure, 0);

    /// <summary>Makes the folder, and closes it to others.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not ours.</exception>
    public void MakePrivate()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Place); // takes the rights of DATA_DIR
            return;
        }

        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(Place, Private);
        if (File.GetUnixFileMode(Place) != Private)
            File.SetUnixFileMode(Place, Private);
    }

    private string PathOf(string id) => Path.Combine(Place, id);

    [LoggerMessage(EventId = 8101, Level = LogLevel.Warning, Message = "A copy of an uploaded file could not be kept in {Folder} ({Words}). Uploads go on without copies; told once until one is kept again.")]
    private static partial void NoCopy(ILogger logger, string folder, string words);

    [LoggerMessage(EventId = 8102, Level = LogLevel.Warning, Message = "A copy of an uploaded file could not be deleted from {Folder} ({Words}); the next start tries again.")]
    private static partial void NotDeleted(ILogger logger, string folder, string words);
}
