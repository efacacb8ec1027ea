using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.Generation;

/// <summary>Who serves a name: by what stands before it, by the route, by the settings, in this order.</summary>
/// <param name="Name">The name without what stood before it.</param>
/// <param name="Kinds">The kinds of credentials that may serve it; none: keys of the Gemini API.</param>
/// <param name="MustPay">A reserved key of the Gemini API serves it.</param>
internal readonly record struct ModelSides(string Name, CredentialKinds Kinds, bool MustPay = false)
{
    /// <summary>Before a name: it is served by a service account of Vertex AI, else by the key reserved for what is paid for.</summary>
    public const string Pay = "[PAY]";

    /// <summary>Before a name and a blank: it is served by a key of Vertex AI's express mode.</summary>
    public const string Express = "[EXPRESS]";

    /// <summary>All that lead to Vertex AI.</summary>
    public const CredentialKinds Vertex = CredentialKinds.VertexServiceAccount | CredentialKinds.VertexExpressKey;

    /// <summary>Whether nothing but Vertex AI serves it.</summary>
    public bool IsVertexAlone => Kinds != CredentialKinds.None && (Kinds & ~Vertex) == CredentialKinds.None;

    /// <summary>Whether one of the kinds leads to Vertex AI.</summary>
    public static bool HasVertex(CredentialKinds kinds) => (kinds & Vertex) != CredentialKinds.None;

    /// <summary>Finds who serves a name.</summary>
    /// <param name="asked">As the client wrote it.</param>
    /// <param name="route">The kinds that the route allows; none: any.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="pool">What there is.</param>
    /// <returns><see langword="null"/> where name and route contradict each other.</returns>
    public static ModelSides? Of(string asked, CredentialKinds route, PolluxSettings settings, KeyPool.KeyPool pool)
    {
        if (asked.StartsWith(Pay, StringComparison.Ordinal))
        {
            string name = asked[Pay.Length..].TrimStart(' ');
            if (route != CredentialKinds.None && !route.HasFlag(CredentialKinds.VertexServiceAccount))
                return null;
            bool reserved = route == CredentialKinds.None && pool.CountOf(CredentialKinds.VertexServiceAccount) == 0 && settings.Pool.PaidKeys.Count > 0;
            return reserved ? new ModelSides(name, CredentialKinds.None, MustPay: true) : new ModelSides(name, CredentialKinds.VertexServiceAccount);
        }

        if (asked.StartsWith(Express, StringComparison.Ordinal))
            return (route | Vertex) == Vertex ? new ModelSides(asked[Express.Length..].TrimStart(' '), CredentialKinds.VertexExpressKey) : null;
        if (route == CredentialKinds.VertexServiceAccount && pool.CountOf(CredentialKinds.VertexServiceAccount) == 0 && pool.CountOf(CredentialKinds.VertexExpressKey) > 0)
            return new ModelSides(asked, CredentialKinds.VertexExpressKey); // the one way to Vertex AI that there is
        return new ModelSides(asked, route == CredentialKinds.None ? settings.Vertex.PlainKinds(pool.CountOf(CredentialKinds.VertexServiceAccount) > 0) : route);
    }

    /// <summary>The name behind what says who serves it.</summary>
    public static ReadOnlySpan<char> WithoutMark(ReadOnlySpan<char> asked) =>
        asked.StartsWith(Pay, StringComparison.Ordinal) ? asked[Pay.Length..].TrimStart(' ')
        : asked.StartsWith(Express, StringComparison.Ordinal) ? asked[Express.Length..].TrimStart(' ')
        : asked;

    /// <summary>Marks what an answer is told apart by with who made it; unmarked where nothing but the usual was asked for.</summary>
    public static string Mark(CredentialKinds kinds, string text) => kinds == CredentialKinds.None ? text : $"{(int)kinds}/{text}";
}
