using System.Collections.Immutable;

namespace Pollux.KeyPool;

/// <summary>One secret offered to the pool.</summary>
/// <param name="Text">The secret; blanks around it are ignored.</param>
/// <param name="Kind">What it is.</param>
/// <param name="ProjectGroup">The project whose quota it shares, if declared.</param>
/// <param name="Transport">Where it travels, if it is an API key.</param>
/// <param name="Name">A name that is no secret, shown instead of the masked secret.</param>
/// <param name="Disabled">Kept, but not used until an operator enables it.</param>
/// <param name="Tier">Whether its project pays, if the user says so: paid ones serve after the others.</param>
/// <param name="IsReserved">Serves only requests that ask for a paid key (<c>PAID_KEY</c>).</param>
public readonly record struct KeyEntry(
    string Text,
    CredentialKind Kind = CredentialKind.GeminiApiKey,
    string? ProjectGroup = null,
    KeyTransport Transport = KeyTransport.Header,
    string? Name = null,
    bool Disabled = false,
    ProjectTier Tier = ProjectTier.Unknown,
    bool IsReserved = false)
{
    /// <summary>The number of the further upstream it is for; 0: none.</summary>
    public int Upstream { get; init; }

    /// <summary>Without the secret: an entry that is logged by mistake tells nothing.</summary>
    public override string ToString() => $"{Kind} {Name}";
}

/// <summary>What became of an offered secret.</summary>
public enum KeyImportVerdict
{
    /// <summary>It is in the pool now.</summary>
    Added,

    /// <summary>It was in the pool already, or came twice.</summary>
    Duplicate,

    /// <summary>It is a sample from a document.</summary>
    Placeholder,

    /// <summary>It is empty, holds characters that cannot travel in a header, or is longer than any key.</summary>
    Malformed,
}

/// <summary>The verdict on one entry.</summary>
/// <param name="Index">Position among the entries offered, from 0.</param>
/// <param name="Verdict">What became of it.</param>
/// <param name="Credential">The credential, new or already there.</param>
/// <param name="Label">Its label; empty without a credential, since what is no key may be somebody's password.</param>
public readonly record struct KeyImportLine(int Index, KeyImportVerdict Verdict, CredentialId? Credential, string Label);

/// <summary>What became of all offered secrets.</summary>
/// <param name="Lines">One line per entry, in their order.</param>
public sealed record KeyImport(ImmutableArray<KeyImportLine> Lines)
{
    /// <summary>Entries with this verdict.</summary>
    public int Count(KeyImportVerdict verdict)
    {
        var count = 0;
        foreach (var line in Lines)
            count += line.Verdict == verdict ? 1 : 0;
        return count;
    }
}

/// <summary>An entry looked at by itself, before it is compared with what the pool holds.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Secret">Its secret, if it can be one.</param>
/// <param name="Verdict">Otherwise, why not.</param>
internal readonly record struct OfferedKey(KeyEntry Entry, SecretText? Secret, KeyImportVerdict Verdict)
{
    public static OfferedKey Read(in KeyEntry entry)
    {
        var text = entry.Text?.Trim() ?? "";
        if (entry.Kind is not (CredentialKind.VertexServiceAccount or CredentialKind.UpstreamKey) && KeyPlaceholders.IsPlaceholder(text))
            return new OfferedKey(entry, null, KeyImportVerdict.Placeholder);
        return KeyPlaceholders.IsMalformed(text, entry.Kind)
            ? new OfferedKey(entry, null, KeyImportVerdict.Malformed)
            : new OfferedKey(entry, new SecretText(text), KeyImportVerdict.Added);
    }
}
