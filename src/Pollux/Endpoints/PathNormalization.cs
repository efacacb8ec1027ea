using System.Text;

namespace Pollux.Endpoints;

/// <summary>
/// Understands addresses as people put them together by mistake: doubled slashes and doubled version prefixes. Runs before
/// everything that looks at the path, access rules included.
/// </summary>
internal sealed class PathNormalization(RequestDelegate next)
{
    private static readonly string[] Versions = ["v1beta", "v1alpha", "v1"];

    /// <summary>Serves one request.</summary>
    public Task InvokeAsync(HttpContext http)
    {
        string path = http.Request.Path.Value ?? "/";
        if (NeedsRepair(path))
            http.Request.Path = Repair(path);
        return next(http);
    }

    /// <summary>The path with single slashes and one version prefix.</summary>
    public static string Repair(string path)
    {
        string[] segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var repaired = new StringBuilder(path.Length);
        for (int i = 0; i < segments.Length; i++)
        {
            bool doubled = i + 1 < segments.Length && Array.IndexOf(Versions, segments[i]) >= 0 && Array.IndexOf(Versions, segments[i + 1]) >= 0;
            if (!doubled) // of two versions in a row the client meant the second: it wrote it itself, the first was its base address
                repaired.Append('/').Append(segments[i]);
        }

        return repaired.Length == 0 ? "/" : repaired.ToString();
    }

    private static bool NeedsRepair(string path) =>
        path.Contains("//", StringComparison.Ordinal)
        || path.StartsWith("/v1/v1", StringComparison.Ordinal)
        || path.StartsWith("/anthropic/v1/v1", StringComparison.Ordinal) // its clients put the version behind the base address by themselves
        || path.StartsWith("/v1beta/v1", StringComparison.Ordinal)
        || path.StartsWith("/v1alpha/v1", StringComparison.Ordinal);
}
