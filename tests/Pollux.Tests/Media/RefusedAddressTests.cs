using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Pollux.Buffers;
using Pollux.Media;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Tests.Settings;

namespace Pollux.Tests.Media;

/// <summary>
/// Addresses that no request may make the gateway ask (OAI-2, OPS security). The network of these tests knows every name, by a
/// public address unless the name says otherwise: whatever is refused, the guard refused.
/// </summary>
public sealed class RefusedAddressTests
{
    private const string Param = "messages[1].content[0].image_url.url";

    public static TheoryData<string> Refused { get; } =
    [
        // other schemes, and none
        "ftp://media.example/x.png", "file:///etc/passwd", "gopher://media.example:70/x", "dict://media.example/", "ldap://media.example/", "jar:http://media.example!/", "data:text/html,x",
        "javascript:alert(1)", "//media.example/x.png", "media.example/x.png", "http:media.example/x.png", "http:/media.example/x.png", "https:///media.example/x.png", "ws://media.example/", "view-source:http://media.example/",
        // what two parsers read in two ways
        "http://media.example\\@10.0.0.1/", "http://10.0.0.1#@media.example/", "http://media.example:80@10.0.0.1/", "http:\\\\media.example\\x.png", "http://media.example /x.png", "http://media.example\t/x.png", "http://media.example\r\nHost: 10.0.0.1/",
        "http://media.example%2f@10.0.0.1/", "http://media.example%00.internal/", "http://%6d%65dia.example/", "http://127.0.0.1%2f.media.example/", "http://media.example/a b.png", "http://media.example/\u0000", "http://[media.example]/", "http://media.example:80:80/",
        // credentials
        "http://user@media.example/", "http://user:password@media.example/", "http://:@media.example/", "http://@media.example/", "https://media.example@media.example/",
        // odd notations of IPv4
        "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://127.1/", "http://127.0.1/", "http://0/", "http://127.0.0.1./", "http://127.0.0.01/", "http://1.1.1.1.1/", "http://256.1.1.1/", "http://1.1.1/",
        "http://93.184.216.034/", "http://0x5db8d822/", "http://1572395042/", "http://media.example.1/", "http://media.example.0x1/", "http://\uFF11\uFF12\uFF17.0.0.1/", "http://\u2460\u2461\u2466.0.0.1/", "http://127\u30020\u30020\u30021/", "http://media\u3002example/", "http://m\u00FCnchen.example/",
        // addresses of private networks, of this machine, of metadata services, reserved
        "http://127.0.0.1/", "http://127.8.8.8:8080/", "http://0.0.0.0/", "http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/", "http://100.64.0.1/", "http://169.254.169.254/latest/meta-data/", "http://100.100.100.200/",
        "http://168.63.129.16/", "http://192.0.2.1/", "http://198.18.0.1/", "http://198.51.100.7/", "http://203.0.113.9/", "http://224.0.0.1/", "http://255.255.255.255/", "http://240.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/",
        "http://[::]/", "http://[::1]/", "http://[0:0:0:0:0:0:0:1]:8080/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::ffff:8.8.8.8]/", "http://[::127.0.0.1]/", "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/",
        "http://[fec0::1]/", "http://[ff02::1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::7f00:1]/", "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/", "http://[2001:db8::1]/", "http://[::1/", "http://::1/", "http://[]/", "http://[127.0.0.1]/", "http://[::1]x/", "http://[[::1]]/",
        // names of this machine and of local networks
        "http://localhost/", "http://LOCALHOST:8080/", "http://localhost./", "http://a.localhost/", "http://printer.local/", "http://metadata.google.internal/computeMetadata/v1/", "http://Metadata.Google.Internal/", "http://metadata/", "http://redis:6379/", "http://host.docker.internal/", "http://router.lan/",
        "http://nas.home.arpa/", "http://home.arpa/", "http://wiki.intranet/", "https://localhost/", "https://vault.internal/",
        // hosts that are none
        "http:///x.png", "http://", "http://./", "http://../", "http://media..example/", "http://.media.example/", "http://media.example./", "http://-media.example/", "http://media.exa$mple/", "http://*.example/", "http://media_example!/",
        // ports
        "http://media.example:0/", "http://media.example:22/", "http://media.example:25/", "http://media.example:81/", "http://media.example:1023/", "http://media.example:6667/", "http://media.example:65536/", "http://media.example:080/", "http://media.example:/", "http://media.example:+80/", "http://media.example:8o/", "http://media.example:-1/", "http://media.example:6000/",
    ];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Such_an_address_is_refused_and_nobody_is_asked(string url)
    {
        using var stand = new Stand();

        RequestFormatException fault = await Assert.ThrowsAsync<RequestFormatException>(() => stand.LoadAsync(url));

        Assert.Equal((Param, RequestFormatCodes.InvalidMedia), (fault.Param, fault.Code));
        Assert.Contains(Param, fault.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0), (stand.Network.Lookups, stand.Network.Dialed.Count));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Nor_is_Google_asked_for_it(string url)
    {
        using var stand = new Stand();

        await Assert.ThrowsAsync<RequestFormatException>(() => stand.LoadAsync(url, googleFetches: true));
    }

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.1.1")]
    [InlineData("0.0.0.0")]
    [InlineData("::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("2002:a00:1::1")]
    [InlineData("93.184.216.34 10.1.2.3")]
    [InlineData("2606:4700:4700::1111 ::1")]
    [InlineData("")]
    public async Task A_name_is_refused_when_one_of_its_addresses_is_and_told_like_a_host_that_does_not_answer(string addresses)
    {
        using var stand = new Stand();
        stand.Network.Addresses = [.. addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)];

        RequestFormatException refused = await Assert.ThrowsAsync<RequestFormatException>(() => stand.LoadAsync("http://media.example/x.png"));
        Assert.Empty(stand.Network.Dialed);
        stand.Network.Addresses = [IPAddress.Parse("93.184.216.34")];
        RequestFormatException silent = await Assert.ThrowsAsync<RequestFormatException>(() => stand.LoadAsync("http://media.example/x.png"));
        RequestFormatException literal = await Assert.ThrowsAsync<RequestFormatException>(() => stand.LoadAsync("http://10.0.0.1/x.png"));

        Assert.Equal("93.184.216.34:80", Assert.Single(stand.Network.Dialed).ToString());
        Assert.Equal(silent.Message, refused.Message);
        Assert.Equal(silent.Message, literal.Message);
    }

    [Theory]
    [InlineData("http://media.example/x.png", "93.184.216.34:80")]
    [InlineData("HTTP://Media.Example/x.png?a=@b#c", "93.184.216.34:80")]
    [InlineData("http://media.example:8080", "93.184.216.34:8080")]
    [InlineData("http://media.example:80/", "93.184.216.34:80")]
    [InlineData("http://media.example:443/", "93.184.216.34:443")]
    [InlineData("http://xn--mnchen-3ya.example/%C3%BC.png", "93.184.216.34:80")]
    [InlineData("http://a_b.media.example/\u00FC.png", "93.184.216.34:80")]
    [InlineData("https://media.example/x.png", "93.184.216.34:443")]
    [InlineData("http://1.1.1.1/", "1.1.1.1:80")]
    [InlineData("http://[2606:4700:4700::1111]:8080/", "[2606:4700:4700::1111]:8080")]
    public async Task A_right_address_is_asked_where_its_name_leads(string url, string dialed)
    {
        using var stand = new Stand();

        await Assert.ThrowsAsync<RequestFormatException>(() => stand.LoadAsync(url)); // nobody answers there

        Assert.Equal(dialed, Assert.Single(stand.Network.Dialed).ToString());
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080/", true)]
    [InlineData("http://192.168.1.1/", true)]
    [InlineData("http://[fd12::1]/", true)]
    [InlineData("http://localhost:8080/", true)]
    [InlineData("http://nas.local/", true)]
    [InlineData("http://redis:6379/", true)]
    [InlineData("https://10.0.0.1/", true)]
    [InlineData("http://169.254.169.254/", false)]
    [InlineData("http://[fd00:ec2::254]/", false)]
    [InlineData("http://[::ffff:127.0.0.1]/", false)]
    [InlineData("http://0.0.0.0/", false)]
    [InlineData("http://127.1/", false)]
    [InlineData("http://user@127.0.0.1/", false)]
    [InlineData("http://127.0.0.1:22/", false)]
    [InlineData("ftp://127.0.0.1/", false)]
    public async Task Allowing_private_addresses_lifts_that_rule_alone(string url, bool asked)
    {
        using var stand = new Stand(("ALLOW_PRIVATE_MEDIA_URLS", "true"));

        await Assert.ThrowsAsync<RequestFormatException>(() => stand.LoadAsync(url, googleFetches: asked)); // what Google cannot reach the gateway fetches

        Assert.Equal(asked ? 1 : 0, stand.Network.Dialed.Count);
    }

    [Fact]
    public async Task A_request_is_refused_as_a_whole_before_anything_is_fetched()
    {
        using var stand = new Stand();

        await Assert.ThrowsAsync<RequestFormatException>(() => stand.LoadAsync("http://media.example/x.png", "http://10.0.0.1/x.png"));

        Assert.Empty(stand.Network.Dialed);
    }

    [Fact]
    public async Task A_request_may_name_so_many_addresses()
    {
        using var stand = new Stand(("MAX_MEDIA_URLS", "3"));

        RequestFormatException fault = await Assert.ThrowsAsync<RequestFormatException>(() => stand.LoadAsync([.. Enumerable.Range(0, 4).Select(static i => $"http://media.example/{i}.png")]));

        Assert.Contains("MAX_MEDIA_URLS", fault.Message, StringComparison.Ordinal);
        Assert.Equal("messages[1].content[3].image_url.url", fault.Param);
        Assert.Empty(stand.Network.Dialed);
    }

    private sealed class Stand : IDisposable
    {
        private readonly MediaConnections _connections;
        private readonly SettingsHolder _settings;
        private readonly RemoteMediaLoader _loader;

        public Stand(params ReadOnlySpan<(string, string)> settings)
        {
            _settings = new SettingsHolder(SettingsFixture.Load(null, settings).Settings);
            _connections = new MediaConnections(Network, _settings);
            _loader = new RemoteMediaLoader(new MediaFetcher(_connections, _settings, TimeProvider.System, NullLogger<MediaFetcher>.Instance), _settings);
        }

        public DeafNetwork Network { get; } = new();

        public Task LoadAsync(string url, bool googleFetches = false) => LoadAsync(googleFetches, url);

        public Task LoadAsync(params string[] urls) => LoadAsync(false, urls);

        public void Dispose() => _connections.Dispose();

        private async Task LoadAsync(bool googleFetches, params string[] urls)
        {
            using var fetched = new FetchedMedia(_settings.Current.Media, new BodyBudget(1 << 20, TimeSpan.Zero, TimeProvider.System), static _ => { });
            RemoteMedia[] remote = [.. urls.Select((url, index) => new RemoteMedia(
                new Part { FileData = new FileData(RawJson.FromUtf8(JsonSerializer.SerializeToUtf8Bytes(url)), null) }, $"messages[1].content[{index}].image_url.url", googleFetches))];
            await _loader.LoadAsync(remote, fetched, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Knows all names; nobody answers.</summary>
    private sealed class DeafNetwork : IMediaNetwork
    {
        public IPAddress[] Addresses { get; set; } = [IPAddress.Parse("93.184.216.34")];

        public int Lookups { get; private set; }

        public List<IPEndPoint> Dialed { get; } = [];

        public ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
        {
            Lookups++;
            return ValueTask.FromResult(Addresses);
        }

        public ValueTask<Stream> ConnectAsync(IPEndPoint address, CancellationToken cancellation)
        {
            Dialed.Add(address);
            throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.ConnectionRefused);
        }
    }
}
