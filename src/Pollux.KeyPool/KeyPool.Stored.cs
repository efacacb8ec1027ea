using System.Collections.Immutable;

namespace Pollux.KeyPool;

/// <summary>A credential as an earlier process left it.</summary>
/// <param name="Entry">The secret and what belongs to it.</param>
/// <param name="Health">Whether it may be used, and why not.</param>
public readonly record struct KnownCredential(KeyEntry Entry, CredentialHealth Health);

// What an earlier process knew about credentials.
public sealed partial class KeyPool
{
    /// <summary>
    /// Adds credentials as an earlier process left them: one that is out stays out, with its reason and its next re-check. No
    /// events are told, since nothing happens to them.
    /// </summary>
    public KeyImport AddKnown(IEnumerable<KnownCredential> known)
    {
        ArgumentNullException.ThrowIfNull(known);
        List<(OfferedKey Key, CredentialHealth Health)> offered = [.. known.Select(static credential => (OfferedKey.Read(credential.Entry), credential.Health))];
        var lines = ImmutableArray.CreateBuilder<KeyImportLine>(offered.Count);
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            List<Credential> added = [];
            foreach (var (key, health) in offered)
            {
                var line = Enlist(lines.Count, key, now, added);
                lines.Add(line);
                if (line.Verdict == KeyImportVerdict.Added)
                    added[^1].Health = health; // before anybody sees it
            }
            Publish(added);
        }
        return new KeyImport(lines.MoveToImmutable());
    }
}
