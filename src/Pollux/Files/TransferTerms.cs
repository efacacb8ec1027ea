using Pollux.KeyPool;

namespace Pollux.Files;

/// <summary>On which terms something is sent that is no file: which quota it uses, and what may be done again after a failure.</summary>
internal sealed record TransferTerms
{
    /// <summary>So many keys are asked at most whether they know a resource.</summary>
    public const int MostAsked = 8;

    /// <summary>The model whose quota it uses; empty: none.</summary>
    public string Model { get; init; } = "";

    /// <summary>The estimated size of the prompt; 0: not estimated.</summary>
    public int EstimatedPromptTokens { get; init; }

    /// <summary>It costs no quota.</summary>
    public bool IsFree { get; init; } = true;

    /// <summary>When a key that is reserved for what must be paid for serves it.</summary>
    public PaidKeyUse Paid { get; init; }

    /// <summary>Whether twice is the same as once. What is not is sent again only when the first time surely did nothing.</summary>
    public bool IsIdempotent { get; init; }

    /// <summary>
    /// It needs an OAuth token of the caller's beside the key, of the key's project: that a key is refused (401, 403) says nothing about the
    /// key then, and with another it may be taken.
    /// </summary>
    public bool NeedsCallersToken { get; init; }

    /// <summary>Nobody knows which key owns what it is about: one after another is asked, until one knows it.</summary>
    public bool SeeksOwner { get; init; }
}
