using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Telemetry;

/// <summary>Writes the one line per request. The level follows the owner of a failure.</summary>
internal sealed partial class RequestLog(ILogger<RequestLog> logger, TimeProvider clock)
{
    /// <summary>Writes the line for a finished request.</summary>
    public void Write(RequestRecord record, int status, bool aborted)
    {
        LogLevel level = Level(record, status, aborted);
        if (!logger.IsEnabled(level))
            return;

        long total = (long)clock.GetElapsedTime(record.StartedAt).TotalMilliseconds;
        long first = record.FirstPartAt == 0 ? -1 : (long)clock.GetElapsedTime(record.StartedAt, record.FirstPartAt).TotalMilliseconds;
        GeminiUsage usage = record.Usage;
        Request(
            logger, level, record.Id, aborted ? 499 : status, record.Caller, record.Dialect, record.Model,
            record.Stream ? "stream" : "unary", record.KeyLabel, record.Attempts, record.FaultOwner, record.FaultReason, first, total,
            usage.Prompt, usage.Cached, usage.Candidates, usage.Thoughts, record.Losses ?? "-");
    }

    private static LogLevel Level(RequestRecord record, int status, bool aborted)
    {
        if (aborted || record.FaultOwner is "-" or "Client")
            return LogLevel.Information;
        return status >= 500 && record.FaultOwner == "Gateway" ? LogLevel.Error : LogLevel.Warning;
    }

    [LoggerMessage(EventId = 2000, EventName = "Request", Message = "{RequestId} {Status} caller={Caller} dialect={Dialect} model={Model} {Mode} key={Key} attempts={Attempts} owner={Owner} reason={Reason} first_ms={FirstMs} total_ms={TotalMs} prompt={PromptTokens} cached={CachedTokens} answer={CandidatesTokens} thoughts={ThoughtsTokens} losses={Losses}")]
    private static partial void Request(
        ILogger logger, LogLevel level, string requestId, int status, string caller, string dialect, string model, string mode,
        string key, int attempts, string owner, string reason, long firstMs, long totalMs,
        int promptTokens, int cachedTokens, int candidatesTokens, int thoughtsTokens, string losses);
}
