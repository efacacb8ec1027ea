using Microsoft.AspNetCore.Http;
using Pollux.Access;

namespace Pollux.Tests.Access;

public sealed class CredentialTests
{
    private const string Token = "sk-client-token-1";
    private const string Other = "sk-client-token-2";

    private static AccessFixture Fixture() => new(new AccessOptions { Passwords = PasswordRules.Values("alpha-pass, beta-pass"), AllowedTokens = [Token, Other], AuthToken = "admin-token-9" });

    [Theory]
    [InlineData("Authorization", $"Bearer {Token}")]
    [InlineData("Authorization", $"bearer {Token}")]
    [InlineData("Authorization", $"BEARER   {Token}  ")]
    [InlineData("Authorization", $"Bearer\t{Token}")]
    [InlineData("x-goog-api-key", Token)]
    [InlineData("X-Goog-Api-Key", $" {Token} ")]
    [InlineData("x-api-key", Token)]
    public void A_valid_credential_is_found_wherever_it_travels(string header, string value) =>
        Assert.Equal("ALLOWED_TOKENS#1", Fixture().Admit(AccessFixture.Request(headers: (header, value))).Caller!.Label);

    [Theory]
    [InlineData($"?key={Token}")]
    [InlineData($"?alt=sse&key={Token}&x=1")]
    [InlineData("?key=sk%2Dclient%2Dtoken%2D1")]
    [InlineData($"?key=unknown&key={Token}")]
    [InlineData($"?%6Bey={Token}")]
    public void A_valid_credential_is_found_in_the_query(string query) =>
        Assert.Equal(200, Fixture().Status(AccessFixture.Request(query: query)));

