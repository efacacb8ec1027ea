using System.Net;
using Microsoft.Extensions.Logging;
using Pollux.Access;
using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>What each name means, what stands in for a wrong value, and how that is told.</summary>
public sealed class SettingsLoaderTests
{
    [Fact]
    public void Nothing_set_gives_the_defaults_and_no_fault()
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load();

        Assert.Empty(faults);
        Assert.Equal((IPAddress.Loopback, 7860, "data", 100L * 1024 * 1024, ""), (settings.Server.Host, settings.Server.Port, settings.Server.DataDirectory, settings.Server.MaxBodyBytes, settings.Server.RootPath));
        Assert.Equal((3, false, TimeSpan.FromHours(1)), (settings.Pool.MaxFailures, settings.Pool.SkipCheck, settings.Pool.CheckInterval));
        Assert.Empty(settings.Pool.Keys);
        DispatchSettings dispatch = settings.Dispatch;
        Assert.Equal(new Uri("https://generativelanguage.googleapis.com/"), Assert.Single(dispatch.BaseAddresses).Address);
        Assert.Equal((15, 5, (int?)null, (int?)null), (dispatch.MaxAttempts, dispatch.MaxEmptyAnswers, dispatch.UpstreamRetries, dispatch.QuotaRetries));
        Assert.Equal(
            ["00:02:00", "00:00:01", "00:00:10", "00:05:00", "00:00:00", "00:00:10", "00:00:00"],
            new[] { dispatch.AttemptBudget, dispatch.RetryDelay, dispatch.ConnectTimeout, dispatch.SilenceTimeout, dispatch.TotalTimeout, dispatch.KeepAlive, dispatch.UnaryKeepAlive }.Select(static span => span.ToString()));
        Assert.Equal((true, true, false, null), (settings.Generation.EnableThinking, settings.Generation.ShowThinking, settings.Generation.ThinkingInTags, settings.Generation.DisableSafetyFiltering));
        Assert.Null(settings.Generation.SafetySettings);
        Assert.Equal((LogLevel.Information, "logs", false, 10L * 1024 * 1024, 5, 30), (settings.Log.Level, settings.Log.Directory, settings.Log.Json, settings.Log.MaxFileBytes, settings.Log.MaxBackups, settings.Log.MaxAgeDays));
        Assert.Equal((60, 600), (settings.Access.MaxRequestsPerMinute, settings.Access.MaxRequestsPerDayPerIp));
    }

    [Theory]
    [InlineData("PORT=1", "", 1)] // the file alone
    [InlineData("PORT=1", "2", 2)] // the environment wins
    [InlineData("", "2", 2)]
    [InlineData("PORT=1", "  ", 1)] // an empty value counts as unset
    [InlineData("PORT=1", "\"\"", 1)]
    [InlineData("PORT=1", "# nothing", 1)]
    [InlineData("PORT=", "", 7860)]
    [InlineData("PORT=1", "\"2\" # quotes and comments stay with docker run --env-file", 2)]
    public void The_environment_wins_over_the_file(string file, string environment, int port) =>
        Assert.Equal(port, SettingsFixture.Load(file, ("PORT", environment)).Settings.Server.Port);

    // The predecessors' names, and those that have two.
    public static TheoryData<string, string, object> Aliases => new()
    {
        { "PASSWORD", "correct-horse", "correct-horse" },
        { "USERS_API_KEY", "correct-horse", "correct-horse" },
        { "DATA_DIR", "/srv/pollux", "/srv/pollux" },
        { "STORAGE_DIR", "/srv/pollux", "/srv/pollux" },
        { "MAX_RETRY_NUM", "7", 7 },
        { "MAX_RETRIES", "7", 7 },
        { "MAX_EMPTY_RESPONSES", "8", 8 },
        { "GEMINI_EMPTY_RESPONSE_RETRIES", "7", 8 },
        { "CONNECT_TIMEOUT", "3", TimeSpan.FromSeconds(3) },
        { "HTTP_TIMEOUT_CONNECT", "3", TimeSpan.FromSeconds(3) },
        { "BASE_URL", "http://upstream.test/v1beta", new Uri("http://upstream.test/") },
        { "PROXY_URL", "http://upstream.test", new Uri("http://upstream.test/") },
        { "FILTERED_MODELS", "gemini-a gemini-b", "gemini-a,gemini-b" },
        { "BLOCKED_MODELS", "[\"gemini-a\",\"gemini-b\"]", "gemini-a,gemini-b" },
        { "GEMINI_API_KEYS", "one-key;two-key", "one-key,two-key" },
        { "API_KEYS", "[\"one-key\",\"two-key\"]", "one-key,two-key" },
        { "GEMINI_API_KEYS_1", "one-key two-key", "one-key,two-key" },
    };

    [Theory]
    [MemberData(nameof(Aliases))]
    public void Each_name_of_a_setting_gives_its_value(string name, string value, object expected)
    {
        PolluxSettings settings = SettingsFixture.With(name, value);
        object actual = name switch
        {
            "PASSWORD" or "USERS_API_KEY" => Assert.Single(settings.Access.Passwords),
            "DATA_DIR" or "STORAGE_DIR" => settings.Server.DataDirectory,
            "MAX_RETRY_NUM" or "MAX_RETRIES" => settings.Dispatch.MaxAttempts,
            "MAX_EMPTY_RESPONSES" or "GEMINI_EMPTY_RESPONSE_RETRIES" => settings.Dispatch.MaxEmptyAnswers,
            "CONNECT_TIMEOUT" or "HTTP_TIMEOUT_CONNECT" => settings.Dispatch.ConnectTimeout,
            "BASE_URL" or "PROXY_URL" => settings.Dispatch.BaseAddresses[0].Address,
            "FILTERED_MODELS" or "BLOCKED_MODELS" => string.Join(',', settings.Generation.BlockedModels),
            _ => string.Join(',', settings.Pool.Keys),
        };

        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Of_two_names_for_one_setting_the_larger_or_the_newer_wins()
    {
        PolluxSettings settings = SettingsFixture.Load(
            """
            PASSWORD=newer
            USERS_API_KEY=older
            MAX_RETRY_NUM=4
            MAX_RETRIES=9
            MAX_EMPTY_RESPONSES=2
            GEMINI_EMPTY_RESPONSE_RETRIES=5
            CONNECT_TIMEOUT=3
            HTTP_TIMEOUT_CONNECT=30
            BASE_URL=http://base.test
            PROXY_URL=http://proxy.test
            GEMINI_API_KEYS_10=ten
            GEMINI_API_KEYS_2=two
            API_KEYS=also
            GEMINI_API_KEYS=first
            GEMINI_API_KEYS_X=no
            """).Settings;

        Assert.Equal(["newer"], settings.Access.Passwords);
        Assert.Equal((9, 6, TimeSpan.FromSeconds(3)), (settings.Dispatch.MaxAttempts, settings.Dispatch.MaxEmptyAnswers, settings.Dispatch.ConnectTimeout));
        Assert.Equal("base.test", settings.Dispatch.BaseAddresses[0].Address.Host);
        Assert.Equal(["first", "also", "two", "ten"], settings.Pool.Keys);
    }

    // Zero or less means off where the meaning has an off.
    public static TheoryData<string, string, object?> Offs => new()
    {
        { "MAX_RETRY_NUM", "0", 1 },
        { "MAX_RETRY_NUM", "-3", 1 },
        { "GEMINI_503_RETRIES", "-1", 0 },
        { "GEMINI_429_RETRIES", "0", 0 },
        { "MAX_EMPTY_RESPONSES", "-1", 1 },
        { "GEMINI_EMPTY_RESPONSE_RETRIES", "-1", 1 },
        { "MAX_FAILURES", "-1", 0 },
        { "CHECK_INTERVAL_HOURS", "-1", TimeSpan.Zero },
        { "CHECK_INTERVAL_HOURS", "0.5", TimeSpan.FromMinutes(30) },
        { "TIME_OUT", "0", TimeSpan.Zero },
        { "TIME_OUT", "-5", TimeSpan.Zero },
        { "STREAM_KEEPALIVE_SECONDS", "0", TimeSpan.Zero },
        { "GEMINI_RETRY_DELAY", "0.25", TimeSpan.FromMilliseconds(250) },
        { "MAX_LOG_BACKUPS", "-1", 0 },
        { "LOG_CLEANUP_DAYS", "-1", 0 },
        { "MAX_LOG_SIZE", "3", 3L * 1024 * 1024 },
        { "MAX_BODY_MB", "2047", 2047L * 1024 * 1024 },
        { "NONSTREAM_KEEPALIVE_INTERVAL", "2", TimeSpan.Zero }, // not enabled
    };

    [Theory]
    [MemberData(nameof(Offs))]
    public void Numbers_have_their_unit_and_zero_or_less_is_off(string name, string value, object? expected) =>
        Assert.Equal(expected, Value(SettingsFixture.With(name, value), name));

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

        Assert.Equal(expected, Value(settings, name));
        Assert.Equal((name, false), (fault.Name, fault.RefusesStart));
        Assert.StartsWith($"{name} is not a ", fault.Message, StringComparison.Ordinal);
        Assert.EndsWith(" holds.", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("E+", fault.Message, StringComparison.Ordinal); // a range that people can read
        Assert.DoesNotContain("-2147483648", fault.Message, StringComparison.Ordinal);
    }

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
    [InlineData("MODEL_ALIASES", "a=b")]
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
        Assert.Equal(Summary(untouched), Summary(settings));
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

    private static object? Value(PolluxSettings settings, string name) => name switch
    {
        "PORT" => settings.Server.Port,
        "MAX_BODY_MB" => settings.Server.MaxBodyBytes,
        "MAX_RETRY_NUM" or "MAX_RETRIES" => settings.Dispatch.MaxAttempts,
        "GEMINI_503_RETRIES" => settings.Dispatch.UpstreamRetries,
        "GEMINI_429_RETRIES" => settings.Dispatch.QuotaRetries,
        "MAX_EMPTY_RESPONSES" or "GEMINI_EMPTY_RESPONSE_RETRIES" => settings.Dispatch.MaxEmptyAnswers,
        "GEMINI_RETRY_DELAY" => settings.Dispatch.RetryDelay,
        "MAX_FAILURES" => settings.Pool.MaxFailures,
        "CHECK_INTERVAL_HOURS" => settings.Pool.CheckInterval,
        "TIME_OUT" => settings.Dispatch.SilenceTimeout,
        "STREAM_KEEPALIVE_SECONDS" => settings.Dispatch.KeepAlive,
        "NONSTREAM_KEEPALIVE_INTERVAL" => settings.Dispatch.UnaryKeepAlive,
        "MAX_LOG_SIZE" => settings.Log.MaxFileBytes,
        "MAX_LOG_BACKUPS" => settings.Log.MaxBackups,
        "LOG_CLEANUP_DAYS" => settings.Log.MaxAgeDays,
        "MAX_REQUESTS_PER_MINUTE" => settings.Access.MaxRequestsPerMinute,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Not in the tables."),
    };

    private static string Summary(PolluxSettings settings) => string.Join('|',
        settings.Server, settings.Log, settings.Pool.SkipCheck, settings.Dispatch.BaseAddresses[0].Address, string.Join(',', settings.Dispatch.CustomHeaders),
        settings.Generation.SafetySettings, settings.Generation.DisableSafetyFiltering, settings.Generation.EnableThinking, settings.Generation.ThinkingInTags,
        string.Join(',', settings.Generation.ThinkingBudgets), string.Join(',', settings.Generation.Aliases));
}
