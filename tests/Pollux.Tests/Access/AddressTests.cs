using System.Net;
using Pollux.Access;

namespace Pollux.Tests.Access;

public sealed class AddressTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.255.1.2", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("192.168.1.7/24", "192.168.1.200", true)]
    [InlineData("192.168.1.7", "192.168.1.7", true)]
    [InlineData("192.168.1.7", "192.168.1.8", false)]
    [InlineData("0.0.0.0/0", "8.8.8.8", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    [InlineData("::/0", "8.8.8.8", false)]
    [InlineData("2001:db8::/32", "2001:db8:ffff::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("2001:DB8::1", "2001:db8:0:0::1", true)]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1", true)]
    [InlineData("::ffff:10.0.0.0/104", "10.9.9.9", true)]
    [InlineData("localhost", "127.5.5.5", true)]
    [InlineData("localhost", "::1", true)]
    [InlineData("localhost", "::ffff:127.0.0.1", true)]
    [InlineData("fe80::1", "fe80::1%3", true)]
    public void Sets_hold_addresses_and_networks(string entry, string address, bool holds) =>
        Assert.Equal(holds, AccessFixture.Addresses(entry).Contains(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1")]
    [InlineData("127.1")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0/8")]
    [InlineData("2001:db8::/129")]
    [InlineData("::ffff:10.0.0.0/90")]
    [InlineData("example.org")]
    [InlineData("*")]
    [InlineData("10.0.0.1;10.0.0.2")]
    [InlineData("[::1]")]
    public void What_is_no_address_is_told(string entry)
    {
        AddressSet.Parse(["10.0.0.1", entry, " "], out var wrong);

        Assert.Equal([entry], wrong);
    }

    [Theory]
    // not trusted: headers are ignored and cost the right to be known by address
    [InlineData("203.0.113.7", null, null, "203.0.113.7", true)]
    [InlineData("203.0.113.7", "10.1.1.1", null, "203.0.113.7", false)]
    [InlineData("203.0.113.7", null, "for=10.1.1.1", "203.0.113.7", false)]
    // trusted: the rightmost hop that is no proxy
    [InlineData("10.0.0.1", "198.51.100.1", null, "198.51.100.1", true)]
    [InlineData("::ffff:10.0.0.1", "198.51.100.1", null, "198.51.100.1", true)]
    [InlineData("10.0.0.1", "1.1.1.1, 198.51.100.1", null, "198.51.100.1", true)]
    [InlineData("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2 ,10.0.0.3", null, "198.51.100.1", true)]
    [InlineData("10.0.0.1", "10.0.0.9,10.0.0.8", null, "10.0.0.9", true)]
    [InlineData("10.0.0.1", "198.51.100.1:4711", null, "198.51.100.1", true)]
    [InlineData("10.0.0.1", "2001:db8::5", null, "2001:db8::5", true)]
    [InlineData("10.0.0.1", "[2001:db8::5]", null, "2001:db8::5", true)]
    [InlineData("10.0.0.1", "[2001:db8::5]:443", null, "2001:db8::5", true)]
    [InlineData("10.0.0.1", "::ffff:198.51.100.1", null, "198.51.100.1", true)]
    [InlineData("10.0.0.1", null, "for=198.51.100.1", "198.51.100.1", true)]
    [InlineData("10.0.0.1", null, "for=1.1.1.1;proto=http, For=\"[2001:db8::5]:80\"; by=10.0.0.2", "2001:db8::5", true)]
    [InlineData("10.0.0.1", "198.51.100.1", "for=198.51.100.1", "198.51.100.1", true)]
    // what cannot be read stops the walk; what contradicts costs the right
    [InlineData("10.0.0.1", "198.51.100.1, unknown", null, "10.0.0.1", false)]
    [InlineData("10.0.0.1", "198.51.100.1, nonsense, 10.0.0.2", null, "10.0.0.2", false)]
    [InlineData("10.0.0.1", "", null, "10.0.0.1", false)]
    [InlineData("10.0.0.1", "1", null, "10.0.0.1", false)]
    [InlineData("10.0.0.1", null, "for=_hidden", "10.0.0.1", false)]
    [InlineData("10.0.0.1", null, "proto=https", "10.0.0.1", false)]
    [InlineData("10.0.0.1", "198.51.100.1", "for=1.1.1.1", "198.51.100.1", false)]
    public void The_client_is_whom_the_trusted_proxies_saw(string socket, string? forwardedFor, string? forwarded, string expected, bool mayAuthorise)
    {
        var http = AccessFixture.Request(from: socket);
        if (forwardedFor is not null)
            http.Request.Headers["X-Forwarded-For"] = forwardedFor;
        if (forwarded is not null)
            http.Request.Headers["Forwarded"] = forwarded;

        var client = ClientAddress.Of(http, AccessFixture.Addresses("10.0.0.0/8"));

        Assert.Equal((IPAddress.Parse(expected), mayAuthorise), (client.Address, client.MayAuthorise));
    }

    [Fact]
    public void A_header_sent_in_several_lines_is_one_list()
    {
        var http = AccessFixture.Request(from: "10.0.0.1", headers: [("X-Forwarded-For", "127.0.0.1, 198.51.100.1"), ("X-Forwarded-For", "10.0.0.2")]);

        Assert.Equal(IPAddress.Parse("198.51.100.1"), ClientAddress.Of(http, AccessFixture.Addresses("10.0.0.0/8")).Address);
    }

    [Fact]
    public void A_connection_without_an_address_has_no_rights()
    {
        var client = ClientAddress.Of(AccessFixture.Request(from: ""), AccessFixture.Addresses("0.0.0.0/0", "::/0"));

        Assert.Null(client.Address);
        Assert.False(client.MayAuthorise || client.IsDirectLoopback);
    }

    [Fact]
    public void Very_long_headers_are_walked_once()
    {
        var http = AccessFixture.Request(from: "10.0.0.1", headers: ("X-Forwarded-For", "8.8.8.8," + string.Join(',', Enumerable.Repeat("10.0.0.2", 100_000))));

        Assert.Equal(IPAddress.Parse("8.8.8.8"), ClientAddress.Of(http, AccessFixture.Addresses("10.0.0.0/8")).Address);
    }
}
