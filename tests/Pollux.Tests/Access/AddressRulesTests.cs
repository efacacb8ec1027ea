using Pollux.Access;

namespace Pollux.Tests.Access;

public sealed class AddressRulesTests
{
    private static AccessFixture Fixture() => new(new AccessOptions
    {
        Passwords = [AccessFixture.Password],
        WhitelistIps = AccessFixture.Addresses("198.51.100.0/24", "127.0.0.1"),
        BlacklistIps = AccessFixture.Addresses("192.0.2.0/24", "198.51.100.66"),
        TrustedProxies = AccessFixture.Addresses("10.0.0.0/8"),
    });

    [Fact]
    public void A_whitelisted_address_needs_no_credential_on_model_routes()
    {
        var decision = Fixture().Admit(AccessFixture.Request(from: "198.51.100.9"));

        Assert.True(decision.IsAdmitted);
        Assert.Equal("address 198.51.100.9", decision.Caller!.Label);
        Assert.Equal("PASSWORD", Fixture().Admit(AccessFixture.Request(from: "198.51.100.9", bearer: AccessFixture.Password)).Caller!.Label);
        Assert.Equal(200, Fixture().Status(AccessFixture.Request(AccessRule.ModelList, from: "198.51.100.9")));
    }

    [Fact]
    public void It_is_no_administrator() =>
        Assert.Equal(403, Fixture().Status(AccessFixture.Request(AccessRule.Admin, from: "198.51.100.9", bearer: AccessFixture.Password)));

    [Theory]
    [InlineData(AccessRule.Public)]
    [InlineData(AccessRule.ModelRoute)]
    [InlineData(AccessRule.ModelList)]
    [InlineData(AccessRule.Admin)]
    internal void A_blacklisted_address_is_refused_before_all_else(AccessRule rule)
    {
        Assert.Equal(403, Fixture().Status(AccessFixture.Request(rule, from: "192.0.2.1", bearer: AccessFixture.Password)));
        Assert.Equal(403, Fixture().Status(AccessFixture.Request(rule, from: "::ffff:192.0.2.1")));
        Assert.Equal(403, Fixture().Status(AccessFixture.Request(rule, from: "198.51.100.66"))); // also when whitelisted by its network
        Assert.Equal(403, Fixture().Status(AccessFixture.Request(rule, from: "10.0.0.1", headers: ("X-Forwarded-For", "192.0.2.1"))));
    }

    [Fact]
    public void A_ban_is_not_shaken_off_by_a_second_header() =>
        Assert.Equal(403, Fixture().Status(AccessFixture.Request(from: "10.0.0.1", bearer: AccessFixture.Password, headers: [("X-Forwarded-For", "8.8.8.8"), ("Forwarded", "for=192.0.2.1")])));

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-For", "198.51.100.9")]
    [InlineData("Forwarded", "for=198.51.100.9")]
    [InlineData("X-Real-IP", "198.51.100.9")]
    public void A_spoofed_address_opens_nothing_and_is_warned_of_once(string header, string value)
    {
        var fixture = Fixture();
        Assert.Equal(401, fixture.Status(AccessFixture.Request(from: "203.0.113.7", headers: (header, value))));
        Assert.Equal(401, fixture.Status(AccessFixture.Request(from: "198.51.100.9", headers: (header, value)))); // a proxy nobody declared
        Assert.Equal(200, fixture.Status(AccessFixture.Request(from: "203.0.113.7", bearer: AccessFixture.Password, headers: (header, value))));

        Assert.Equal(1002, Assert.Single(fixture.Log.Entries).Id);
    }

    [Fact]
    public void Two_callers_behind_one_trusted_proxy_are_told_apart()
    {
        var fixture = Fixture();

        Assert.Equal(200, fixture.Status(AccessFixture.Request(from: "10.0.0.1", headers: ("X-Forwarded-For", "198.51.100.9"))));
        Assert.Equal(401, fixture.Status(AccessFixture.Request(from: "10.0.0.1", headers: ("X-Forwarded-For", "198.51.100.9, 203.0.113.7"))));
    }
}
