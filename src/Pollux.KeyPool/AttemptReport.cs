using System.Runtime.InteropServices;

namespace Pollux.KeyPool;

/// <summary>How an attempt ended.</summary>
public enum AttemptOutcome
{
    /// <summary>With an answer.</summary>
    Succeeded,

    /// <summary>With a fault.</summary>
    Failed,

    /// <summary>The client went away.</summary>
    Cancelled,

    /// <summary>Another attempt of the same request was faster.</summary>
    LostHedge,

    /// <summary>Nobody said: the lease was only disposed of.</summary>
    Abandoned,
}

/// <summary>What a lease is settled with.</summary>
/// <param name="Outcome">How the attempt ended.</param>
/// <param name="Fault">Why it failed; needed when it did.</param>
/// <param name="Usage">What it used, as far as known.</param>
public readonly record struct AttemptReport(AttemptOutcome Outcome, Fault? Fault = null, TokenUsage Usage = default)
{
    /// <summary>The attempt brought an answer.</summary>
    public static AttemptReport Success(in TokenUsage usage) => new(AttemptOutcome.Succeeded, null, usage);

    /// <summary>The attempt failed.</summary>
    public static AttemptReport Failure(Fault fault, in TokenUsage usage = default) => new(AttemptOutcome.Failed, fault, usage);
}

/// <summary>The token counts of one attempt, as Gemini counts them; 0 = not told.</summary>
/// <param name="PromptTokens">Includes the cached ones.</param>
/// <param name="CachedTokens">The part of the prompt that came from a cache.</param>
/// <param name="CandidatesTokens">Without thoughts.</param>
/// <param name="ThoughtsTokens">The model's reasoning.</param>
/// <param name="ToolUsePromptTokens">Results of server-side tools; outside the prompt.</param>
/// <param name="TotalTokens">The upstream's sum.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct TokenUsage(int PromptTokens, int CachedTokens, int CandidatesTokens, int ThoughtsTokens, int ToolUsePromptTokens, int TotalTokens);
