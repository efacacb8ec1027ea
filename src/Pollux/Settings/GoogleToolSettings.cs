namespace Pollux.Settings;

/// <summary>Which tools of Google's own models get unasked, and how what they found is shown.</summary>
internal sealed record GoogleToolSettings
{
    /// <summary><c>SEARCH_MODE</c>: whether there are names with <c>-search</c>, default true.</summary>
    public required bool SearchNames { get; init; }

    /// <summary><c>SEARCH_MODELS</c>: the models that have such a name; empty: all that can search.</summary>
    public required IReadOnlyList<string> SearchModels { get; init; }

    /// <summary><c>SEARCH_PROMPT</c>: added to the system instruction when such a name is asked for; <see langword="null"/>: nothing.</summary>
    public required string? SearchPrompt { get; init; }

    /// <summary><c>SHOW_SEARCH_LINK</c>: whether a list of sources follows the text, default true.</summary>
    public required bool ShowSources { get; init; }

    /// <summary><c>TOOLS_CODE_EXECUTION_ENABLED</c>: whether chats may run code in Google's sandbox, default false.</summary>
    public required bool CodeExecution { get; init; }

    /// <summary><c>URL_CONTEXT_ENABLED</c>: whether chats may read the addresses that their prompt names, default false.</summary>
    public required bool UrlContext { get; init; }

    /// <summary><c>URL_CONTEXT_MODELS</c>: the models for which that holds; empty: all that can.</summary>
    public required IReadOnlyList<string> UrlContextModels { get; init; }
}
