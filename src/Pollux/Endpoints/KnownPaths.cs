using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;
using Pollux.Resources;

namespace Pollux.Endpoints;

/// <summary>
/// Knows which methods a path is served for, so that a wrong method can be told from a wrong path. Asked only when nothing
/// serves a request; the fallback hides from routing that another method would have been served.
/// </summary>
internal sealed class KnownPaths(EndpointDataSource routes)
{
    /// <summary>The methods, or none when the path is not served at all.</summary>
    public IReadOnlyList<string> MethodsOf(PathString path)
    {
        var methods = new SortedSet<string>(StringComparer.Ordinal);
        foreach (RouteEndpoint route in routes.Endpoints.OfType<RouteEndpoint>())
        {
            if (route.Metadata.GetMetadata<HttpMethodMetadata>() is { } served && Serves(route.RoutePattern, path))
                methods.UnionWith(served.HttpMethods);
        }

        return [.. methods];
    }

    private static bool Serves(RoutePattern pattern, PathString path)
    {
        var values = new RouteValueDictionary();
        var matcher = new TemplateMatcher(new RouteTemplate(pattern), new RouteValueDictionary(pattern.Defaults));
        return matcher.TryMatch(path, values)
            && (!values.TryGetValue(NativePathConstraint.Parameter, out object? rest) || NativePath.TryParse(rest as string, out _) || ResourcePath.IsNative(rest as string));
    }
}

/// <summary>Lets a native catch-all route take only what a native path can be, where another dialect shares its prefix.</summary>
internal sealed class NativePathConstraint : IRouteConstraint
{
    /// <summary>The parameter of native routes that holds the path behind the version.</summary>
    public const string Parameter = "path";

    /// <inheritdoc/>
    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        NativePath.TryParse(values[routeKey] as string, out _) || ResourcePath.IsNative(values[routeKey] as string);
}

/// <summary>Lets a catch-all route for resources take only what is handed on.</summary>
/// <param name="reads">Whether the route only looks at things.</param>
/// <param name="isShared">Whether another dialect shares its prefix.</param>
internal sealed class ResourcePathConstraint(bool reads, bool isShared) : IRouteConstraint
{
    /// <inheritdoc/>
    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        values[routeKey] is string path && ResourcePath.IsServed(path, reads) && (!isShared || NativePath.TryParse(path, out _) || ResourcePath.IsNative(path));
}
