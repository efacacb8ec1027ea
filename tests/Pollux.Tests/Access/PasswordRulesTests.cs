using Microsoft.Extensions.Logging;
using Pollux.Access;

namespace Pollux.Tests.Access;

public sealed class PasswordRulesTests
{
    [Theory]
    [InlineData("your-access-token-1")]
    [InlineData("your-access-token-2")]
    [InlineData("your_secure_password")]
    [InlineData("your_admin_api_key_here")]
    [InlineData("a_very_strong_and_random_secret_key")]
    [InlineData("web_ui_password1")]
    [InlineData("web_ui_password2")]
    [InlineData("your_password")]
    [InlineData("your-password")]
    [InlineData("your_auth_token")]
    [InlineData("your-super-admin-token")]
    [InlineData("your_jwt_secret_key_here")]
    [InlineData("yourpassword")]
    [InlineData("YOUR_PASSWORD")]
    [InlineData("sk-your-token")]
    [InlineData("change-me")]
    [InlineData("changeme")]
    [InlineData("change_this_password")]
    [InlineData("<password>")]
    [InlineData("${PASSWORD}")]
    [InlineData("xxxxxx")]
    public void Samples_count_as_unset(string value)
    {
        Assert.True(PasswordRules.IsSample(value));
        Assert.Empty(PasswordRules.Values(value));
        Assert.True(AccessModel.NeedsGeneratedPassword(new AccessOptions { Passwords = [value], AllowedTokens = [value], AuthToken = value }));
    }

    [Theory]
    [InlineData("123")]
    [InlineData("sk-123456")]
    [InlineData("password")]
    [InlineData("your mother's maiden name")]
    [InlineData("yourself-and-others")]
    [InlineData("correct-horse-battery")]
    [InlineData("sk-AbCdEf0123456789")]
    public void What_a_person_may_have_chosen_is_kept(string value) => Assert.False(PasswordRules.IsSample(value));

    [Theory]
    [InlineData("123", true)]
    [InlineData("sk-123456", true)]
    [InlineData("1234567", true)]
    [InlineData("12345678", false)]
    [InlineData("correct-horse-battery", false)]
    public void Weak_ones_are_told(string value, bool weak) => Assert.Equal(weak, PasswordRules.IsWeak(value));

    [Theory]
    [InlineData(null, new string[0])]
    [InlineData("", new string[0])]
    [InlineData(" , ", new string[0])]
    [InlineData("one", new[] { "one" })]
    [InlineData(" one ", new[] { "one" })]
    [InlineData("one,two", new[] { "one", "two", "one,two" })]
    [InlineData("one,one", new[] { "one", "one,one" })]
    [InlineData("one,", new[] { "one", "one," })]
    [InlineData("web_ui_password1,web_ui_password2", new string[0])]
    [InlineData("mine,your_password", new[] { "mine", "mine,your_password" })]
    public void Values_are_each_part_and_the_whole(string? setting, string[] values) => Assert.Equal(values, PasswordRules.Values(setting));

    [Theory]
    [InlineData("127.0.0.1", 200)]
    [InlineData("127.8.9.1", 200)]
    [InlineData("::1", 200)]
    [InlineData("::ffff:127.0.0.1", 200)]
    [InlineData("192.168.0.5", 401)]
    [InlineData("203.0.113.7", 401)]
    [InlineData("", 401)]
    public void The_password_everybody_knows_works_from_this_machine_only(string from, int status) =>
        Assert.Equal(status, new AccessFixture(new AccessOptions()).Status(AccessFixture.Request(from: from, bearer: "123")));

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-For", "")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    [InlineData("Via", "1.1 nginx")]
    [InlineData("CF-Connecting-IP", "127.0.0.1")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    public void Not_through_a_proxy_and_not_from_a_foreign_page(string header, string value) =>
        Assert.Equal(401, new AccessFixture(new AccessOptions()).Status(AccessFixture.Request(from: "127.0.0.1", bearer: "123", headers: (header, value))));

    [Fact]
    public void A_proxy_on_this_machine_that_is_trusted_makes_nobody_local()
    {
        var fixture = new AccessFixture(new AccessOptions { TrustedProxies = AccessFixture.Addresses("127.0.0.1") });

        Assert.Equal(401, fixture.Status(AccessFixture.Request(from: "127.0.0.1", bearer: "123", headers: ("X-Forwarded-For", "127.0.0.1"))));
        Assert.Equal(401, fixture.Status(AccessFixture.Request(from: "127.0.0.1", bearer: "123", headers: ("X-Forwarded-For", "203.0.113.7"))));
        Assert.Equal(200, fixture.Status(AccessFixture.Request(from: "127.0.0.1", bearer: "123")));
    }

    [Fact]
    public void A_page_served_by_this_machine_may_use_it() =>
        Assert.Equal(200, new AccessFixture(new AccessOptions()).Status(AccessFixture.Request(from: "127.0.0.1", bearer: "123", headers: ("Origin", "http://localhost:3000"))));

    [Fact]
    public void It_is_gone_once_anything_is_configured()
    {
        foreach (var options in (AccessOptions[])[new() { Passwords = ["correct-horse"] }, new() { AllowedTokens = ["correct-horse"] }, new() { AuthToken = "correct-horse" }])
        {
            Assert.False(AccessModel.NeedsGeneratedPassword(options));
            Assert.Equal(401, new AccessFixture(options).Status(AccessFixture.Request(from: "127.0.0.1", bearer: "123")));
        }
    }

    [Fact]
    public void Configured_by_choice_it_works_everywhere_with_a_warning_that_does_not_repeat_it()
    {
        var fixture = new AccessFixture(new AccessOptions { Passwords = PasswordRules.Values("123") });
        fixture.Gate.TellWeaknesses();

        Assert.Equal(200, fixture.Status(AccessFixture.Request(bearer: "123")));
        var entry = Assert.Single(fixture.Log.Entries);
        Assert.Equal((1000, LogLevel.Warning), (entry.Id, entry.Level));
        Assert.DoesNotContain("123", entry.Text, StringComparison.Ordinal);
        Assert.Equal(["PASSWORD"], fixture.Gate.Model.WeakCredentials);
    }

    [Fact]
    public void The_generated_one_works_everywhere()
    {
        var generated = new GeneratedPassword("sk-generated-for-a-test", IsNew: true, IsKept: true);
        var fixture = new AccessFixture(new AccessOptions(), generated: generated);
        fixture.Gate.TellWeaknesses();

        Assert.Equal(200, fixture.Status(AccessFixture.Request(bearer: "sk-generated-for-a-test")));
        Assert.DoesNotContain("sk-generated", string.Join('\n', fixture.Log.Entries) + generated, StringComparison.Ordinal);
    }
}
