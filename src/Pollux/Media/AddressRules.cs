using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Pollux.Media;

/// <summary>What may be done with an address.</summary>
internal enum AddressVerdict
{
    /// <summary>It is a public one.</summary>
    Public,

    /// <summary>It belongs to a private network or to this machine; <c>ALLOW_PRIVATE_MEDIA_URLS</c> allows it.</summary>
    Private,

    /// <summary>No media are there for anybody: metadata services, link-local, groups, reserved, translated addresses.</summary>
    Forbidden,
}

/// <summary>
/// Judges IP addresses by IANA's registries of special-purpose addresses. Deny by default: of IPv6 only global unicast
/// (2000::/3) passes, and whatever carries an IPv4 address inside does not, since nobody knows where it comes out.
/// </summary>
internal static class AddressRules
{
    /// <summary>Network, length of its prefix, verdict. What is not in it is public. The first that fits counts.</summary>
    private static readonly (uint Network, int Length, AddressVerdict Verdict)[] Four =
    [
        (Of(0, 0, 0, 0), 8, AddressVerdict.Forbidden),        // this network
        (Of(100, 100, 100, 200), 32, AddressVerdict.Forbidden), // metadata of Alibaba Cloud
        (Of(10, 0, 0, 0), 8, AddressVerdict.Private),
        (Of(100, 64, 0, 0), 10, AddressVerdict.Private),      // carriers' NAT
        (Of(127, 0, 0, 0), 8, AddressVerdict.Private),        // loopback
        (Of(168, 63, 129, 16), 32, AddressVerdict.Forbidden), // Azure's platform; public by its number only
        (Of(169, 254, 0, 0), 16, AddressVerdict.Forbidden),   // link-local, with most clouds' metadata
        (Of(172, 16, 0, 0), 12, AddressVerdict.Private),
        (Of(192, 0, 0, 0), 24, AddressVerdict.Forbidden),     // protocol assignments; metadata of Oracle Cloud
        (Of(192, 0, 2, 0), 24, AddressVerdict.Forbidden),     // documentation
        (Of(192, 31, 196, 0), 24, AddressVerdict.Forbidden),  // AS112
        (Of(192, 52, 193, 0), 24, AddressVerdict.Forbidden),  // AMT
        (Of(192, 88, 99, 0), 24, AddressVerdict.Forbidden),   // relays of 6to4
        (Of(192, 168, 0, 0), 16, AddressVerdict.Private),
        (Of(192, 175, 48, 0), 24, AddressVerdict.Forbidden),  // AS112
        (Of(198, 18, 0, 0), 15, AddressVerdict.Forbidden),    // benchmarks
        (Of(198, 51, 100, 0), 24, AddressVerdict.Forbidden),  // documentation
        (Of(203, 0, 113, 0), 24, AddressVerdict.Forbidden),   // documentation
        (Of(224, 0, 0, 0), 3, AddressVerdict.Forbidden),      // groups, reserved, broadcast
    ];

    /// <summary>Judges an address.</summary>
    public static AddressVerdict Judge(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out int written))
            return AddressVerdict.Forbidden;
        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork when written == 4 => JudgeFour(BinaryPrimitives.ReadUInt32BigEndian(bytes)),
            AddressFamily.InterNetworkV6 when written == 16 => address.ScopeId != 0 ? AddressVerdict.Forbidden : JudgeSix(bytes),
            _ => AddressVerdict.Forbidden,
        };
    }

    private static AddressVerdict JudgeFour(uint address)
    {
        foreach ((uint network, int length, AddressVerdict verdict) in Four)
        {
            if ((address ^ network) >> (32 - length) == 0)
                return verdict;
        }

        return AddressVerdict.Public;
    }

    private static AddressVerdict JudgeSix(ReadOnlySpan<byte> address)
    {
        if (address.SequenceEqual(IPAddress.IPv6Loopback.GetAddressBytes()))
            return AddressVerdict.Private;
        if ((address[0] & 0xFE) == 0xFC) // unique local, fc00::/7; the metadata service of Amazon is one of them
            return Starts(address, 0xFD00, 0x0EC2) || Starts(address, 0xFD20, 0x00CE) ? AddressVerdict.Forbidden : AddressVerdict.Private;
        if (address[0] == 0xFE && (address[1] & 0xC0) == 0xC0) // site-local, fec0::/10
            return AddressVerdict.Private;
        if ((address[0] & 0xE0) != 0x20) // all but global unicast: mapped, compatible, NAT64, link-local, groups, discard, ::
            return AddressVerdict.Forbidden;

        bool special = (Word(address, 0) == 0x2001 && Word(address, 1) < 0x0200) // protocol assignments, 2001::/23: Teredo, benchmarks, ORCHID
            || Starts(address, 0x2001, 0x0DB8)                                  // documentation
            || Word(address, 0) == 0x2002                                       // 6to4
            || (Word(address, 0) == 0x3FFF && Word(address, 1) < 0x1000)        // documentation, 3fff::/20
            || (Word(address, 5) == 0x5EFE && (Word(address, 4) & 0xFDFF) == 0); // ISATAP
        return special ? AddressVerdict.Forbidden : AddressVerdict.Public;
    }

    private static bool Starts(ReadOnlySpan<byte> address, int first, int second) => Word(address, 0) == first && Word(address, 1) == second;

    private static int Word(ReadOnlySpan<byte> address, int index) => BinaryPrimitives.ReadUInt16BigEndian(address[(2 * index)..]);

    private static uint Of(byte a, byte b, byte c, byte d) => ((uint)a << 24) | ((uint)b << 16) | ((uint)c << 8) | d;
}
