using System.Net;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Media;

/// <summary>The guard before media by address (OAI-2), from outside: where no request and no redirect leads.</summary>
public sealed class MediaGuardTests
{
    private const string Unreachable = "could not be fetched: its address is not a public one, or nothing answered there in time";

    [Theory]
    [InlineData("http://127.0.0.1/", Unreachable)]
    [InlineData("http://10.0.0.1:8080/x.png", Unreachable)]
    [InlineData("http://169.254.169.254/latest/meta-data/", Unreachable)]
    [InlineData("https://169.254.169.254/latest/meta-data/", Unreachable)] // which Google would be asked to fetch
    [InlineData("http://[::1]/", Unreachable)]
    [InlineData("http://[::ffff:10.0.0.1]/", Unreachable)]
    [InlineData("http://localhost:7860/", Unreachable)]
    [InlineData("https://metadata.google.internal/", Unreachable)]
    [InlineData("http://127.1/", "names no valid host")]
    [InlineData("http://2130706433/", "names no valid host")]
    [InlineData("http://user:password@media.example/", "holds credentials")]
    [InlineData("http://media.example:25/", "names a port")]
    [InlineData("http://media.example./", "names no valid host")]
    public async Task An_address_that_must_not_be_asked_is_refused_and_nobody_is_asked(string url, string words)
    {
        await using MediaStand stand = await MediaStand.StartAsync();

        stand.AssertRefused(await stand.AskAsync(url), words);

        Assert.Empty(stand.Host.Lookups);
        Assert.Empty(stand.Host.Dialed);
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://media.example/x.png")]
    [InlineData("gopher://media.example/x")]
    public async Task Other_schemes_are_refused(string url)
    {
        await using MediaStand stand = await MediaStand.StartAsync();

        Seen seen = await stand.AskAsync(url);

        Assert.Equal((HttpStatusCode.BadRequest, MediaStand.Param), (seen.Status, seen.Error!["param"]!.GetValue<string>()));
        Assert.Empty(stand.Host.Lookups);
    }

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://10.1.1.1/")]
    [InlineData("http://172.16.1.1/")]
    [InlineData("http://192.168.1.1/")]
    [InlineData("http://100.64.0.1/")]
    [InlineData("http://169.254.169.254/")]
    [InlineData("http://0.0.0.0/")]
    [InlineData("http://224.0.0.1/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[fd00:ec2::254]/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://[64:ff9b::7f00:1]/")]
    [InlineData("http://[2002:7f00:1::]/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://localhost/")]
    [InlineData("http://a.internal/")]
    [InlineData("//127.0.0.1/")]
    [InlineData("//127.1/")]
    [InlineData("\\\\127.0.0.1\\")]
    [InlineData("http://user@media.example/b")]
    [InlineData("http://media.example:22/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://media.example/b")]
    [InlineData("data:image/png;base64,iVBORw0KGgo=")]
    [InlineData("javascript:1")]
    [InlineData("")]
    public async Task A_redirect_to_where_nobody_may_ask_ends_there(string location)
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.Redirect("/a", location);

        stand.AssertRefused(await stand.AskAsync("http://media.example/a"), Unreachable);

        Assert.Single(stand.Host.Dialed);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Five_redirects_are_followed_each_name_looked_up_anew_and_a_sixth_is_not(int status)
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        for (int hop = 0; hop < 6; hop++)
            stand.Host.Redirect($"/{hop}", $"http://media{hop + 1}.example/{hop + 1}", status);
        stand.Host.File("/6", MediaStand.Png(100), "image/png");

        stand.AssertRefused(await stand.AskAsync("http://media0.example/0"), "behind more than 5 redirects");
        Assert.Equal(6, stand.Host.Requests.Count);
        Assert.True((await stand.AskAsync("http://media1.example/1")).IsComplete);
        Assert.Equal(6, stand.Host.Lookups.Distinct().Except(["media0.example"]).Count());
    }

    [Fact]
    public async Task A_name_that_means_another_address_later_leads_nowhere()
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.File("/x", MediaStand.Png(100), "image/png");
        int asked = 0;
        stand.Host.Names = _ => [Interlocked.Increment(ref asked) == 1 ? MediaHost.Public : IPAddress.Loopback];

        Assert.True((await stand.AskAsync("http://rebinding.example/x")).IsComplete);
        Seen second = await stand.AskAsync("http://rebinding.example/x");

        Assert.Contains(Unreachable, second.Message, StringComparison.Ordinal);
        Assert.Equal([new IPEndPoint(MediaHost.Public, 80)], stand.Host.Dialed); // looked up once for each connection, and what was judged was dialed
        Assert.Equal(2, stand.Host.Lookups.Count);
    }

    [Fact]
    public async Task A_name_that_changes_between_two_hops_of_one_fetch_leads_nowhere()
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.Redirect("/a", "/b");
        stand.Host.File("/b", MediaStand.Png(100), "image/png");
        int asked = 0;
        stand.Host.Names = _ => [Interlocked.Increment(ref asked) == 1 ? MediaHost.Public : IPAddress.Parse("169.254.169.254")];

        stand.AssertRefused(await stand.AskAsync("http://rebinding.example/a"), Unreachable);

        Assert.Single(stand.Host.Dialed);
    }

    [Fact]
    public async Task A_private_address_among_public_ones_is_enough()
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.Names = static _ => [MediaHost.Public, IPAddress.Parse("10.0.0.1")];

        stand.AssertRefused(await stand.AskAsync("http://media.example/x"), Unreachable);

        Assert.Empty(stand.Host.Dialed);
    }

    [Fact]
    public async Task Private_addresses_can_be_allowed()
    {
        await using MediaStand stand = await MediaStand.StartAsync(settings: ("ALLOW_PRIVATE_MEDIA_URLS", "true"));
        stand.Host.File("/x", MediaStand.Png(100), "image/png");
        stand.Host.Names = static _ => [IPAddress.Parse("192.168.7.7")];

        Assert.True((await stand.AskAsync("http://nas.local:8080/x")).IsComplete);

        Assert.Equal("192.168.7.7:8080", Assert.Single(stand.Host.Dialed).ToString());
    }
}
