namespace Pollux.Resources;

/// <summary>A path of Google's resources behind the version, such as <c>fileSearchStores/abc/documents/def</c> or <c>batches/abc:cancel</c>.</summary>
internal sealed class ResourcePath
{
    private const int Longest = 1000;
    private const int MostSegments = 12;

    // At /v1 everything else is OpenAI's; elsewhere these can be listed, and of what is not known here Google's own list would show what others have.
    private static readonly string[] NativeCollections =
    [
        "cachedContents", "tunedModels", "fileSearchStores", "corpora", "interactions", "operations", "agents", "environments", "triggers", "webhooks", "auth_tokens", "dynamic", "ragStores",
    ];

    private ResourcePath(string[] segments, string? action)
    {
        Segments = segments;
        Action = action;
        Name = string.Join('/', segments);
    }

    /// <summary>Its parts, without the action.</summary>
    public IReadOnlyList<string> Segments { get; }

    /// <summary>What follows the colon of the last part; <see langword="null"/>: nothing.</summary>
    public string? Action { get; }

    /// <summary>The path without the action.</summary>
    public string Name { get; }

    /// <summary>The model in front of the action, or of the operations; <see langword="null"/>: it is about no model of Google's.</summary>
    public string? Model => Segments.Count > 1 && Segments[0] == "models" ? Segments[1] : null;

    /// <summary>Whether things of this name would lie directly behind it, and no other thing stands before: only the ledger knows whose they are.</summary>
    public bool IsList => Action is null && (Segments.Count == 1 || (Segments.Count == 3 && Segments[0] == "models" && Segments[2] == "operations"));

    /// <summary>Whether it makes files of objects in the caller's own bucket, which Google reads with the caller's OAuth token.</summary>
    public bool IsRegistration => Segments is ["files"] && Action == "register";

    /// <summary>Whether it names something that lives in one project.</summary>
    public bool NamesResource => Segments.Count > 1 && (Segments[0] != "models" || Segments.Count > 3);

    /// <summary>Takes a path apart.</summary>
    /// <param name="path">Behind the version, without a leading slash.</param>
    /// <returns><see langword="null"/>: nothing of Google's is written so, or it could lead elsewhere.</returns>
    public static ResourcePath? Parse(string? path)
    {
        if (string.IsNullOrEmpty(path) || path.Length > Longest)
            return null;
        string[] segments = path.Split('/');
        if (segments.Length > MostSegments)
            return null;
        string? action = null;
        int colon = segments[^1].LastIndexOf(':');
        if (colon > 0)
        {
            action = segments[^1][(colon + 1)..];
            segments[^1] = segments[^1][..colon];
            if (!IsPart(action))
                return null;
        }

        foreach (string segment in segments)
        {
            if (!IsPart(segment))
                return null;
        }

        return new ResourcePath(segments, action);
    }

    /// <summary>Whether a path is one that is handed on. Models are told of and asked elsewhere, Google's own OpenAI endpoint is none of its resources, and a project is the pool's and no caller's.</summary>
    /// <param name="path">Behind the version.</param>
    /// <param name="reads">Whether it is only looked at.</param>
    public static bool IsServed(string? path, bool reads)
    {
        if (Parse(path) is not { } parsed || parsed.Segments[0].Equals("openai", StringComparison.OrdinalIgnoreCase) || parsed.Segments[0].Equals("projects", StringComparison.OrdinalIgnoreCase))
            return false;
        if (parsed.Segments[0] == "models")
            return parsed.Segments.Count > 2 || (!reads && parsed.Action is not null);
        return !reads || !parsed.IsList || parsed.Segments[0] == "batches" || Array.IndexOf(NativeCollections, parsed.Segments[0]) >= 0;
    }

    /// <summary>Whether a path is Google's where another dialect shares its prefix.</summary>
    public static bool IsNative(string? path)
    {
        ResourcePath? parsed = Parse(path);
        return parsed is not null && (Array.IndexOf(NativeCollections, parsed.Segments[0]) >= 0 || (parsed.Model is not null && parsed.Segments is [_, _, "operations", ..]));
    }

    /// <summary>Its own name, then those of what it lies in: <c>fileSearchStores/a/documents/b</c>, <c>fileSearchStores/a</c>.</summary>
    public IEnumerable<string> Names()
    {
        for (int length = Segments.Count; length >= 2; length--)
        {
            if (Segments[0] != "models" || length > 3)
                yield return length == Segments.Count ? Name : string.Join('/', Segments.Take(length));
        }
    }

    /// <summary>Only what names consist of: nothing that could lead a path elsewhere at the upstream.</summary>
    private static bool IsPart(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.' or '@' or '~' or '='))
                return false;
        }

        return text.Length > 0 && !text.Contains("..", StringComparison.Ordinal) && text is not ("." or "-"); // the last is Google's word for "whichever", and would show what others have
    }
}
