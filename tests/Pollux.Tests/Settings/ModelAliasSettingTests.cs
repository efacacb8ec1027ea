using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary><c>MODEL_ALIASES</c>: how it may be written, and what is wrong about it.</summary>
public sealed class ModelAliasSettingTests
{
    private const string Token = "sk-second-token-of-the-house-1234";

    [Theory]
    [InlineData("""{"claude-*":"gemini-3.8-flash","gpt-5":"gemini-3.1-pro"}""", "gpt-5=gemini-3.1-pro,claude-*=gemini-3.8-flash;")]
    [InlineData("claude-*=gemini-3.8-flash,gpt-5=gemini-3.1-pro", "gpt-5=gemini-3.1-pro,claude-*=gemini-3.8-flash;")]
    [InlineData("claude-*=gemini-3.8-flash gpt-5=gemini-3.1-pro", "gpt-5=gemini-3.1-pro,claude-*=gemini-3.8-flash;")]
    [InlineData("{'gpt-5':'gemini-3.1-pro',}", "gpt-5=gemini-3.1-pro;")]
    [InlineData("models/gpt-5=models/gemini-3.1-pro", "gpt-5=models/gemini-3.1-pro;")]
    [InlineData("""{"gpt-5":"[PAY]gemini-3.1-pro-search"}""", "gpt-5=[PAY]gemini-3.1-pro-search;")]
    [InlineData("""{"a*":"one","abc*":"two","ab?":"three","??????":"four","*":"five"}""", "abc*=two,ab?=three,a*=one,??????=four,*=five;")]
    [InlineData("""{"ALLOWED_TOKENS#2":{"claude-*":"gemini-3.1-pro"},"claude-*":"gemini-3.8-flash"}""", "claude-*=gemini-3.8-flash;ALLOWED_TOKENS#2:claude-*=gemini-3.1-pro")]
    [InlineData("{\"" + Token + "\":{\"claude-*\":\"gemini-3.1-pro\"}}", ";ALLOWED_TOKENS#2:claude-*=gemini-3.1-pro")]
    [InlineData("""{"address 10.0.0.5":{"x":"gemini-3.1-pro"},"PASSWORD":{}}""", ";PASSWORD:;address 10.0.0.5:x=gemini-3.1-pro")]
    [InlineData("""{"a":"b","b":"gemini-3.1-pro"}""", "a=b,b=gemini-3.1-pro;")]
    [InlineData("""{"a":"b-search","b":"b-max"}""", "a=b-search,b=b-max;")]
    [InlineData("{}", ";")]
    public void What_is_right_is_taken(string value, string expected)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = Load(value);

        Assert.Empty(faults);
        Assert.Equal(expected, settings.Generation.Aliases.ToString());
    }

    [Theory]
    [InlineData("""{"good":"gemini-3.1-pro","bad":1}""", "number 2")]
    [InlineData("""{"good":"gemini-3.1-pro","bad":null}""", "number 2")]
    [InlineData("""{"bad":["x"],"good":"gemini-3.1-pro"}""", "number 1")]
    [InlineData("""{"good":"gemini-3.1-pro","bad":""}""", "number 2")]
    [InlineData("""{"good":"gemini-3.1-pro","bad":"models/"}""", "number 2")]
    [InlineData("""{"good":"gemini-3.1-pro","":"gemini-3.1-pro"}""", "number 2")]
    [InlineData("""{"good":"gemini-3.1-pro","bad":"gemini-*"}""", "number 2")]
    [InlineData("""{"good":"gemini-3.1-pro","[PAY]bad":"gemini-3.1-pro"}""", "number 2")]
    [InlineData("""{"good":"gemini-3.1-pro","bad":"bad"}""", "1 aliases that lead in a circle")]
    [InlineData("""{"good":"gemini-3.1-pro","bad":"[PAY]models/bad"}""", "1 aliases that lead in a circle")]
    [InlineData("""{"good":"gemini-3.1-pro","bad":"worse","worse":"bad"}""", "2 aliases that lead in a circle")]
    [InlineData("""{"good":"gemini-3.1-pro","sk-nobody-has-this-token-0001":{"x":"gemini-3.1-pro"}}""", "there are: PASSWORD, ALLOWED_TOKENS#1, ALLOWED_TOKENS#2")]
    [InlineData("""{"good":"gemini-3.1-pro","address nowhere":{"x":"gemini-3.1-pro"}}""", "a caller that there is not")]
    [InlineData("good=gemini-3.1-pro,bad", "number 2")]
    [InlineData("good=gemini-3.1-pro,bad=", "number 2")]
    [InlineData("=bad,good=gemini-3.1-pro", "number 1")]
    public void A_wrong_entry_is_told_without_its_content_and_left_out(string value, string told)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = Load(value);

        SettingFault fault = Assert.Single(faults);
        Assert.Equal(("MODEL_ALIASES", false), (fault.Name, fault.RefusesStart));
        Assert.Contains(told, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-", fault.Message, StringComparison.Ordinal);
        Assert.Equal("good=gemini-3.1-pro;", settings.Generation.Aliases.ToString());
    }

    [Fact]
    public void A_chain_of_three_is_left_out_and_its_end_stays()
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = Load("a=b,b=c,c=gemini-3.1-pro");

        Assert.Contains("1 aliases", Assert.Single(faults).Message, StringComparison.Ordinal);
        Assert.Equal("b=c,c=gemini-3.1-pro;", settings.Generation.Aliases.ToString());
    }

    [Fact]
    public void A_wrong_entry_in_a_callers_table_leaves_the_rest_of_it()
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = Load("""{"PASSWORD":{"good":"gemini-3.1-pro","bad":{"worse":"x"}}}""");

        Assert.Contains("table of PASSWORD", Assert.Single(faults).Message, StringComparison.Ordinal);
        Assert.Equal(";PASSWORD:good=gemini-3.1-pro", settings.Generation.Aliases.ToString());
    }

    [Fact]
    public void There_are_no_more_than_a_thousand()
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = Load(string.Join(',', Enumerable.Range(0, 1001).Select(static i => $"a{i}=gemini-3.1-pro")));

        Assert.Contains("1001", Assert.Single(faults).Message, StringComparison.Ordinal);
        Assert.Equal(";", settings.Generation.Aliases.ToString());
    }

    [Fact]
    public void Without_a_credential_the_default_and_the_generated_password_are_callers()
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(null, ("MODEL_ALIASES", """{"generated password":{"x":"gemini-3.1-pro"},"default password":{"y":"gemini-3.1-pro"}}"""));

        Assert.Empty(faults);
        Assert.Equal(";default password:y=gemini-3.1-pro;generated password:x=gemini-3.1-pro", settings.Generation.Aliases.ToString());
    }

    private static (PolluxSettings Settings, IReadOnlyList<SettingFault> Faults) Load(string value) =>
        SettingsFixture.Load(null, ("PASSWORD", "password-of-the-house"), ("ALLOWED_TOKENS", $"sk-first-token-of-the-house-1234,{Token}"), ("MODEL_ALIASES", value));
}
