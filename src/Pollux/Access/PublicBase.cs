using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Primitives;

namespace Pollux.Access;

/// <summary>
/// The address under which the client reached the gateway, root path included: what links begin with. What a proxy says about
/// host and scheme is believed only from <c>TRUSTED_PROXIES</c>.
/// </summary>
internal static class PublicBase
{
    private static readonly SearchValues<char> NoPartOfHost = SearchValues.Create("/?#@\\ ");

    /// <summary>Resolves it.</summary>
    /// <param name="http">The request.</param>
    /// <param name="trusted"><c>TRUSTED_PROXIES</c>.</param>
    /// <returns>An http or https address that ends in a slash.</returns>
    public static Uri Of(HttpContext http, AddressSet trusted)
    {
        HttpRequest request = http.Request;
        string scheme = request.Scheme;
        string host = request.Host.Value ?? "";
        if (http.Connection.RemoteIpAddress is { } socket && trusted.Contains(socket))
        {
            int hops = TrustedHops(request.Headers["X-Forwarded-For"], trusted);
            if (SaidBy(request.Headers["X-Forwarded-Proto"], hops) is { } proto && (proto.Equals("https", StringComparison.OrdinalIgnoreCase) || proto.Equals("http", StringComparison.OrdinalIgnoreCase)))
                scheme = proto;
            if (SaidBy(request.Headers["X-Forwarded-Host"], hops) is { } name && TryMake(scheme, name, request.PathBase, out Uri? forwarded))
                return forwarded;
        }

        if (TryMake(scheme, host, request.PathBase, out Uri? called))
            return called;
        string local = http.Connection.LocalIpAddress is { } address ? new HostString(address.ToString(), http.Connection.LocalPort).Value! : "localhost";
        return new Uri($"{scheme}://{local}{request.PathBase.ToUriComponent()}/"); // HTTP/1.0 without a host
    }

    /// <summary>How many proxies in a row, counted from here, are trusted.</summary>
    private static int TrustedHops(StringValues forwardedFor, AddressSet trusted)
    {
        string[] hops = forwardedFor.ToString().Split(',', StringSplitOptions.TrimEntries);
        int count = 1; // the socket itself
        for (int i = hops.Length - 1; i >= 0 && AddressSet.TryParseAddress(hops[i], out var hop) && trusted.Contains(hop); i--)
            count++;
        return count;
    }

    /// <summary>The leftmost value that a trusted proxy wrote: each one that appends stands further to the right.</summary>
    private static string? SaidBy(StringValues header, int hops)
    {
        string[] values = header.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return values.Length == 0 ? null : values[Math.Max(0, values.Length - hops)];
    }

    private static bool TryMake(string scheme, string host, PathString root, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        return host.Length is > 0 and <= 300 && !host.AsSpan().ContainsAny(NoPartOfHost)
            && Uri.TryCreate($"{scheme}://{host}{root.ToUriComponent()}/", UriKind.Absolute, out address) && address.Host.Length > 0;
    }
}
