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
}

/// <summary>What the kinds mean for the pool.</summary>
internal static class PoolSections
{
    /// <summary>How many sections there are.</summary>
    public const int Count = 4;

    /// <summary>Where a credential stands.</summary>
    public static PoolSection Of(CredentialKind kind, bool isReserved) => kind switch
    {
        CredentialKind.VertexServiceAccount => PoolSection.Vertex,
        CredentialKind.VertexExpressKey => PoolSection.Express,
        _ => isReserved ? PoolSection.Reserved : PoolSection.Ordinary,
    };

    /// <summary>Whether a section is one of Vertex AI, where capacity is shared: it has no walls that could be counted, only refusals.</summary>
    public static bool IsVertex(this PoolSection section) => section is PoolSection.Vertex or PoolSection.Express;

    /// <summary>Whether one of the kinds stands in the section.</summary>
    public static bool Includes(this CredentialKinds kinds, PoolSection section) => section switch
    {
        PoolSection.Vertex => kinds.HasFlag(CredentialKinds.VertexServiceAccount),
        PoolSection.Express => kinds.HasFlag(CredentialKinds.VertexExpressKey),
        _ => kinds == CredentialKinds.None || kinds.HasFlag(CredentialKinds.GeminiApiKey),
    };
}
