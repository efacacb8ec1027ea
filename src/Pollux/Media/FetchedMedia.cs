using Pollux.Buffers;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;
using Pollux.Settings;

namespace Pollux.Media;

/// <summary>
/// What was fetched for one request, each address once, however often the request is translated anew. Counts its bytes, and
/// takes one share of the budget for large bodies when the first file turns out to be large. Dispose it to give that back.
/// </summary>
/// <param name="settings">The bounds.</param>
/// <param name="budget">Where the share comes from.</param>
/// <param name="own">Takes the buffers; they must live as long as what is sent is made of them.</param>
internal sealed class FetchedMedia(MediaSettings settings, BodyBudget budget, Action<IDisposable> own) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, InlineData> _byAddress = new(StringComparer.Ordinal);
    private Task<BodyShare?>? _share;
    private long _bytes;

    /// <summary>How many bytes there are, each as often as it is sent.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>In how many places of the request the files stand that are fetched; set before they are.</summary>
    public int Places { get; set; } = 1;

    /// <summary>Whether an address was fetched.</summary>
    public bool Has(string address)
    {
        lock (_lock)
            return _byAddress.ContainsKey(address);
    }

    /// <summary>What is behind an address; <see langword="null"/>: it was not fetched.</summary>
    public InlineData? Find(string address)
    {
        lock (_lock)
            return _byAddress.GetValueOrDefault(address);
    }

    /// <summary>Puts what was fetched in the place of its addresses.</summary>
    public void PutInto(IReadOnlyList<RemoteMedia> remote)
    {
        foreach (RemoteMedia media in remote)
        {
            lock (_lock)
            {
                if (media.Part.FileData is { } file && _byAddress.TryGetValue(file.FileUri.AsText()!, out InlineData? data))
                    (media.Part.FileData, media.Part.InlineData) = (null, data);
            }
        }
    }

    /// <summary>A buffer for a file.</summary>
    public PooledBuffer NewBuffer(int firstBytes)
    {
        var buffer = new PooledBuffer(firstBytes);
        lock (_lock)
            own(buffer);
        return buffer;
    }

    /// <summary>Keeps a file.</summary>
    public void Add(string address, string mimeType, PooledBuffer bytes)
    {
        lock (_lock)
            _byAddress[address] = InlineData.FromBytes(mimeType, bytes.Written);
    }

    /// <summary>Counts bytes before they are kept.</summary>
    /// <returns>Whether there may be so many.</returns>
    public bool TryCount(long bytes) => Interlocked.Add(ref _bytes, bytes) <= settings.MaxTotalBytes;

    /// <summary>Waits for the right to hold large files: as many bytes as this request may fetch at most, in both forms that they take.</summary>
    /// <param name="cancellation">The request ended.</param>
    /// <returns>Whether it was given.</returns>
    public async ValueTask<bool> EnterLargeAsync(CancellationToken cancellation)
    {
        Task<BodyShare?> share;
        lock (_lock)
            share = _share ??= budget.TakeAsync(Footprint(Math.Min((long)Places * settings.MaxBytes, settings.MaxTotalBytes)), cancellation).AsTask();
        return await share.WaitAsync(cancellation) is not null;
    }

    /// <summary>All is there: gives back what was not needed.</summary>
    public async ValueTask SettleAsync()
    {
        if (_share is { } share && await share is { } taken)
            taken.ShrinkTo(Footprint(Bytes));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_share is { } share)
            _ = share.ContinueWith(static taken => { if (taken.IsCompletedSuccessfully) taken.Result?.Dispose(); }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default); // cannot fail
    }

    /// <summary>The bytes themselves, and the base64 that is made of them.</summary>
    private static long Footprint(long bytes) => bytes + ((bytes + 2) / 3 * 4);
}
