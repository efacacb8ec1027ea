using System.Net;
using Microsoft.Extensions.Logging;
using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>What each name means, which of several wins, and what holds where nothing is set.</summary>
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
        Assert.Equal(expected, SettingTable.Value(SettingsFixture.With(name, value), name));
}
