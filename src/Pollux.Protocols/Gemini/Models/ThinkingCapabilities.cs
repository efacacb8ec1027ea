namespace Pollux.Protocols.Gemini.Models;

/// <summary>How the thinking of a model is controlled.</summary>
public enum ThinkingControl
{
    /// <summary>It does not think, or thinks without a switch: <c>thinkingConfig</c> is an error.</summary>
    None,

    /// <summary>By a number of tokens (Gemini 2.5).</summary>
    Budget,

    /// <summary>By a level (Gemini 3 and newer).</summary>
    Level,
}

/// <summary>What a model allows in <c>thinkingConfig</c>.</summary>
public sealed record ThinkingCapabilities
{
    /// <summary>A model without thinking.</summary>
    public static ThinkingCapabilities None { get; } = new();

    /// <summary>By tokens, by level, or not at all.</summary>
    public ThinkingControl Control { get; init; }

    /// <summary>The smallest budget above 0, in tokens.</summary>
    public int MinBudget { get; init; }

    /// <summary>The largest budget, in tokens.</summary>
    public int MaxBudget { get; init; }

    /// <summary>Whether a budget of 0 is taken.</summary>
    public bool CanBeOff { get; init; }

    /// <summary>Whether the model does not think unless it is told to.</summary>
    public bool OffByDefault { get; init; }

    /// <summary>The levels it takes, in rising order.</summary>
    public IReadOnlyList<ThinkingLevel> Levels { get; init; } = [];

    /// <summary>The level it uses when none is sent.</summary>
    public ThinkingLevel? DefaultLevel { get; init; }
}
