using Pollux.Settings;

namespace Pollux.Pictures;

/// <summary>
/// Pictures in files of one folder, each under its name. Files of other names are neither served nor counted nor deleted: the
/// folder may be somebody's own.
/// </summary>
internal sealed class LocalPictures(SettingsHolder settings, TimeProvider clock) : IOwnPictureStore
{
    private const string PartEnding = ".part";
    private static readonly TimeSpan OldestPart = TimeSpan.FromHours(1); // what is still being written then, never will be

    private readonly Lock _cleaning = new();
    private long _savedPictures; // since the last cleaning
    private long _savedBytes;
    private long _keptPictures; // after it
    private long _keptBytes;

    private LocalPictureSettings Bounds => settings.Current.Pictures.Local;

    /// <inheritdoc/>
    public async Task<PicturePlace> SaveAsync(PictureName name, ReadOnlyMemory<byte> picture, CancellationToken cancellation)
    {
        string path = PathOf(name);
        string part = path + PartEnding;
        try
        {
            Directory.CreateDirectory(Bounds.Folder);
            try
            {
                await File.WriteAllBytesAsync(part, picture, cancellation);
                File.SetLastWriteTimeUtc(part, clock.GetUtcNow().UtcDateTime);
                File.Move(part, path); // whole or not at all, whoever looks
            }
            catch
            {
                File.Delete(part);
                throw;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new PictureStoreException($"It cannot be written to IMAGE_STORAGE_DIR: {fault.Message}", fault);
        }

        Interlocked.Increment(ref _savedPictures);
        Interlocked.Add(ref _savedBytes, picture.Length);
        return PicturePlace.Own;
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(PictureName name, CancellationToken cancellation)
    {
        try
        {
            string path = PathOf(name);
            bool isThere = File.Exists(path);
            File.Delete(path);
            return Task.FromResult(isThere);
        }
        catch (DirectoryNotFoundException)
        {
            return Task.FromResult(false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new PictureStoreException($"It cannot be deleted: {fault.Message}", fault);
        }
    }

    /// <inheritdoc/>
    public Stream? Open(PictureName name)
    {
        try
        {
            return new FileStream(PathOf(name), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null; // not there, or not to be read: the same to whoever asks
        }
    }

    /// <summary>Whether what was saved since the last cleaning may be too much.</summary>
    public bool IsFull
    {
        get
        {
            LocalPictureSettings bounds = Bounds;
            return (bounds.MaxPictures > 0 && Volatile.Read(ref _keptPictures) + Volatile.Read(ref _savedPictures) > bounds.MaxPictures)
                || (bounds.MaxBytes > 0 && Volatile.Read(ref _keptBytes) + Volatile.Read(ref _savedBytes) > bounds.MaxBytes);
        }
    }

    /// <summary>Deletes what is too old, and the oldest of what is too much.</summary>
    /// <returns>How many pictures were deleted.</returns>
    public int Clean()
    {
        lock (_cleaning)
        {
            LocalPictureSettings bounds = Bounds;
            DateTime now = clock.GetUtcNow().UtcDateTime;
            Interlocked.Exchange(ref _savedPictures, 0); // before looking: what is saved meanwhile counts for the next time
            Interlocked.Exchange(ref _savedBytes, 0);
            List<FileInfo> pictures = Pictures(bounds.Folder, now);
            pictures.Sort(static (one, other) => other.LastWriteTimeUtc.CompareTo(one.LastWriteTimeUtc)); // the youngest first
            int deleted = 0;
            long kept = 0, bytes = 0;
            bool tooMuch = false; // and so is everything older
            foreach (FileInfo picture in pictures)
            {
                tooMuch = tooMuch
                    || (bounds.MaxPictures > 0 && kept >= bounds.MaxPictures)
                    || (bounds.MaxBytes > 0 && bytes + picture.Length > bounds.MaxBytes)
                    || (bounds.MaxAge > TimeSpan.Zero && now - picture.LastWriteTimeUtc > bounds.MaxAge);
                if (tooMuch && TryDelete(picture))
                {
                    deleted++;
                    continue;
                }

                kept++;
                bytes += picture.Length;
            }

            Volatile.Write(ref _keptPictures, kept);
            Volatile.Write(ref _keptBytes, bytes);
            return deleted;
        }
    }

    private static List<FileInfo> Pictures(string folder, DateTime now)
    {
        var pictures = new List<FileInfo>();
        if (!Directory.Exists(folder))
            return pictures;
        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles())
        {
            if (PictureName.TryParse(file.Name, out _))
                pictures.Add(file);
            else if (file.Name.EndsWith(PartEnding, StringComparison.Ordinal) && PictureName.TryParse(file.Name[..^PartEnding.Length], out _) && now - file.LastWriteTimeUtc > OldestPart)
                TryDelete(file);
        }

        return pictures;
    }

    private static bool TryDelete(FileInfo file)
    {
        try
        {
            file.Delete();
            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false; // the next cleaning may be luckier
        }
    }

    private string PathOf(PictureName name) => Path.Combine(Bounds.Folder, name.Text);
}
