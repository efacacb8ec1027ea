namespace Pollux.FakeGemini.Serving;

/// <summary>A request's path, taken apart.</summary>
/// <param name="Raw">As sent.</param>
/// <param name="Version"><c>v1</c>, <c>v1beta</c> or <c>v1alpha</c>; empty when the path is none of the API's.</param>
/// <param name="Model">Model id, or null.</param>
/// <param name="Action">The method, <c>listModels</c> or <c>getModel</c>, or null for a path that the fake does not know.</param>
internal sealed record GeminiPath(string Raw, string Version, string? Model, string? Action)
{
    /// <summary>Where service accounts get their tokens.</summary>
    public const string TokenAction = "token";

    private const string Publisher = "publishers/google/models/";

    /// <summary>The project in a path of Vertex AI; null in express mode and elsewhere.</summary>
    public string? Project { get; init; }

    /// <summary>The place in a path of Vertex AI.</summary>
    public string? Location { get; init; }

    /// <summary>Whether it is a path of Vertex AI, express mode included.</summary>
    public bool IsVertex { get; init; }

    /// <summary>Where Google's own OpenAI endpoint is found, below the version; such a path is an action as a whole.</summary>
    public const string OpenAIPrefix = "openai/";

    /// <summary>Where xAI is found; such a path is an action as a whole.</summary>
    public const string XaiPrefix = "xai/v1/";

    /// <summary>Where a plain stand-in of OpenAI's API is found; such a path is an action as a whole.</summary>
    public const string CompatiblePrefix = "compatible/v1/";

    /// <summary>Where xAI's pictures are found, without a key.</summary>
    public const string XaiPictures = "xai/pictures/";

    private const string ModelsPrefix = "models/";

    public static GeminiPath Parse(string path)
    {
        GeminiPath unknown = new(path, "", null, null);
        if (path == "/token") return unknown with { Action = TokenAction };
        string below = path.TrimStart('/');
        if (below.StartsWith(XaiPrefix, StringComparison.Ordinal) || below.StartsWith(CompatiblePrefix, StringComparison.Ordinal) || below.StartsWith(XaiPictures, StringComparison.Ordinal))
            return unknown with { Action = below };
        if (ParseVertex(path) is { } vertex) return vertex;
        int slash = path.Length > 1 ? path.IndexOf('/', 1) : -1;
        if (slash < 0 || path[1..slash] is not ("v1" or "v1beta" or "v1alpha")) return unknown;

        GeminiPath versioned = unknown with { Version = path[1..slash] };
        string rest = path[(slash + 1)..];
        if (rest.StartsWith(OpenAIPrefix, StringComparison.Ordinal)) return versioned with { Action = rest };
        if (rest == "models") return versioned with { Action = "listModels" };
        if (!rest.StartsWith(ModelsPrefix, StringComparison.Ordinal)) return versioned;
        string model = rest[ModelsPrefix.Length..];
        int colon = model.LastIndexOf(':');
        return colon < 0
            ? versioned with { Model = model, Action = "getModel" }
            : versioned with { Model = model[..colon], Action = model[(colon + 1)..] };
    }

    private static GeminiPath? ParseVertex(string path)
    {
        int start = path.IndexOf(Publisher, StringComparison.Ordinal);
        int colon = path.LastIndexOf(':');
        if (start < 0 || colon < start + Publisher.Length) return null;
        string[] before = path[..start].Trim('/').Split('/');
        GeminiPath found = new(path, before[0], path[(start + Publisher.Length)..colon], path[(colon + 1)..]) { IsVertex = true };
        return before switch
        {
            ["v1" or "v1beta1"] => found,
            ["v1" or "v1beta1", "projects", { Length: > 0 } project, "locations", { Length: > 0 } location] => found with { Project = project, Location = location },
            _ => null,
        };
    }
}
