namespace Pollux.FakeGemini.Serving;

/// <summary>A request's path, taken apart.</summary>
/// <param name="Raw">As sent.</param>
/// <param name="Version"><c>v1</c>, <c>v1beta</c> or <c>v1alpha</c>; empty when the path is none of the API's.</param>
/// <param name="Model">Model id, or null.</param>
/// <param name="Action">The method, <c>listModels</c> or <c>getModel</c>, or null for a path that the fake does not know.</param>
internal sealed record GeminiPath(string Raw, string Version, string? Model, string? Action)
{
    /// <summary>Where Google's own OpenAI endpoint is found, below the version; such a path is an action as a whole.</summary>
    public const string OpenAIPrefix = "openai/";

    private const string ModelsPrefix = "models/";

    public static GeminiPath Parse(string path)
    {
        GeminiPath unknown = new(path, "", null, null);
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
}
