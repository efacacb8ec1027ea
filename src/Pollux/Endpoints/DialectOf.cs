using Pollux.Access;
using Pollux.Endpoints.Dialects;

namespace Pollux.Endpoints;

/// <summary>The dialect of a route, as endpoint metadata: it shapes refusals that are made before a handler runs.</summary>
/// <param name="Name">As the log names it.</param>
/// <param name="Errors">Its error writer.</param>
internal sealed record DialectMetadata(string Name, IDialectErrors Errors)
{
    public static DialectMetadata OpenAI { get; } = new("openai", OpenAIErrors.Instance);

    public static DialectMetadata Gemini { get; } = new("gemini", GeminiErrors.Instance);

    public static DialectMetadata Anthropic { get; } = new("anthropic", AnthropicErrors.Instance);

    /// <summary>Lists of models, which OpenAI's and Anthropic's clients ask for at the same address.</summary>
    public static DialectMetadata Shared { get; } = new("openai", SharedErrors.Instance);
}

/// <summary>Finds the dialect of a request.</summary>
internal static class DialectOf
{
    /// <summary>The error writer of the endpoint, or of what the path looks like when there is none.</summary>
    public static IDialectErrors Errors(HttpContext http) => Metadata(http).Errors;

    /// <summary>The dialect of the endpoint, or of what the path looks like when there is none.</summary>
    public static DialectMetadata Metadata(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<DialectMetadata>()
        ?? (AnthropicErrors.IsAskedBy(http.Request) ? DialectMetadata.Anthropic : LooksNative(http.Request.Path) ? DialectMetadata.Gemini : DialectMetadata.OpenAI);

    private static bool LooksNative(PathString path) =>
        (path.StartsWithSegments("/v1beta", StringComparison.OrdinalIgnoreCase, out PathString rest) && !rest.StartsWithSegments("/openai", StringComparison.OrdinalIgnoreCase))
        || path.StartsWithSegments("/v1alpha", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments("/v2", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments("/gemini", StringComparison.OrdinalIgnoreCase)
        || path.StartsWithSegments("/upload", StringComparison.OrdinalIgnoreCase) || (path.Value?.Contains(":generateContent", StringComparison.Ordinal) ?? false)
        || (path.Value?.Contains(":streamGenerateContent", StringComparison.Ordinal) ?? false);
}
