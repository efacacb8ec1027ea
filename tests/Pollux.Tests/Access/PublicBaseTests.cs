using System.Net;
using Microsoft.AspNetCore.Http;
using Pollux.Access;

namespace Pollux.Tests.Access;

/// <summary>IMG-1: the address that clients see, in front of and behind proxies.</summary>
public sealed class PublicBaseTests
{
    // socket, host, root path, forwarded for, proto, host; what follows
    [Theory]
    [InlineData("203.0.113.7", "gateway.test:7860", "", "", "", "", "http://gateway.test:7860/")]
    [InlineData("203.0.113.7", "gateway.test", "/root", "", "", "", "http://gateway.test/root/")]
    [InlineData("203.0.113.7", "gateway.test", "", "198.51.100.1", "https", "evil.test", "http://gateway.test/")] // nobody trusts that socket
    [InlineData("10.0.0.1", "inner:7860", "", "198.51.100.1", "https", "public.test", "https://public.test/")]
    [InlineData("10.0.0.1", "inner:7860", "/root", "198.51.100.1", "https", "", "https://inner:7860/root/")]
    [InlineData("10.0.0.1", "inner:7860", "", "198.51.100.1", "https", "evil.test, public.test", "https://public.test/")] // the client wrote the left one
    [InlineData("10.0.0.1", "inner:7860", "", "198.51.100.1, 10.0.0.2", "https, http", "public.test, middle", "https://public.test/")] // two trusted proxies
    [InlineData("10.0.0.1", "inner:7860", "", "10.0.0.9, 198.51.100.1", "https, http", "evil.test, public.test", "http://public.test/")]
    [InlineData("10.0.0.1", "inner:7860", "", "198.51.100.1", "javascript", "public.test", "http://public.test/")]
    [InlineData("10.0.0.1", "inner:7860", "", "198.51.100.1", "https", "user@evil.test/x", "https://inner:7860/")]
    [InlineData("10.0.0.1", "", "", "", "", "", "http://127.0.0.1:8080/")] // HTTP/1.0
    public void The_base_is_what_the_client_called(string socket, string host, string root, string forwardedFor, string proto, string forwardedHost, string expected)
    {
        DefaultHttpContext http = AccessFixture.Request(from: socket);
        http.Connection.LocalIpAddress = IPAddress.Loopback;
        http.Connection.LocalPort = 8080;
        http.Request.Scheme = "http";
        http.Request.Host = new HostString(host);
        http.Request.PathBase = root;
        foreach ((string name, string value) in new[] { ("X-Forwarded-For", forwardedFor), ("X-Forwarded-Proto", proto), ("X-Forwarded-Host", forwardedHost) })
        {
            if (value.Length > 0)
                http.Request.Headers[name] = value;
        }

        Assert.Equal(expected, PublicBase.Of(http, AccessFixture.Addresses("10.0.0.0/8")).AbsoluteUri);
    }
}
