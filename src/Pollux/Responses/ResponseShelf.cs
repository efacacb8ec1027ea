using Pollux.Settings;

namespace Pollux.Responses;

/// <summary>
/// The responses that callers can ask for again: the latest in memory, all of them in the archive where there is one. Thread-safe:
/// the gate protects the table and its order.
/// </summary>
internal sealed class ResponseShelf(SettingsHolder settings, TimeProvider clock, IEnumerable<IResponseArchive> archives)
{
    /// <summary>What lies in memory before an archive, in bytes: answers are gone on from soon or never.</summary>
    private const long BytesBeforeArchive = 32L * 1024 * 1024;

    private readonly IResponseArchive? _archive = archives.FirstOrDefault();
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Caller, string Id), LinkedListNode<StoredResponse>> _byId = [];
    private readonly LinkedList<StoredResponse> _order = new();
    private long _bytes;

    /// <summary>Whether anything is kept at all.</summary>
    public bool Keeps => settings.Current.Responses.Retention > TimeSpan.Zero;

    /// <summary>What lies in memory now, in bytes.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    private long MaxBytes => _archive is null ? settings.Current.Responses.MaxBytes : Math.Min(settings.Current.Responses.MaxBytes, BytesBeforeArchive);

    /// <summary>Keeps a response.</summary>
    /// <returns><see langword="false"/>: it is larger than all that may be kept, or the archive has no room.</returns>
    public bool Keep(StoredResponse response)
    {
        ResponseSettings bounds = settings.Current.Responses;
        if (!Keeps || response.Bytes > bounds.MaxBytes)
            return false;
        bool archived = _archive?.Save(response, response.CreatedAt + bounds.Retention) ?? false;
        bool fits = response.Bytes <= MaxBytes;
        if (fits)
            Place(response);
        return archived || fits;
    }

    /// <summary>Finds a response.</summary>
    /// <returns><see langword="null"/>: there is none of this caller's, or it is too old.</returns>
    public async ValueTask<StoredResponse?> FindAsync(string caller, string id, CancellationToken cancellation)
    {
        DateTimeOffset now = clock.GetUtcNow();
        StoredResponse? found;
        lock (_gate)
            found = _byId.TryGetValue((caller, id), out LinkedListNode<StoredResponse>? node) ? node.Value : null;
        if (found is null && _archive is not null && IsId(id))
            found = await _archive.FindAsync(caller, id, now, cancellation);
        return found is not null && found.CreatedAt + settings.Current.Responses.Retention > now ? found : null;
    }

    /// <summary>Forgets a response.</summary>
    /// <returns>Whether there was one.</returns>
    public async ValueTask<bool> RemoveAsync(string caller, string id, CancellationToken cancellation)
    {
        if (await FindAsync(caller, id, cancellation) is null)
            return false;
        lock (_gate)
            Drop((caller, id));
        if (_archive is not null)
            await _archive.RemoveAsync(caller, id, cancellation);
        return true;
    }

    /// <summary>Forgets what is too old.</summary>
    public void Sweep()
    {
        DateTimeOffset now = clock.GetUtcNow();
        lock (_gate)
        {
            while (_order.First is { Value: var oldest } && oldest.CreatedAt + settings.Current.Responses.Retention <= now)
                Drop((oldest.Caller, oldest.Id));
        }

        _archive?.Sweep(now);
    }

    private static bool IsId(string id) => id.Length == StoredResponse.IdPrefix.Length + StoredResponse.IdLength && id.StartsWith(StoredResponse.IdPrefix, StringComparison.Ordinal);

    private void Place(StoredResponse response)
    {
        lock (_gate)
        {
            Drop((response.Caller, response.Id));
            _byId[(response.Caller, response.Id)] = _order.AddLast(response);
            _bytes += response.Bytes;
            while (_bytes > MaxBytes && _order.First is { Value: var oldest })
                Drop((oldest.Caller, oldest.Id));
        }
    }

    private void Drop((string Caller, string Id) key)
    {
        if (!_byId.Remove(key, out LinkedListNode<StoredResponse>? node))
            return;
        _order.Remove(node);
        _bytes -= node.Value.Bytes;
    }
}
