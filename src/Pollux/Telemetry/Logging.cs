using NLog;
using NLog.Config;
using NLog.Extensions.Logging;
using NLog.Filters;
using NLog.Layouts;
using NLog.Targets;
using NLog.Targets.Wrappers;
using Pollux.Settings;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Pollux.Telemetry;

/// <summary>Sets up the logs: console and files, rotated by size and at midnight. NLog does the rotating.</summary>
internal static class Logging
{
    private const string TextLayout = "${longdate:universalTime=true}Z ${level:uppercase=true:padding=-5} ${event-properties:item=EventId_Id:whenEmpty=-} ${logger:shortName=true} ${message}${onexception:${newline}${exception:format=tostring}}";
    private const int QueueLength = 20_000;

    /// <summary>Replaces the providers of <paramref name="logging"/>.</summary>
    /// <returns>Sentences about a log directory that could not be used.</returns>
    public static IReadOnlyList<string> AddPolluxLogging(this ILoggingBuilder logging, LogSettings settings, string dataDirectory)
    {
        var notices = new List<string>();
        var configuration = new LoggingConfiguration(new LogFactory());
        Layout layout = settings.Json ? JsonLayout() : Layout.FromString(TextLayout);
        var console = new ConsoleTarget { Layout = layout, AutoFlush = true };
        if (WritableDirectory(settings.Directory, dataDirectory, notices) is not { } directory)
        {
            configuration.AddRuleForAllLevels(Queued("all", console));
        }
        else
        {
            // One queue for both places, and one layout: a line is made and handed over once.
            configuration.AddRuleForAllLevels(Queued("all", new SplitGroupTarget(console, File(directory, "app.log", layout, settings))));
            configuration.AddRule(NLog.LogLevel.Error, NLog.LogLevel.Fatal, Queued("error", File(directory, "error.log", layout, settings)));
        }

        // Kestrel reports it as an error of the application; the line of the request has told the true reason.
        foreach (LoggingRule rule in configuration.LoggingRules)
        {
            rule.Filters.Add(new WhenMethodFilter(static line => line.Exception is CutAnswerException ? FilterResult.Ignore : FilterResult.Neutral));
            rule.FilterDefaultAction = FilterResult.Log; // NLog's own default would drop all other lines
        }

        LogFactory factory = configuration.LogFactory;
        factory.Configuration = configuration;
        logging.ClearProviders();
        logging.SetMinimumLevel(settings.Level);
        logging.AddFilter("Microsoft", Max(settings.Level, LogLevel.Warning));
        logging.AddFilter("System", Max(settings.Level, LogLevel.Warning));
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None); // else each request gets an activity and a scope that nobody reads
        logging.Services.AddSingleton<ILoggerProvider>(_ => new NLogLoggerProvider( // made by the container, since it disposes nothing else: without that the last lines are lost
            new NLogProviderOptions
            {
                CaptureEventId = EventIdCaptureType.EventId_Id,
                ParseMessageTemplates = false,
                IncludeScopes = false,
                ShutdownOnDispose = true,
            },
            factory));
        return notices;
    }

    /// <summary>The logs wait in a bounded queue: a slow disk delays no request, and a flood drops lines, not requests.</summary>
    private static AsyncTargetWrapper Queued(string name, Target target) => new(name, target)
    {
        QueueLimit = QueueLength,
        OverflowAction = AsyncTargetWrapperOverflowAction.Discard,
        TimeToSleepBetweenBatches = 50,
        BatchSize = 1000,
    };

    private static FileTarget File(string directory, string name, Layout layout, LogSettings settings) => new()
    {
        FileName = Path.Combine(directory, name),
        Layout = layout,
        ArchiveAboveSize = settings.MaxFileBytes,
        ArchiveEvery = FileArchivePeriod.Day,
        MaxArchiveFiles = settings.MaxBackups,
        MaxArchiveDays = settings.MaxAgeDays,
        KeepFileOpen = true,
        AutoFlush = false,
        OpenFileFlushTimeout = 1,
    };

    private static JsonLayout JsonLayout() => new()
    {
        Attributes =
        {
            new JsonAttribute("time", "${longdate:universalTime=true}Z"),
            new JsonAttribute("level", "${level}"),
            new JsonAttribute("logger", "${logger:shortName=true}"),
            new JsonAttribute("message", "${message}"),
            new JsonAttribute("exception", "${exception:format=tostring}"),
        },
        IncludeEventProperties = true,
    };

    private static string? WritableDirectory(string wanted, string dataDirectory, List<string> notices)
    {
        foreach (string candidate in (ReadOnlySpan<string>)[wanted, Path.Combine(dataDirectory, "logs"), Path.Combine(Path.GetTempPath(), "pollux-logs")])
        {
            try
            {
                string full = Path.GetFullPath(candidate);
                Directory.CreateDirectory(full);
                string probe = Path.Combine(full, ".writable");
                System.IO.File.WriteAllText(probe, "");
                System.IO.File.Delete(probe);
                return full;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                notices.Add($"The log directory {candidate} cannot be written to ({fault.GetType().Name}); the next place is tried.");
            }
        }

        notices.Add("No log directory can be written to: logs go to the console alone.");
        return null;
    }

    private static LogLevel Max(LogLevel first, LogLevel second) => first > second ? first : second;
}
