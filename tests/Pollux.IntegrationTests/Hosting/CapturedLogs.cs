using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Pollux.IntegrationTests.Hosting;

/// <summary>Keeps every log line of a gateway in memory.</summary>
internal sealed class CapturedLogs : ILoggerProvider
{
    private readonly ConcurrentQueue<(EventId Id, LogLevel Level, string Text)> _lines = new();

    /// <summary>The lines so far.</summary>
    public IReadOnlyCollection<(EventId Id, LogLevel Level, string Text)> Lines => _lines;

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(_lines);

    /// <inheritdoc/>
    public void Dispose()
    {
        // nothing is held
    }

    private sealed class Logger(ConcurrentQueue<(EventId Id, LogLevel Level, string Text)> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue((eventId, logLevel, formatter(state, exception) + exception));
    }
}
