using Pollux.Settings;

namespace Pollux.Telemetry;

/// <summary>Writes the one line per request. The level follows the owner of a failure.</summary>
internal sealed class RequestLog(ILogger<RequestLog> logger, SettingsHolder settings, TimeProvider clock)
{
    private static readonly EventId Event = new(2000, "Request");

    /// <summary>Writes the line for a finished request.</summary>
    public void Write(RequestRecord record, int status, bool aborted)
    {
        LogLevel level = Level(record, status, aborted);
        if (!logger.IsEnabled(level))
            return;

        long total = (long)clock.GetElapsedTime(record.StartedAt).TotalMilliseconds;
        long first = record.FirstPartAt == 0 ? -1 : (long)clock.GetElapsedTime(record.StartedAt, record.FirstPartAt).TotalMilliseconds;
        int told = aborted ? 499 : status;
        FinishedRequest line = settings.Current.Log.Json ? new FinishedRequestValues(record, told, first, total) : new FinishedRequest(record, told, first, total);
        logger.Log(level, Event, line, null, FinishedRequest.Text);
    }

    private static LogLevel Level(RequestRecord record, int status, bool aborted)
    {
        if (aborted || record.FaultOwner is "-" or "Client")
            return LogLevel.Information;
        return status >= 500 && record.FaultOwner == "Gateway" ? LogLevel.Error : LogLevel.Warning;
    }
}
