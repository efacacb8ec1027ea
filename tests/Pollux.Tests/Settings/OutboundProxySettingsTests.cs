using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>What users write into <c>PROXIES</c>, and that no password shows in what is said about it.</summary>
public sealed class OutboundProxySettingsTests
{
    [Theory]
    [InlineData("http://host.test:8080", "http://host.test:8080", null, null)]
    [InlineData("HTTP://host.test", "http://host.test", null, null)]
    [InlineData("https://ann:secret@host.test:8443/", "https://host.test:8443", "ann", "secret")]
    [InlineData("socks5://ann:p%40ss%3Aword@10.0.0.1:1080", "socks5://10.0.0.1:1080", "ann", "p@ss:word")]
    [InlineData("socks5h://ann@host.test", "socks5://host.test:1080", "ann", "")]
    [InlineData("http://ann:p@ss@host.test:1", "http://host.test:1", "ann", "p@ss")]
    [InlineData("http://[::1]:3128", "http://[::1]:3128", null, null)]
    public void An_entry_is_read_and_its_credentials_leave_the_address(string entry, string address, string? user, string? password)
    {
        OutboundProxy proxy = Assert.Single(SettingsFixture.With("PROXIES", entry).Dispatch.Proxies);

        Assert.Equal(address, proxy.ToString());
        Assert.Equal("", proxy.Address.UserInfo);
        Assert.Equal((user, password), (proxy.Credentials?.UserName, proxy.Credentials?.Password));
    }

    [Theory]
    [InlineData("ftp://ann:hush-hush@host.test:21", "…@host.test:21")]
    [InlineData("http://ann:hush-hush@", "entry 2")]
    [InlineData("http://ann:hush-hush@host.test:99999", "…@host.test:99999")]
    [InlineData("host.test:80:ann:hush-hush", "entry 2")]
    [InlineData("http://ann:hush-hush@host.test/path", "…@host.test/path")]
    public void A_wrong_entry_is_named_without_its_password_and_passed_over(string entry, string named)
    {
        var source = new SettingSource(new Dictionary<string, string> { ["PROXIES"] = "http://good.test:1," + entry }, null);

        PolluxSettings settings = SettingsLoader.Load(source);

        Assert.Equal("http://good.test:1", Assert.Single(settings.Dispatch.Proxies).ToString());
        SettingFault fault = Assert.Single(source.Faults);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", fault.Message, StringComparison.Ordinal);
        Assert.False(fault.RefusesStart);
    }

    [Fact]
    public void With_no_good_entry_left_the_start_is_refused()
    {
        var source = new SettingSource(new Dictionary<string, string> { ["PROXIES"] = "host.test:80" }, null);

        Assert.Empty(SettingsLoader.Load(source).Dispatch.Proxies);
        Assert.True(Assert.Single(source.Faults).RefusesStart);
    }

    [Theory]
    [InlineData("http://a.test:1,http://b.test:2")]
    [InlineData("http://a.test:1\nhttp://b.test:2\nhttp://a.test:1")]
    [InlineData("""["http://a.test:1", "http://b.test:2"]""")]
    public void A_list_is_read_in_any_of_its_forms(string text) =>
        Assert.Equal(["http://a.test:1", "http://b.test:2"], SettingsFixture.With("PROXIES", text).Dispatch.Proxies.Select(static proxy => proxy.ToString()));

    [Fact]
    public void Lines_of_one_host_that_differ_by_their_user_are_proxies_of_their_own() =>
        Assert.Equal(2, SettingsFixture.With("PROXIES", "http://line-1:x@gate.test:1 http://line-2:x@gate.test:1").Dispatch.Proxies.Count);
}
