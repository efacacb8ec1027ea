namespace Pollux.Generation;

/// <summary>What a model's suffix asks for.</summary>
internal enum ThinkingKind
{
    /// <summary>Nothing.</summary>
    Default,

    /// <summary><c>-thinking</c>: thoughts are shown.</summary>
    On,

    /// <summary><c>-nothinking</c>, <c>-non-thinking</c>: as little as the model allows.</summary>
    Off,

    /// <summary><c>-maxthinking</c>, <c>-max</c>: as much as the model allows.</summary>
    Maximum,

    /// <summary><c>-thinking-N</c>: a number of tokens.</summary>
    Budget,
}

/// <summary>A wish about thinking.</summary>
/// <param name="Kind">What is wished.</param>
/// <param name="Tokens">The budget for <see cref="ThinkingKind.Budget"/>.</param>
internal readonly record struct ThinkingWish(ThinkingKind Kind, int Tokens = 0);
