using System.Collections.Frozen;
using System.Net;
using Microsoft.Extensions.Primitives;

namespace Pollux.Access;

/// <summary>Where a request comes from.</summary>
/// <param name="Address">The client's address; <see langword="null"/> when the connection has none (a Unix socket).</param>
/// <param name="OtherAddress">A second claim, when a trusted proxy let two headers pass that disagree.</param>
/// <param name="MayAuthorise">The address is certain enough to give rights by.</param>
/// <param name="IsDirectLoopback">A connection from this machine that no proxy passed on.</param>
/// <param name="IsForwardedByStranger">Forwarding headers came from a socket nobody trusts.</param>
internal readonly record struct ClientAddress(IPAddress? Address, IPAddress? OtherAddress, bool MayAuthorise, bool IsDirectLoopback, bool IsForwardedByStranger)
{
    // What proxies add. Any of them on an untrusted connection means: somebody else may be behind that socket.
    private static readonly FrozenSet<string> ForwardingHeaders = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        [
            "X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded",
            "Forwarded-For", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "X-Original-For", "X-Original-Forwarded-For", "X-Envoy-External-Address",
            "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP", "Fly-Client-IP", "Via",
        ]);

    /// <summary>Resolves the client behind a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="trusted"><c>TRUSTED_PROXIES</c>.</param>
    public static ClientAddress Of(HttpContext http, AddressSet trusted)
    {
        if (http.Connection.RemoteIpAddress is not { } remote)
            return default;
        var socket = AddressSet.Unmapped(remote);
        var forwarded = IsForwarded(http.Request.Headers);
        if (!trusted.Contains(socket))
            return new ClientAddress(socket, null, MayAuthorise: !forwarded, IsDirectLoopback: !forwarded && IPAddress.IsLoopback(socket), IsForwardedByStranger: forwarded);
        if (!forwarded)
            return new ClientAddress(socket, null, MayAuthorise: true, IsDirectLoopback: IPAddress.IsLoopback(socket), IsForwardedByStranger: false);
        return ThroughProxy(http.Request.Headers, socket, trusted);
    }

    /// <summary>The address is in the set, under any of the claims.</summary>
    public bool IsIn(AddressSet set) => (Address is not null && set.Contains(Address)) || (OtherAddress is not null && set.Contains(OtherAddress));

    private static bool IsForwarded(IHeaderDictionary headers)
    {
        foreach (var (name, _) in headers) // there are fewer of them than names to look for
        {
            if (ForwardingHeaders.Contains(name))
                return true;
        }
        return false;
    }

    // A proxy sets one of the two headers and may let the client's own version of the other one pass. X-Forwarded-For is what
    // nearly all set, so it counts; but a right is given only when nothing contradicts it, and a ban holds for either.
    private static ClientAddress ThroughProxy(IHeaderDictionary headers, IPAddress socket, AddressSet trusted)
    {
        var (first, firstCertain) = Walk(headers["X-Forwarded-For"], isForwarded: false, socket, trusted);
        var (second, secondCertain) = Walk(headers["Forwarded"], isForwarded: true, socket, trusted);
        if (first is null && second is null)
            return new ClientAddress(socket, null, MayAuthorise: false, IsDirectLoopback: false, IsForwardedByStranger: false);

        var certain = (first is null || firstCertain) && (second is null || secondCertain) && (first is null || second is null || first.Equals(second));
        var other = first is not null && second is not null && !first.Equals(second) ? second : null;
        return new ClientAddress(first ?? second, other, certain, IsDirectLoopback: false, IsForwardedByStranger: false);
    }

    /// <summary>The rightmost hop that is no trusted proxy: what stands left of it was written by strangers.</summary>
    /// <returns>No address when the header is absent; not certain when a hop could not be read.</returns>
    private static (IPAddress? Address, bool Certain) Walk(StringValues header, bool isForwarded, IPAddress socket, AddressSet trusted)
    {
        if (header.Count == 0)
            return (null, true);
        var nearest = socket;
        for (var line = header.Count - 1; line >= 0; line--)
        {
            var rest = header[line].AsSpan();
            while (true)
            {
                var comma = rest.LastIndexOf(',');
                var hop = rest[(comma + 1)..].Trim();
                if (isForwarded)
                    hop = ForParameter(hop);
                if (!TryParseHop(hop, out var address))
                    return (nearest, false);
                if (!trusted.Contains(address))
                    return (address, true);
                nearest = address;
                if (comma < 0)
                    break;
                rest = rest[..comma];
            }
        }
        return (nearest, true);
    }

    /// <summary>The value of <c>for=</c> in one element of <c>Forwarded</c> (RFC 7239), without its quotes.</summary>
    private static ReadOnlySpan<char> ForParameter(ReadOnlySpan<char> element)
    {
        foreach (var range in element.Split(';'))
        {
            var pair = element[range].Trim();
            if (pair.StartsWith("for=", StringComparison.OrdinalIgnoreCase))
                return pair["for=".Length..].Trim().Trim('"');
        }
        return default;
    }

    /// <summary>Reads <c>1.2.3.4</c>, <c>1.2.3.4:80</c>, <c>2001:db8::1</c>, <c>[2001:db8::1]</c> and <c>[2001:db8::1]:80</c>.</summary>
    private static bool TryParseHop(ReadOnlySpan<char> hop, out IPAddress address)
    {
        if (hop.StartsWith('[') && hop.IndexOf(']') is > 0 and var close)
            hop = hop[1..close];
        else if (hop.Count(':') == 1)
            hop = hop[..hop.IndexOf(':')];
        var parsed = AddressSet.TryParseAddress(hop, out var found);
        address = found ?? IPAddress.None;
        return parsed;
    }
}
