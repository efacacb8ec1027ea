using Pollux.Access;

namespace Pollux.Tests.Access;

[Trait("Feature", "UPS-3")]
public sealed class CallersXaiKeyTests
{
    private const string Key = "xai-0123456789abcdef";

    [Theory]
    [InlineData(AccessRule.XaiRoute, Key, true, true)]
    [InlineData(AccessRule.XaiList, Key, true, true)]
    [InlineData(AccessRule.XaiRoute, Key, false, false)]
    [InlineData(AccessRule.ModelRoute, Key, true, false)]
    [InlineData(AccessRule.ModelList, Key, true, false)]
    [InlineData(AccessRule.Admin, Key, true, false)]
    [InlineData(AccessRule.XaiRoute, "sk-0123456789abcdef", true, false)]
    [InlineData(AccessRule.XaiRoute, "xai-", true, false)]
    [InlineData(AccessRule.XaiRoute, "xai-0123 456789", true, false)]
    [InlineData(AccessRule.XaiRoute, "xai-0123\u00e9456789", true, false)]
    internal void It_lets_in_on_xAIs_routes_alone(AccessRule rule, string bearer, bool isOn, bool admitted)
    {
        var fixture = new AccessFixture(new AccessOptions { Passwords = [AccessFixture.Password], XaiCallerKeys = isOn });

        AccessDecision decision = fixture.Admit(AccessFixture.Request(rule, bearer: bearer));

        Assert.Equal(admitted, decision.IsAdmitted);
        Assert.Equal(admitted, decision.Caller?.BringsXaiKey ?? false);
        Assert.DoesNotContain("0123", $"{decision.Caller?.Id} {decision.Caller}", StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_bearer_token_is_one()
    {
        var fixture = new AccessFixture();

        Assert.Equal(401, fixture.Status(AccessFixture.Request(AccessRule.XaiRoute, query: "?key=" + Key)));
        Assert.Equal(401, fixture.Status(AccessFixture.Request(AccessRule.XaiRoute, headers: ("x-api-key", Key))));
    }

    [Fact]
    public void It_does_not_open_a_banned_address()
    {
        var fixture = new AccessFixture(new AccessOptions { Passwords = [AccessFixture.Password], BlacklistIps = AccessFixture.Addresses("203.0.113.7") });

        Assert.Equal(403, fixture.Status(AccessFixture.Request(AccessRule.XaiRoute, bearer: Key)));
    }

    [Fact]
    public void Each_call_counts_against_the_address()
    {
        var fixture = new AccessFixture(new AccessOptions { Passwords = [AccessFixture.Password], MaxRequestsPerMinute = 2 });

        int[] seen = [.. Enumerable.Range(0, 3).Select(_ => fixture.Status(AccessFixture.Request(AccessRule.XaiList, bearer: Key)))];

        Assert.Equal([200, 200, 429], seen);
    }
}
