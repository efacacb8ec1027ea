using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Proxies;
using Pollux.Upstream;

namespace Pollux.IntegrationTests.Live;

/// <summary>How a session's connection is made: over TLS, with a certificate that only the test trusts, and through an HTTP proxy by CONNECT.</summary>
[Trait("Feature", "GEM-6")]
public sealed class LiveConnectionTests
{
    [Fact]
    public async Task A_session_goes_over_TLS_to_an_upstream_that_speaks_it_alone()
    {
        using X509Certificate2 certificate = Certificate();
        await using TestGateway gateway = await StartAsync(certificate, trusted: certificate);
        Assert.Equal("https", gateway.Upstream.BaseAddress.Scheme);

        await AssertTalksAsync(gateway);
    }

    [Fact]
    public async Task A_certificate_that_nobody_trusts_is_refused_and_no_key_leaves_the_gateway()
    {
        using X509Certificate2 certificate = Certificate(), other = Certificate();
        await using TestGateway gateway = await StartAsync(certificate, trusted: other, ("MAX_RETRY_NUM", "2"));
        using LiveClient client = await LiveClient.ConnectAsync(gateway.Address);

        await client.SendAsync(LiveStand.Setup());

        Assert.Equal(1011, (await client.ClosedAsync()).Code);
        Assert.Empty(gateway.Upstream.Received.Requests);
    }

    /// <summary>Whether the upstream speaks TLS, and what the proxy wants.</summary>
    [Theory]
    [InlineData(true, null)]
    [InlineData(true, "team:secret-of-the-proxy")]
    [InlineData(false, null)]
    [InlineData(false, "team:secret-of-the-proxy")]
    public async Task A_session_goes_through_a_tunnel_of_an_HTTP_proxy(bool tls, string? credentials)
    {
        await using TestProxy proxy = TestProxy.Start(credentials: credentials, opensTunnels: true);
        using X509Certificate2 certificate = Certificate();
        string address = credentials is null ? proxy.Address : proxy.Address.Replace("://", $"://{credentials}@", StringComparison.Ordinal);
        await using TestGateway gateway = await StartAsync(tls ? certificate : null, certificate, ("PROXIES", address));

        await AssertTalksAsync(gateway);

        Assert.Contains(gateway.Upstream.BaseAddress.Authority, proxy.Tunnels);
    }

    /// <summary>A proxy that refuses is told as what it is, and never gone around.</summary>
    [Theory]
    [InlineData(false, null)] // no tunnels
    [InlineData(true, "team:another")] // 407
    public async Task A_proxy_that_opens_no_tunnel_closes_the_session_in_words(bool opensTunnels, string? wants)
    {
        await using TestProxy proxy = TestProxy.Start(credentials: wants, opensTunnels: opensTunnels);
        using X509Certificate2 certificate = Certificate();
        await using TestGateway gateway = await StartAsync(certificate, certificate, ("PROXIES", proxy.Address), ("MAX_RETRY_NUM", "2"));
        using LiveClient client = await LiveClient.ConnectAsync(gateway.Address);

        await client.SendAsync(LiveStand.Setup());
        (int code, string words) = await client.ClosedAsync();

        Assert.Equal(1011, code);
        Assert.Contains("PROXIES", words, StringComparison.Ordinal);
        Assert.Empty(gateway.Upstream.Received.Requests);
    }

    private static async Task AssertTalksAsync(TestGateway gateway)
    {
        using LiveClient client = await LiveClient.BeginAsync(gateway);
        Assert.Equal("You said: Hello", await client.TurnAsync("Hello"));
        await client.CloseAsync();
        Assert.Equal(LiveStand.First, Assert.Single(gateway.Upstream.Live.Sessions).Request.Key);
    }

    private static Task<TestGateway> StartAsync(X509Certificate2? certificate, X509Certificate2 trusted, params (string Name, string Value)[] settings)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(trusted.RawData)); // lives as long as the policy
        var all = new Dictionary<string, string> { ["GEMINI_API_KEYS"] = LiveStand.First };
        foreach ((string name, string value) in settings)
            all[name] = value;
        return TestGateway.StartAsync(
            LiveStand.AddKeys, all, LiveStand.Upstream with { Certificate = certificate },
            services => services.Replace(ServiceDescriptor.Singleton(new UpstreamTrust(policy))));
    }

    /// <summary>Signed by itself, for the loopback address, for an hour.</summary>
    private static X509Certificate2 Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=upstream of the tests", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow(); // TLS goes by the machine's clock
        using X509Certificate2 made = request.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
    }
}
