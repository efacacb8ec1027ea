using Pollux.Access;

namespace Pollux.Tests.Access;

public sealed class UserAgentRulesTests
{
    [Theory]
    [InlineData("curl", "curl/8.5.0", true)]
    [InlineData("CURL", "curl/8.5.0", true)]
    [InlineData("curl", "libcurl/8", false)]
    [InlineData("*curl*", "libcurl/8", true)]
    [InlineData("*curl", "libcurl/8", false)]
    [InlineData("Mozilla/5.0 (*) CherryStudio/*", "Mozilla/5.0 (X11; Linux) CherryStudio/1.2", true)]
    [InlineData("OpenAI/Python 1.*", "OpenAI/Python 1.99", true)]
    [InlineData("OpenAI/Python 1.*", "OpenAI/Python 2.0", false)]
    [InlineData("*", "", true)]
    [InlineData("curl", "", false)]
    [InlineData(" , ", "anything", true)]
    public void A_name_is_matched_by_its_beginning_or_a_pattern(string patterns, string userAgent, bool allowed) =>
        Assert.Equal(allowed, new UserAgentRules(patterns.Split(',')).Allows(userAgent));

    [Fact]
    public void The_rule_holds_for_model_routes()
    {
        var fixture = new AccessFixture(new AccessOptions { Passwords = [AccessFixture.Password], WhitelistUserAgents = ["chat-app", "*studio*"] });

        Assert.Equal(403, fixture.Status(AccessFixture.Request(bearer: AccessFixture.Password)));
        Assert.Equal(403, fixture.Status(AccessFixture.Request(bearer: AccessFixture.Password, headers: ("User-Agent", "other"))));
        Assert.Equal(200, fixture.Status(AccessFixture.Request(bearer: AccessFixture.Password, headers: ("User-Agent", "Chat-App/2"))));
        Assert.Equal(200, fixture.Status(AccessFixture.Request(AccessRule.Public)));
    }

    [Fact]
    public void A_hostile_name_takes_no_time()
    {
        var rules = new UserAgentRules(["*a*a*a*a*a*a*a*a*b"]);

        Assert.False(rules.Allows(new string('a', 20_000)));
    }
}
