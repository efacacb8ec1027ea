namespace Pollux.KeyPool;

/// <summary>
/// One secret we can send upstream. Its identity never changes; <see cref="Health"/>, <see cref="Transport"/> and the counters
/// are changed by the pool only. Safe to read from any thread: health is an immutable record behind one volatile reference,
/// counters are changed by interlocked operations.
/// </summary>
public sealed class Credential
{
    private volatile CredentialHealth _health;
    private volatile KeyTransport _transport;
    private int _inFlight;
    private long _lastUsed;
    private long _succeeded;
    private long _failed;

    internal Credential(CredentialId id, SecretText secret, in KeyEntry entry, CredentialHealth health)
    {
        Id = id;
        Secret = secret;
        Kind = entry.Kind;
        ProjectGroup = string.IsNullOrWhiteSpace(entry.ProjectGroup) ? null : entry.ProjectGroup;
        Label = KeyLabel.For(secret.Reveal(), entry.Name, id);
        _transport = entry.Transport;
        _health = health;
    }

    /// <summary>Its number.</summary>
    public CredentialId Id { get; }

    /// <summary>What it is.</summary>
    public CredentialKind Kind { get; }

    /// <summary>What is sent upstream.</summary>
    public SecretText Secret { get; }

    /// <summary>Its masked secret and number: safe to show and to log.</summary>
    public string Label { get; }

    /// <summary>The project whose quota it shares; <see langword="null"/>: not declared.</summary>
    public string? ProjectGroup { get; }

    /// <summary>Whose quota it shares, as far as known.</summary>
    internal ProjectGroup Group { get; set; } = null!; // set by the pool before anybody sees the credential

    /// <summary>It stands among its group's usable members; changed under the pool's gate.</summary>
    internal bool IsAdmitted { get; set; }

    /// <summary>Where an API key travels.</summary>
    public KeyTransport Transport { get => _transport; internal set => _transport = value; }

    /// <summary>Whether it may be used, and why not.</summary>
    public CredentialHealth Health { get => _health; internal set => _health = value; }

    /// <summary>Attempts running now, over all models.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Attempts that succeeded since start.</summary>
    public long Succeeded => Volatile.Read(ref _succeeded);

    /// <summary>Attempts that failed since start, whoever was to blame.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Number of the last lease; 0 = never used.</summary>
    internal long LastUsed => Volatile.Read(ref _lastUsed);

    internal bool IsUsable => _health.Status == CredentialStatus.Usable;

    internal int Index => Id.Value - 1;

    internal void Begin(long use)
    {
        Interlocked.Increment(ref _inFlight);
        Volatile.Write(ref _lastUsed, use);
    }

    internal void End(AttemptOutcome outcome)
    {
        Interlocked.Decrement(ref _inFlight);
        if (outcome == AttemptOutcome.Succeeded)
            Interlocked.Increment(ref _succeeded);
        else if (outcome == AttemptOutcome.Failed)
            Interlocked.Increment(ref _failed);
    }

    /// <inheritdoc/>
    public override string ToString() => Label;
}
