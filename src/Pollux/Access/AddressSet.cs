using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Pollux.Access;

/// <summary>Addresses and networks. IPv4 written as IPv6 (<c>::ffff:10.0.0.1</c>) is the same address, on either side. Immutable.</summary>
internal sealed class AddressSet
{
    /// <summary>Holds nothing.</summary>
    public static readonly AddressSet Empty = new([], []);

    private static readonly SearchValues<char> DottedDecimal = SearchValues.Create("0123456789.");

    private readonly FrozenSet<IPAddress> _addresses;
    private readonly ImmutableArray<IPNetwork> _networks;

    private AddressSet(IEnumerable<IPAddress> addresses, ImmutableArray<IPNetwork> networks)
    {
        _addresses = addresses.ToFrozenSet();
        _networks = networks;
    }

    /// <summary>Nothing is in it.</summary>
    public bool IsEmpty => _addresses.Count == 0 && _networks.IsEmpty;

    /// <summary>Reads a list of addresses, networks (<c>10.0.0.0/8</c>) and the word <c>localhost</c>.</summary>
    /// <param name="texts">The entries; empty ones are passed over.</param>
    /// <param name="wrong">The entries that are none of these. If there is any, the set must not be used: the list would not mean what its author meant.</param>
    public static AddressSet Parse(IEnumerable<string> texts, out IReadOnlyList<string> wrong)
    {
        List<IPAddress> addresses = [];
        List<IPNetwork> networks = [];
        List<string> faults = [];
        foreach (var text in texts.Select(static text => text.Trim()).Where(static text => text.Length > 0))
        {
            if (text.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            {
                addresses.Add(IPAddress.IPv6Loopback);
                networks.Add(new IPNetwork(new IPAddress([127, 0, 0, 0]), 8));
            }
            else if (TryParseAddress(text, out var address))
            {
                addresses.Add(address);
            }
            else if (TryParseNetwork(text, out var network))
            {
                networks.Add(network.Value);
            }
            else
            {
                faults.Add(text);
            }
        }
        wrong = faults;
        return new AddressSet(addresses, [.. networks]);
    }

    /// <summary>The address is listed, alone or in a network.</summary>
    public bool Contains(IPAddress address)
    {
        if (IsEmpty)
            return false;
        address = Unmapped(address);
        if (_addresses.Contains(address))
            return true;
        foreach (var network in _networks)
        {
            if (network.Contains(address))
                return true;
        }
        return false;
    }

    /// <summary>The plain form of an address: IPv4 out of its IPv6 clothes, and without the zone of a link.</summary>
    public static IPAddress Unmapped(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        return address.ScopeId == 0 ? address : new IPAddress(address.GetAddressBytes());
    }

    /// <summary>Reads one address strictly: <c>1</c> and <c>127.1</c>, which the system reads as addresses too, are none.</summary>
    public static bool TryParseAddress(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (!text.Contains(':') && (text.Count('.') != 3 || text.ContainsAnyExcept(DottedDecimal)))
            return false;
        if (!IPAddress.TryParse(text, out var parsed) || text.Contains('['))
            return false;
        address = Unmapped(parsed);
        return true;
    }

    private static bool TryParseNetwork(string text, [NotNullWhen(true)] out IPNetwork? network)
    {
        network = null;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !IPAddress.TryParse(text.AsSpan(0, slash), out var written) || !TryParseAddress(text.AsSpan(0, slash), out var address))
            return false;
        if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
            return false;
        if (written.IsIPv4MappedToIPv6)
            length -= 96;
        var bytes = address.GetAddressBytes();
        if (length < 0 || length > bytes.Length * 8)
            return false;
        for (var bit = length; bit < bytes.Length * 8; bit++) // people write 192.168.1.7/24 and mean its network
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        network = new IPNetwork(new IPAddress(bytes), length);
        return true;
    }
}
