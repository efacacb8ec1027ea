namespace Pollux.KeyPool;

/// <summary>
/// One secret we can send upstream. Its identity never changes; <see cref="Health"/>, <see cref="Transport"/> and the counters
/// are changed by the pool only. Safe to read from any thread: health is an immutable record behind one volatile reference,
/// counters are changed by interlocked operations.
/// </summary>
public sealed class Credential
{
    private const int CallBits = 24;
    private const int MaxCalls = (1 << CallBits) - 1;

    private volatile CredentialHealth _health;
    private volatile KeyTransport _transport;
    private int _inFlight;
    private long _lastUsed;
    private long _succeeded;
    private long _failed;
    private long _calls; // the hour in which the quota day ends, and behind it, in 24 bits, how many calls were made on that day

    internal Credential(CredentialId id, SecretText secret, in KeyEntry entry, CredentialHealth health)
    {
        Id = id;
        Secret = secret;
        Kind = entry.Kind;
        ProjectGroup = string.IsNullOrWhiteSpace(entry.ProjectGroup) ? null : entry.ProjectGroup;
        Label = KeyLabel.For(secret.Reveal(), entry.Name, id);
        Tier = entry.Tier;
        IsReserved = entry.IsReserved;
        Upstream = entry.Upstream;
        _transport = entry.Transport;
        _health = health;
    }

    /// <summary>A key that a caller brought along for one request. It stands in no pool.</summary>
    /// <param name="secret">The key.</param>
    /// <param name="kind">Whose key it is.</param>
    public static Credential OfCaller(SecretText secret, CredentialKind kind) =>
        new(default, secret, new KeyEntry("", kind, Name: "caller"), new CredentialHealth(CredentialStatus.Usable, default));

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

    /// <summary>Whether its project pays, if the user said so.</summary>
    public ProjectTier Tier { get; }

    /// <summary>It serves only requests that ask for a paid key.</summary>
    public bool IsReserved { get; }

    /// <summary>The number of the further upstream it is for; 0: none.</summary>
    public int Upstream { get; }

    /// <summary>The part of the pool it stands in.</summary>
    internal PoolSection Section => PoolSections.Of(Kind, IsReserved, Upstream);

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

    /// <summary>Calls made on the quota day that ends at <paramref name="dayEnds"/>.</summary>
    internal int CallsOn(long dayEnds)
    {
        long calls = Volatile.Read(ref _calls);
        return calls >> CallBits == dayEnds / TimeSpan.TicksPerHour ? (int)(calls & MaxCalls) : 0;
    }

    /// <summary>Counts a call against the day.</summary>
    /// <returns><see langword="false"/> when there were <paramref name="limit"/> already.</returns>
    internal bool TryCall(long dayEnds, int limit)
    {
        while (true)
        {
            long before = Volatile.Read(ref _calls);
            int calls = CallsOn(dayEnds);
            if (calls >= limit)
                return false;
            if (Interlocked.CompareExchange(ref _calls, Calls(dayEnds, calls + 1), before) == before)
                return true;
        }
    }

    /// <summary>Calls that an earlier process made.</summary>
    internal void SetCalls(long dayEnds, int calls) => Volatile.Write(ref _calls, Calls(dayEnds, calls));

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

    private static long Calls(long dayEnds, int calls) => (dayEnds / TimeSpan.TicksPerHour << CallBits) + Math.Min(calls, MaxCalls);

    /// <inheritdoc/>
    public override string ToString() => Label;
}
