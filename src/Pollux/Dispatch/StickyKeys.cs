using System.Collections.Concurrent;
using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.Dispatch;

/// <summary>
/// Which key served a caller last (<c>ENABLE_STICKY_SESSION</c>): it is asked first next time, and Google's implicit caches,
/// which belong to a project, are hit more often. Thread-safe.
/// </summary>
internal sealed class StickyKeys(SettingsHolder settings)
{
    private const int MaxCallers = 10_000; // callers are tokens; addresses let in without one could be many more

    private readonly ConcurrentDictionary<string, CredentialId> _byCaller = new(StringComparer.Ordinal);

    /// <summary>The key of <paramref name="caller"/>; <see langword="null"/>: none yet, or the setting is off.</summary>
    public CredentialId? Of(string caller) =>
        settings.Current.Pool.StickySessions && _byCaller.TryGetValue(caller, out CredentialId key) ? key : null;

    /// <summary>Remembers who served.</summary>
    public void Remember(string caller, CredentialId key)
    {
        if (!settings.Current.Pool.StickySessions || (_byCaller.TryGetValue(caller, out CredentialId known) && known == key))
            return;
        if (_byCaller.Count >= MaxCallers)
            _byCaller.Clear(); // each gets a key anew with its next request
        _byCaller[caller] = key;
    }
}
