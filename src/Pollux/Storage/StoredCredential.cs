using System.Collections.Immutable;
using Pollux.KeyPool;

namespace Pollux.Storage;

/// <summary>Where a stored credential came from: decides whether it stays when it is gone from there.</summary>
internal enum KeyOrigin
{
    /// <summary>The environment or a <c>.env</c> file; goes when it is gone from there.</summary>
    Environment,

    /// <summary>A file, by <c>pollux keys import</c>; stays until it is deleted.</summary>
    Imported,

    /// <summary>An operator, in the console; stays until it is deleted.</summary>
    Console,
}

/// <summary>A credential as it is stored.</summary>
internal sealed record StoredCredential
{
    /// <summary>Its row; never reused.</summary>
    public required long Id { get; init; }

    /// <summary>What is sent upstream.</summary>
    public required SecretText Secret { get; init; }

    /// <summary>What it is.</summary>
    public required CredentialKind Kind { get; init; }

    /// <summary>A name that is no secret.</summary>
    public string? Name { get; init; }

    /// <summary>The project whose quota it shares, if declared.</summary>
    public string? ProjectGroup { get; init; }

    /// <summary>Where an API key travels.</summary>
    public required KeyTransport Transport { get; init; }

    /// <summary>Where it came from.</summary>
    public required KeyOrigin Origin { get; init; }

    /// <summary>Free or paid, if known.</summary>
    public string? Tier { get; init; }

    /// <summary>An operator's words.</summary>
    public string? Note { get; init; }

    /// <summary>Whether it may be used, and why not.</summary>
    public required CredentialHealth Health { get; init; }

    /// <summary>When it was stored first.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Its masked secret, or its name, and its number: safe to show and to log.</summary>
    public string Label => KeyLabel.For(Secret.Reveal(), Name, new CredentialId((int)Id));

    /// <summary>What the pool is offered for it.</summary>
    public KeyEntry ToEntry() => new(Secret.Reveal(), Kind, ProjectGroup, Transport, Name, Health.Status == CredentialStatus.Disabled, Enum.TryParse(Tier, out ProjectTier tier) ? tier : ProjectTier.Unknown);
}

/// <summary>All that is stored.</summary>
/// <param name="Credentials">In the order of their rows.</param>
/// <param name="Unreadable">Rows whose secret could not be decrypted; they are left as they are.</param>
internal sealed record StoredKeys(ImmutableArray<StoredCredential> Credentials, ImmutableArray<long> Unreadable);

/// <summary>What became of offered keys.</summary>
/// <param name="Verdicts">One per entry, in their order.</param>
internal sealed record StoredKeyImport(ImmutableArray<KeyImportVerdict> Verdicts)
{
    /// <summary>Entries with this verdict.</summary>
    public int Count(KeyImportVerdict verdict) => Verdicts.Count(given => given == verdict);
}
