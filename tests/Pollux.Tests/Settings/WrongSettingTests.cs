using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>What stands in for a wrong value, and how that is told.</summary>
public sealed class WrongSettingTests
{
    public static TheoryData<string, string, object?> WrongNumbers => new()
    {
        { "PORT", "65536", 7860 },
        { "PORT", "-1", 7860 },
        { "PORT", "http", 7860 },
        { "PORT", "80.5", 7860 },
        { "MAX_BODY_MB", "0", 100L * 1024 * 1024 },
        { "MAX_BODY_MB", "2048", 100L * 1024 * 1024 },
        { "MAX_BODY_MB", "100MB", 100L * 1024 * 1024 },
        { "MAX_RETRY_NUM", "many", 15 },
        { "MAX_RETRIES", "101", 15 },
        { "MAX_RETRIES", "1e400", 15 },
        { "GEMINI_503_RETRIES", "x", null },
        { "GEMINI_429_RETRIES", "1.5", null },
        { "MAX_EMPTY_RESPONSES", "x", 5 },
        { "GEMINI_EMPTY_RESPONSE_RETRIES", "100", 5 },
        { "MAX_FAILURES", "x", 3 },
        { "TIME_OUT", "5m", TimeSpan.FromSeconds(300) },
        { "TIME_OUT", "86401", TimeSpan.FromSeconds(300) },
        { "CHECK_INTERVAL_HOURS", "1,5", TimeSpan.FromHours(1) },
        { "MAX_LOG_SIZE", "0", 10L * 1024 * 1024 },
        { "MAX_REQUESTS_PER_MINUTE", "often", 60 },
    };

    [Theory]
    [MemberData(nameof(WrongNumbers))]
    public void A_wrong_number_is_told_with_its_range_and_the_default_holds(string name, string value, object? expected)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong(name, value);

        Assert.Equal(expected, SettingTable.Value(settings, name));
        Assert.Equal((name, false), (fault.Name, fault.RefusesStart));
        Assert.StartsWith($"{name} is not a ", fault.Message, StringComparison.Ordinal);
        Assert.EndsWith(" holds.", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("E+", fault.Message, StringComparison.Ordinal); // a range that people can read
        Assert.DoesNotContain("-2147483648", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DEBUG_HEADERS", "maybe")]
    [InlineData("PUBLIC_MODE", "2")]
    [InlineData("SKIP_CHECK_API_KEY", "enabled")]
    [InlineData("DISABLE_SAFETY_FILTERING", "x")]
    [InlineData("ENABLE_THINKING", "x")]
    [InlineData("LOG_LEVEL", "loud")]
    [InlineData("LOG_FORMAT", "yaml")]
    [InlineData("THINKING_FORMAT", "prose")]
    [InlineData("DEBUG", "x")]
    [InlineData("SAFETY_SETTINGS", "BLOCK_NONE")]
    [InlineData("SAFETY_SETTINGS", "[{\"category\":\"HARM_CATEGORY_HARASSMENT\"}]")]
    [InlineData("SAFETY_SETTINGS", "[{\"category\":null,\"threshold\":\"OFF\"}]")]
    [InlineData("SAFETY_SETTINGS", "[1]")]
    [InlineData("MODEL_ALIASES", "gemini-3.5-flash")]
    [InlineData("MODEL_ALIASES", "a=b=c")]
    [InlineData("MODEL_ALIASES", "[1]")]
    [InlineData("THINKING_BUDGET_MAP", "{\"gemini-2.5-flash\":\"much\"}")]
    [InlineData("THINKING_BUDGET_MAP", "{\"gemini-2.5-flash\":1.5}")]
    [InlineData("THINKING_BUDGET_MAP", "{\"gemini-2.5-flash\":-2}")]
    [InlineData("CUSTOM_HEADERS", "{\"two words\":\"x\"}")]
    [InlineData("CUSTOM_HEADERS", "{\"\":\"x\"}")]
    [InlineData("CUSTOM_HEADERS", "{\"Content-Type\":\"x\"}")]
    [InlineData("BASE_URL", "upstream.test")]
    [InlineData("BASE_URL", "ftp://upstream.test")]
    [InlineData("PROXY_URL", "not an address")]
    public void A_wrong_value_is_told_by_its_setting_and_the_default_holds(string name, string value)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong(name, value);

        Assert.Equal((name, false), (fault.Name, fault.RefusesStart));
        Assert.StartsWith(name + " ", fault.Message, StringComparison.Ordinal);
        PolluxSettings untouched = SettingsFixture.Load().Settings;
        Assert.Equal(SettingTable.Summary(untouched), SettingTable.Summary(settings));
    }

    [Theory]
    [InlineData("HOST", "the-machine-under-the-table")]
    [InlineData("WHITELIST_IPS", "10.0.0.0/8,300.1.1.1")]
    [InlineData("BLACKLIST_IPS", "everybody")]
    [InlineData("TRUSTED_PROXIES", "nginx")]
    public void A_wrong_rule_of_access_refuses_the_start(string name, string value)
    {
        SettingFault fault = SettingsFixture.Wrong(name, value).Fault;

        Assert.Equal((name, true), (fault.Name, fault.RefusesStart));
        Assert.DoesNotContain(value, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PORT")]
    [InlineData("MAX_RETRY_NUM")]
    [InlineData("TIME_OUT")]
    [InlineData("DEBUG")]
    [InlineData("HOST")]
    [InlineData("BASE_URL")]
    [InlineData("LOG_LEVEL")]
    [InlineData("LOG_FORMAT")]
    [InlineData("MODEL_ALIASES")]
    [InlineData("CUSTOM_HEADERS")]
    [InlineData("SAFETY_SETTINGS")]
    [InlineData("TRUSTED_PROXIES")]
    public void A_secret_that_slipped_into_the_wrong_line_is_not_repeated(string name)
    {
        const string Secret = "AIzaSy-secret-in-the-wrong-line-0000000";
        Assert.DoesNotContain(Secret, SettingsFixture.Wrong(name, Secret).Fault.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        IReadOnlyList<SettingFault> faults = SettingsFixture.Load("PORT=x\njunk\nDEBUG=y\nTIME_OUT=z", ("LOG_LEVEL", "w")).Faults;

        Assert.Equal([null, "DEBUG", "LOG_LEVEL", "PORT", "TIME_OUT"], faults.Select(static fault => fault.Name).Order(StringComparer.Ordinal));
    }
}
