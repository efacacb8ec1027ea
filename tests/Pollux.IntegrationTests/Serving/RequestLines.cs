using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>
/// The lines of the request log, one per request. A line comes after the client has the whole answer, so a test waits for
/// it here. By then the request's leases are settled.
/// </summary>
internal sealed class RequestLines : ILoggerProvider
{
    /// <summary>The event of these lines.</summary>
    public const int EventOfRequests = 2000;

    private const int EventOfModels = 4000;
    private const int EventOfNoModels = 4001;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly Channel<RequestLine> _lines = Channel.CreateUnbounded<RequestLine>();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Adds this to the services of a gateway.</summary>
    public void Listen(IServiceCollection services) => services.AddSingleton<ILoggerProvider>(this);

    /// <summary>Starts a gateway and waits until it has asked for the list of models, so that nothing of its own runs beside a test.</summary>
    public async Task<TestGateway> StartAsync(
        Action<FakeGeminiServer>? arrange = null, IReadOnlyDictionary<string, string>? settings = null, FakeGeminiOptions? upstream = null, Action<IServiceCollection>? services = null,
        Func<FakeGeminiServer, IReadOnlyDictionary<string, string>>? settingsOf = null)
    {
        TestGateway gateway = await TestGateway.StartAsync(arrange, settings, upstream, collection =>
        {
            Listen(collection);
            services?.Invoke(collection);
        }, settingsOf);
        if (gateway.Services.GetRequiredService<KeyPool.KeyPool>().CountOf(KeyPool.CredentialKinds.GeminiApiKey) > 0)
            await _asked.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        return gateway;
    }

    /// <summary>The next request of a client.</summary>
    public async Task<RequestLine> NextAsync()
    {
        while (true)
        {
            RequestLine line = await _lines.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken);
            if (line["caller"] != "gateway")
                return line;
        }
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(_lines.Writer, _asked);

    /// <inheritdoc/>
    public void Dispose() => _lines.Writer.TryComplete();

    private sealed class Logger(ChannelWriter<RequestLine> lines, TaskCompletionSource asked) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == EventOfRequests)
                lines.TryWrite(new RequestLine(logLevel, formatter(state, exception)));
            else if (eventId.Id is EventOfModels or EventOfNoModels)
                asked.TrySetResult();
        }
    }
}

/// <summary>One line of the request log.</summary>
internal sealed record RequestLine(LogLevel Level, string Text)
{
    /// <summary>How many attempts were made.</summary>
    public int Attempts => int.Parse(this["attempts"], CultureInfo.InvariantCulture);

    /// <summary>The HTTP status told.</summary>
    public string Status => Text.Split(' ')[1];

    /// <summary>The value behind a name.</summary>
    public string this[string name] =>
        Text.Split(' ').First(word => word.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];
}
