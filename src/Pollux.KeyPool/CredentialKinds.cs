namespace Pollux.KeyPool;

/// <summary>A set of kinds of credentials: those that may serve a request.</summary>
[Flags]
public enum CredentialKinds
{
    /// <summary>Not said: the keys of the Gemini API.</summary>
    None = 0,

    /// <summary>Keys of the Gemini API (AI Studio).</summary>
    GeminiApiKey = 1,

    /// <summary>Keys of Vertex AI in express mode.</summary>
    VertexExpressKey = 2,

    /// <summary>Service accounts of Vertex AI.</summary>
    VertexServiceAccount = 4,

    /// <summary>Keys of xAI.</summary>
    XaiKey = 8,

    // From 16 on, one bit for each further upstream: see PoolSections.KindsOf.
}

/// <summary>
/// The parts of the pool, in the order in which a request that several may serve asks them: what costs nothing first. Each has
/// lanes of its own, so a pool of one kind takes the same steps as if there were no others.
/// </summary>
internal enum PoolSection
{
    /// <summary>Keys of the Gemini API.</summary>
    Ordinary,

    /// <summary>Keys of Vertex AI in express mode.</summary>
    Express,

    /// <summary>Service accounts of Vertex AI.</summary>
    Vertex,

    /// <summary>Keys of the Gemini API that serve only what must be paid for (<c>PAID_KEY</c>).</summary>
    Reserved,

    /// <summary>Keys of xAI.</summary>
    Xai,

    /// <summary>Keys of the first further upstream; each of the others has the next number.</summary>
    FirstUpstream,
}

/// <summary>What the kinds mean for the pool.</summary>
public static class PoolSections
{
    /// <summary>So many further upstreams there can be.</summary>
    public const int MaxUpstreams = 16;

    /// <summary>How many sections there are.</summary>
    internal const int Count = (int)PoolSection.FirstUpstream + MaxUpstreams;

    private const int FirstUpstreamKind = 16;

    /// <summary>The kind of keys of a further upstream.</summary>
    /// <param name="upstream">Its number, from 1 to <see cref="MaxUpstreams"/>.</param>
    public static CredentialKinds KindsOf(int upstream)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(upstream, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(upstream, MaxUpstreams);
        return (CredentialKinds)(FirstUpstreamKind << (upstream - 1));
    }

    /// <summary>Where a credential stands.</summary>
    internal static PoolSection Of(CredentialKind kind, bool isReserved, int upstream = 0) => kind switch
    {
        CredentialKind.XaiKey => PoolSection.Xai,
        CredentialKind.UpstreamKey => PoolSection.FirstUpstream + upstream - 1,
        CredentialKind.VertexServiceAccount => PoolSection.Vertex,
        CredentialKind.VertexExpressKey => PoolSection.Express,
        _ => isReserved ? PoolSection.Reserved : PoolSection.Ordinary,
    };

    /// <summary>Whether a section has no walls that could be counted, only refusals: Vertex AI, where capacity is shared, and all that is not Google's.</summary>
    internal static bool HasNoWalls(this PoolSection section) => section is PoolSection.Vertex or PoolSection.Express or >= PoolSection.Xai;

    /// <summary>Whether one of the kinds stands in the section.</summary>
    internal static bool Includes(this CredentialKinds kinds, PoolSection section) => section switch
    {
        PoolSection.Vertex => kinds.HasFlag(CredentialKinds.VertexServiceAccount),
        PoolSection.Express => kinds.HasFlag(CredentialKinds.VertexExpressKey),
        PoolSection.Xai => kinds.HasFlag(CredentialKinds.XaiKey),
        >= PoolSection.FirstUpstream => ((int)kinds & (FirstUpstreamKind << (section - PoolSection.FirstUpstream))) != 0,
        _ => kinds == CredentialKinds.None || kinds.HasFlag(CredentialKinds.GeminiApiKey),
    };
}
