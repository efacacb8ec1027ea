using System.Collections.Immutable;
using Pollux.KeyPool;

namespace Pollux.Storage;

/// <summary>
/// What environment and store are together. A key that is gone from the environment goes, unless it was added otherwise
/// as well; what the store learned about a key stays.
/// </summary>
/// <param name="Keep">Stored, and staying; those of the environment as it declares them now.</param>
/// <param name="Add">In the environment and not stored yet.</param>
/// <param name="Changed">Those of <paramref name="Keep"/> that are no longer as they are stored.</param>
/// <param name="Remove">Stored because of the environment, and gone from it.</param>
internal sealed record KeyUnion(ImmutableArray<StoredCredential> Keep, ImmutableArray<KeyEntry> Add, ImmutableArray<StoredCredential> Changed, ImmutableArray<StoredCredential> Remove)
{
    /// <summary>Compares the two. Of keys that come twice in the environment the first one counts; what cannot be a key is passed over.</summary>
    /// <param name="environment">The keys of the settings.</param>
    /// <param name="stored">All that is stored.</param>
    public static KeyUnion Of(IEnumerable<KeyEntry> environment, IReadOnlyCollection<StoredCredential> stored)
    {
        var declared = new Dictionary<SecretText, KeyEntry>();
        var order = new List<SecretText>();
        foreach (KeyEntry entry in environment)
        {
            if (OfferedSecret.Judge(entry, out SecretText? secret) == KeyImportVerdict.Added && declared.TryAdd(secret!, entry))
                order.Add(secret!);
        }

        var keep = ImmutableArray.CreateBuilder<StoredCredential>(stored.Count);
        var changed = ImmutableArray.CreateBuilder<StoredCredential>();
        var remove = ImmutableArray.CreateBuilder<StoredCredential>();
        var known = new HashSet<SecretText>(stored.Count);
        foreach (StoredCredential credential in stored)
        {
            known.Add(credential.Secret);
            bool isDeclared = declared.TryGetValue(credential.Secret, out KeyEntry entry);
            if (credential.Origin != KeyOrigin.Environment)
            {
                keep.Add(credential); // an operator's word about it is newer than the environment's
            }
            else if (!isDeclared)
            {
                remove.Add(credential);
            }
            else if (string.IsNullOrWhiteSpace(entry.ProjectGroup) || entry.ProjectGroup == credential.ProjectGroup)
            {
                keep.Add(credential);
            }
            else
            {
                StoredCredential moved = credential with { ProjectGroup = entry.ProjectGroup };
                keep.Add(moved);
                changed.Add(moved);
            }
        }

        return new KeyUnion(keep.ToImmutable(), [.. order.Where(secret => !known.Contains(secret)).Select(secret => declared[secret])], changed.ToImmutable(), remove.ToImmutable());
    }
}

/// <summary>Looks at an offered key by itself.</summary>
internal static class OfferedSecret
{
    /// <summary>Whether it can be a secret.</summary>
    /// <param name="entry">What is offered.</param>
    /// <param name="secret">The secret, without blanks around it.</param>
    /// <returns><see cref="KeyImportVerdict.Added"/>, <see cref="KeyImportVerdict.Placeholder"/> or <see cref="KeyImportVerdict.Malformed"/>.</returns>
    public static KeyImportVerdict Judge(in KeyEntry entry, out SecretText? secret)
    {
        secret = null;
        string text = entry.Text?.Trim() ?? "";
        if (entry.Kind != CredentialKind.VertexServiceAccount && KeyPlaceholders.IsPlaceholder(text))
            return KeyImportVerdict.Placeholder;
        if (KeyPlaceholders.IsMalformed(text, entry.Kind))
            return KeyImportVerdict.Malformed;
        secret = new SecretText(text);
        return KeyImportVerdict.Added;
    }
}
