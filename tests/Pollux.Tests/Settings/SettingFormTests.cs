using System.Net;
using Microsoft.Extensions.Logging;
using Pollux.Access;
using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>The forms in which addresses, lists, maps and words may be written.</summary>
public sealed class SettingFormTests
{
    [Theory]
    [InlineData("https://a.test/v1beta|3, https://b.test/", "https://a.test/ x3, https://b.test/ x1", 0)]
    [InlineData("https://a.test\nhttps://a.test/v1beta", "https://a.test/ x1", 0)]
    [InlineData("https://a.test|0,https://b.test|101", "https://a.test/ x1, https://b.test/ x1", 2)]
    [InlineData("ftp://a.test,https://b.test|100", "https://b.test/ x100", 1)]
    [InlineData("a.test,b.test", "https://generativelanguage.googleapis.com/ x1", 1)]
    public void Several_addresses_take_weights_and_wrong_entries_are_passed_over(string value, string expected, int faults)
    {
        var source = new SettingSource(new Dictionary<string, string> { ["BASE_URL"] = value }, dotEnv: null);

        PolluxSettings settings = SettingsLoader.Load(source);

        Assert.Equal(expected, string.Join(", ", settings.Dispatch.BaseAddresses.Select(static one => $"{one.Address} x{one.Weight}")));
        Assert.Equal(faults, source.Faults.Count(static fault => fault.ToString()!.Contains("BASE_URL", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("http://upstream.test", "http://upstream.test/")]
    [InlineData("http://upstream.test/", "http://upstream.test/")]
    [InlineData("https://upstream.test:8443/v1beta", "https://upstream.test:8443/")]
    [InlineData("https://upstream.test/v1beta/", "https://upstream.test/")]
    [InlineData("https://upstream.test/v1", "https://upstream.test/")]
    [InlineData("https://upstream.test/v1alpha", "https://upstream.test/")]
    [InlineData("https://upstream.test/gemini/v1beta", "https://upstream.test/gemini/")]
    [InlineData("https://upstream.test/v1beta2", "https://upstream.test/v1beta2/")]
    [InlineData("\"https://upstream.test/v1beta\" # mine", "https://upstream.test/")]
    public void A_base_address_is_taken_with_and_without_its_version(string value, string expected) =>
        Assert.Equal(new Uri(expected), SettingsFixture.With("BASE_URL", value).Dispatch.BaseAddresses[0].Address);

    [Theory]
    [InlineData("HOST", "0.0.0.0", "0.0.0.0")]
    [InlineData("HOST", "localhost", "127.0.0.1")]
    [InlineData("HOST", "::", "::")]
    [InlineData("PASSWORD", "correct-horse", "0.0.0.0")]
    [InlineData("ALLOWED_TOKENS", "[\"correct-horse\"]", "0.0.0.0")]
    [InlineData("PASSWORD", "your_password", "127.0.0.1")] // a sample counts as unset
    [InlineData("DOTNET_RUNNING_IN_CONTAINER", "true", "0.0.0.0")]
    public void Strangers_reach_it_only_when_a_credential_or_the_user_says_so(string name, string value, string host) =>
        Assert.Equal(IPAddress.Parse(host), SettingsFixture.With(name, value).Server.Host);

    [Theory]
    [InlineData("trace", LogLevel.Trace)]
    [InlineData("DEBUG", LogLevel.Debug)]
    [InlineData("Info", LogLevel.Information)]
    [InlineData("information", LogLevel.Information)]
    [InlineData("WARN", LogLevel.Warning)]
    [InlineData("warning", LogLevel.Warning)]
    [InlineData("error", LogLevel.Error)]
    [InlineData("CRITICAL", LogLevel.Critical)]
    [InlineData("fatal", LogLevel.Critical)]
    [InlineData("none", LogLevel.None)]
    [InlineData("off", LogLevel.None)]
    public void Levels_have_the_names_of_all_predecessors(string value, LogLevel level) => Assert.Equal(level, SettingsFixture.With("LOG_LEVEL", value).Log.Level);

    [Theory]
    [InlineData("true", "", LogLevel.Debug)]
    [InlineData("true", "error", LogLevel.Debug)]
    [InlineData("true", "trace", LogLevel.Trace)]
    [InlineData("false", "warning", LogLevel.Warning)]
    public void Debug_lowers_the_level_and_never_raises_it(string debug, string level, LogLevel expected) =>
        Assert.Equal(expected, SettingsFixture.Load(null, ("DEBUG", debug), ("LOG_LEVEL", level)).Settings.Log.Level);

    [Theory]
    [InlineData("json", true)]
    [InlineData("JSON", true)]
    [InlineData("text", false)]
    [InlineData("Text", false)]
    public void Logs_are_text_or_JSON(string value, bool json) => Assert.Equal(json, SettingsFixture.With("LOG_FORMAT", value).Log.Json);

    [Theory]
    [InlineData("{\"gemini-2.5-flash\": 1000, \"gemini-2.5-pro\": -1}")]
    [InlineData("{'gemini-2.5-flash': 1000, 'gemini-2.5-pro': -1}")]
    [InlineData("{\"gemini-2.5-flash\": \"1000\", \"gemini-2.5-pro\": -1,}")]
    [InlineData("'{\"gemini-2.5-flash\": 1000, \"gemini-2.5-pro\": -1}' # map")]
    [InlineData("\"{\\\"gemini-2.5-flash\\\": 1000, \\\"gemini-2.5-pro\\\": -1}\"")]
    public void Maps_are_read_in_every_quoting(string value) =>
        Assert.Equal(
            new Dictionary<string, int> { ["gemini-2.5-flash"] = 1000, ["gemini-2.5-pro"] = -1 },
            SettingsFixture.With("THINKING_BUDGET_MAP", value).Generation.ThinkingBudgets);

    [Fact]
    public void Of_headers_only_the_impossible_one_falls_away()
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong("CUSTOM_HEADERS", "{\"X-Team\":\"blue\",\"bad name\":\"x\"}");

        Assert.Equal("X-Team=blue", string.Join(',', settings.Dispatch.CustomHeaders.Select(static header => $"{header.Key}={header.Value}")));
        Assert.Equal("CUSTOM_HEADERS", fault.Name);
    }

    [Fact]
    public void Safety_settings_are_pairs() =>
        Assert.Equal(
            [("HARM_CATEGORY_HARASSMENT", "OFF"), ("HARM_CATEGORY_HATE_SPEECH", "BLOCK_NONE")],
            SettingsFixture.With("SAFETY_SETTINGS", "[{\"category\":\"HARM_CATEGORY_HARASSMENT\",\"threshold\":\"OFF\"},{\"category\":\"HARM_CATEGORY_HATE_SPEECH\",\"threshold\":\"BLOCK_NONE\"}]").Generation.SafetySettings!);

    [Fact]
    public void A_token_with_blanks_is_one_token_and_not_several_short_ones()
    {
        PolluxSettings settings = SettingsFixture.With("ALLOWED_TOKENS", "my secret;token, another one");

        Assert.Equal(["my secret;token", "another one"], settings.Access.AllowedTokens);
    }

    [Fact]
    public void A_program_whose_name_has_blanks_is_one_program()
    {
        PolluxSettings settings = SettingsFixture.With("WHITELIST_USER_AGENT", "My Client/1.0 (X11; Linux), curl*");

        Assert.Equal(["My Client/1.0 (X11; Linux)", "curl*"], settings.Access.WhitelistUserAgents);
    }

    [Theory]
    [InlineData("10.0.0.0/8,192.168.1.1")]
    [InlineData("10.0.0.0/8 192.168.1.1")]
    [InlineData("[\"10.0.0.0/8\",\"192.168.1.1\"]")]
    public void Address_lists_take_every_separator(string value)
    {
        AddressSet addresses = SettingsFixture.With("WHITELIST_IPS", value).Access.WhitelistIps;

        Assert.True(addresses.Contains(IPAddress.Parse("10.1.2.3")) && addresses.Contains(IPAddress.Parse("192.168.1.1")));
        Assert.False(addresses.Contains(IPAddress.Parse("192.168.1.2")));
    }

    [Theory]
    [InlineData("/pollux/", "/pollux")]
    [InlineData("pollux", "/pollux")]
    [InlineData("/", "")]
    public void A_root_path_gets_one_leading_slash(string value, string expected) => Assert.Equal(expected, SettingsFixture.With("ROOT_PATH", value).Server.RootPath);
}
