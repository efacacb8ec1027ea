using Pollux.Settings;

namespace Pollux.Pictures;

/// <summary>
/// Pictures in memory, bounded by number and bytes: the oldest make room. They outlive a change of settings, not a restart.
/// </summary>
internal sealed class MemoryPictures(SettingsHolder settings) : IOwnPictureStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, byte[]> _pictures = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = []; // may name some that are deleted already
    private long _bytes;

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _pictures.Count;
        }
    }

    /// <summary>What they take, in bytes.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <inheritdoc/>
    public Task<PicturePlace> SaveAsync(PictureName name, ReadOnlyMemory<byte> picture, CancellationToken cancellation)
    {
        MemoryPictureSettings bounds = settings.Current.Pictures.Memory;
        if (picture.Length > bounds.MaxBytes)
            throw new PictureStoreException($"It has {picture.Length} bytes, and {bounds.MaxBytes} is all that MEMORY_MAX_IMAGE_SIZE_MB allows.");
        byte[] copy = picture.ToArray();
        lock (_lock)
        {
            _pictures.Add(name.Text, copy);
            _order.Enqueue(name.Text);
            _bytes += copy.Length;
            while ((_pictures.Count > bounds.MaxPictures || _bytes > bounds.MaxBytes) && _order.TryDequeue(out string? oldest))
                Remove(oldest);
        }

        return Task.FromResult(PicturePlace.Own);
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(PictureName name, CancellationToken cancellation)
    {
        lock (_lock)
            return Task.FromResult(Remove(name.Text));
    }

    /// <inheritdoc/>
    public Stream? Open(PictureName name)
    {
        lock (_lock)
            return _pictures.TryGetValue(name.Text, out byte[]? picture) ? new MemoryStream(picture, writable: false) : null;
    }

    private bool Remove(string name)
    {
        if (!_pictures.Remove(name, out byte[]? picture))
            return false;
        _bytes -= picture.Length;
        return true;
    }
}