    [Theory]
    [InlineData("Authorization", Token)]
    [InlineData("Authorization", $"Bearer{Token}")]
    [InlineData("Authorization", $"Basic {Token}")]
    [InlineData("Authorization", "Bearer")]
    [InlineData("Authorization", "Bearer ")]
    [InlineData("Authorization", $"Bearer {Token}x")]
    [InlineData("Authorization", $"Bearer {Token}\0")]
    [InlineData("Authorization", "Bearer SK-CLIENT-TOKEN-1")]
    [InlineData("x-goog-api-key", "")]
    [InlineData("x-goog-api-key", "\0")]
    [InlineData("x-goog-api-key", ",")]
    [InlineData("x-api-key", " ")]
    [InlineData("Cookie", $"key={Token}")]
    public void Anything_else_is_401(string header, string value) =>
        Assert.Equal(401, Fixture().Status(AccessFixture.Request(headers: (header, value))));

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("?key=")]
    [InlineData("?key")]
    [InlineData("?Key=sk-client-token-1")]
    [InlineData("?api_key=sk-client-token-1")]
    public void A_query_without_a_valid_key_is_401(string query) =>
        Assert.Equal(401, Fixture().Status(AccessFixture.Request(query: query)));

    [Fact]
    public void No_credential_is_401_with_the_way_to_send_one()
    {
        var decision = Fixture().Admit(AccessFixture.Request());
        IHeaderDictionary headers = new HeaderDictionary();
        decision.WriteHeaders(headers);

        Assert.Equal((401, GatewayErrorKind.Unauthenticated), (decision.Refusal!.Status, decision.Refusal.Kind));
        Assert.Equal("Bearer", headers.WWWAuthenticate);
    }

    [Fact]
    public void Unknown_credentials_beside_a_valid_one_are_ignored()
    {
        var http = AccessFixture.Request(bearer: "hf_token_of_the_platform", query: $"?key={Token}", headers: ("x-api-key", "whatever"));

        Assert.Equal("ALLOWED_TOKENS#1", Fixture().Admit(http).Caller!.Label);
    }

    [Fact]
    public void The_same_credential_twice_is_one()
    {
        var http = AccessFixture.Request(bearer: Token, query: $"?key={Token}", headers: [("x-api-key", Token), ("Authorization", $"Bearer {Token}")]);

        Assert.Equal(200, Fixture().Status(http));
    }

    [Theory]
    [InlineData(Other)]
    [InlineData("alpha-pass")]
    [InlineData("admin-token-9")]
    public void Two_valid_ones_of_different_callers_are_401(string second) =>
        Assert.Equal(401, Fixture().Status(AccessFixture.Request(bearer: Token, headers: ("x-goog-api-key", second))));

    [Fact]
    public void Two_valid_ones_in_one_header_sent_twice_are_401() =>
        Assert.Equal(401, Fixture().Status(AccessFixture.Request(headers: [("Authorization", $"Bearer {Token}"), ("Authorization", $"Bearer {Other}")])));

    [Theory]
    [InlineData("alpha-pass", 200)]
    [InlineData("beta-pass", 200)]
    [InlineData("alpha-pass, beta-pass", 200)]
    [InlineData("alpha-pass,beta-pass", 401)]
    [InlineData("admin-token-9", 200)]
    [InlineData("", 401)]
    public void Each_value_of_a_password_and_the_whole_are_valid(string presented, int status) =>
        Assert.Equal(status, Fixture().Status(AccessFixture.Request(headers: ("x-api-key", presented))));

    [Fact]
    public void A_token_that_stands_in_two_settings_is_one_caller()
    {
        var fixture = new AccessFixture(new AccessOptions { AllowedTokens = [Token], AuthToken = Token });

        Assert.Equal("ALLOWED_TOKENS", fixture.Admit(AccessFixture.Request(bearer: Token, query: $"?key={Token}")).Caller!.Label);
    }

    [Fact]
    public void Empty_secrets_open_nothing()
    {
        var fixture = new AccessFixture(new AccessOptions { Passwords = ["", " "], AllowedTokens = [""], AuthToken = "" });
        foreach (var presented in (string[])["", " ", "\0", "Bearer"])
            Assert.Equal(401, fixture.Status(AccessFixture.Request(bearer: presented, query: "?key=", headers: ("x-api-key", presented))));
        Assert.True(AccessModel.NeedsGeneratedPassword(fixture.Gate.Model.Options));
    }

    [Fact]
    public void A_megabyte_is_no_credential()
    {
        var huge = new string('a', 1 << 20);
        var fixture = new AccessFixture(new AccessOptions { AllowedTokens = [Token, new string('b', 3000)] });

        Assert.Equal(401, fixture.Status(AccessFixture.Request(bearer: huge, query: $"?key={huge}", headers: ("x-api-key", huge))));
        Assert.Equal(200, fixture.Status(AccessFixture.Request(bearer: new string('b', 3000))));
    }

    [Fact]
    public void Credentials_beyond_ascii_are_valid_as_written()
    {
        var fixture = new AccessFixture(new AccessOptions { Passwords = ["пароль-密码-12"] });

        Assert.Equal(200, fixture.Status(AccessFixture.Request(query: "?key=" + Uri.EscapeDataString("пароль-密码-12"))));
    }

    [Fact]
    public void A_callers_name_is_stable_and_tells_no_secret()
    {
        var one = Fixture().Admit(AccessFixture.Request(bearer: Other)).Caller!;
        var moved = new AccessFixture(new AccessOptions { AllowedTokens = ["new-token-in-front", Other] }).Admit(AccessFixture.Request(bearer: Other)).Caller!;

        Assert.Equal(one.Id, moved.Id);
        Assert.NotEqual(one.Id, Fixture().Admit(AccessFixture.Request(bearer: Token)).Caller!.Id);
        Assert.DoesNotContain("client", $"{one} {one.Id} {new ClientSecret(Token, "label")}", StringComparison.Ordinal);
    }

    [Fact]
    public void Admission_allocates_no_more_than_one_enumerator()
    {
        var fixture = new AccessFixture(new AccessOptions { AllowedTokens = [Token], MaxRequestsPerMinute = 0, MaxRequestsPerDayPerIp = 0 });
        var http = AccessFixture.Request(bearer: Token);
        fixture.Admit(http);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            fixture.Admit(http);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100 * 64); // the headers are gone through once
    }
}
