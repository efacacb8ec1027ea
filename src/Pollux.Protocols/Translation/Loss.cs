namespace Pollux.Protocols.Translation;

/// <summary>What happened to something that Gemini cannot take as the client sent it.</summary>
public enum LossKind
{
    /// <summary>It was left out.</summary>
    Dropped,

    /// <summary>It went along in another form or place, or with another value.</summary>
    Changed,

    /// <summary>It was replaced by something that comes near.</summary>
    Approximated,
}

/// <summary>One thing that a translation could not carry, or had to change.</summary>
/// <param name="Path">Where it stood in the client's request, such as <c>messages[2].content[1]</c>.</param>
/// <param name="Kind">What happened to it.</param>
/// <param name="What">A sentence for the person who reads the log; never content of the request.</param>
public sealed record Loss(string Path, LossKind Kind, string What);
