using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>Reads settings back for tables of cases.</summary>
internal static class SettingTable
{
    /// <summary>A number by the name of its setting.</summary>
    public static object? Value(PolluxSettings settings, string name) => name switch
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

    /// <summary>All that a wrong value may change.</summary>
    public static string Summary(PolluxSettings settings) => string.Join('|',
        settings.Server, settings.Log, settings.Pool.SkipCheck, settings.Dispatch.BaseAddresses[0].Address, string.Join(',', settings.Dispatch.CustomHeaders),
        settings.Generation.SafetySettings, settings.Generation.DisableSafetyFiltering, settings.Generation.EnableThinking, settings.Generation.ThinkingInTags,
        string.Join(',', settings.Generation.ThinkingBudgets), settings.Generation.Aliases);
}
