using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Pollux.FakeGemini;
using Pollux.Hosting;
using Pollux.Settings;

namespace Pollux.IntegrationTests.Hosting;

/// <summary>
/// A whole gateway on a real socket in front of a strict upstream on another. Arrange a situation at
/// <see cref="Upstream"/>, act as a client, assert what both sides saw.
/// </summary>
internal sealed class TestGateway : IAsyncDisposable
{
    /// <summary>The credential that clients of the tests use.</summary>
    public const string Password = "test-password-of-the-gateway";

    /// <summary>The key of a gateway for which no other is arranged.</summary>
    public const string Key = "AQ.test-key-0000000000000000000000001";

    private static readonly string Scratch = Directory.CreateTempSubdirectory("pollux-tests-").FullName;

    private readonly WebApplication _app;

    private TestGateway(WebApplication app, FakeGeminiServer upstream, CapturedLogs logs)
    {
        _app = app;
        Upstream = upstream;
        Logs = logs;
        Address = new Uri(app.Urls.First());
#pragma warning disable RS0030 // a client of the gateway, not a part of it
        var handler = new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }; // who leaves an answer closes the connection
        Client = new HttpClient(handler) { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(2) };
#pragma warning restore RS0030
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Password);
    }

    /// <summary>The upstream.</summary>
    public FakeGeminiServer Upstream { get; }

    /// <summary>Where clients reach the gateway.</summary>
    public Uri Address { get; }

    /// <summary>A client with the right credential.</summary>
    public HttpClient Client { get; }

    /// <summary>All that the gateway logged, at every level.</summary>
    public CapturedLogs Logs { get; }

    /// <summary>The gateway's services.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts a gateway and its upstream.</summary>
    /// <param name="arrange">Adds keys and scripts to the upstream; without it there is one good key.</param>
    /// <param name="settings">Settings by their environment names, over those of the tests.</param>
    /// <param name="upstream">Options of the upstream.</param>
    /// <param name="services">Replaces services, such as the clock.</param>
    /// <param name="settingsOf">Settings that depend on the upstream, such as its address; over all others.</param>
    public static async Task<TestGateway> StartAsync(
        Action<FakeGeminiServer>? arrange = null,
        IReadOnlyDictionary<string, string>? settings = null,
        FakeGeminiOptions? upstream = null,
        Action<IServiceCollection>? services = null,
        Func<FakeGeminiServer, IReadOnlyDictionary<string, string>>? settingsOf = null)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        FakeGeminiServer fake = await FakeGeminiServer.StartAsync(upstream ?? new FakeGeminiOptions(), cancellation);
        if (arrange is null)
            fake.AddKey(Key);
        else
            arrange(fake);

        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PORT"] = "0",
            ["HOST"] = "127.0.0.1",
            ["PASSWORD"] = Password,
            ["DATA_DIR"] = Scratch,
            ["KEY_STORAGE_MODE"] = "memory",
            ["LOG_DIR"] = Path.Combine(Scratch, "logs"),
            ["LOG_LEVEL"] = "trace",
            ["BASE_URL"] = fake.BaseAddress.AbsoluteUri,
            ["GEMINI_API_KEYS"] = Key,
            ["MAX_REQUESTS_PER_MINUTE"] = "0",
            ["MAX_REQUESTS_PER_DAY_PER_IP"] = "0",
            ["GEMINI_RETRY_DELAY"] = "0.01",
            ["SKIP_CHECK_API_KEY"] = "true",
            ["INCREASE_CONCURRENT_ON_FAILURE"] = "0", // tests of hedging ask for it; the others script attempts one after another
            ["MAX_QUEUE_SECONDS"] = "0", // tests of the queue ask for it; the others would only take longer
        };
        foreach ((string name, string value) in settings ?? new Dictionary<string, string>())
            environment[name] = value;
        foreach ((string name, string value) in settingsOf?.Invoke(fake) ?? new Dictionary<string, string>())
            environment[name] = value;

        var logs = new CapturedLogs();
        var source = new SettingSource(environment, dotEnv: null);
        PolluxSettings loaded = SettingsLoader.Load(source);
        Assert.Empty(source.Faults);
        WebApplication app = Gateway.Build(loaded, collection =>
        {
            collection.RemoveAll<ILoggerProvider>();
            collection.AddSingleton<ILoggerProvider>(logs);
            services?.Invoke(collection);
        });
        await app.StartAsync(cancellation);
        return new TestGateway(app, fake, logs);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await Upstream.DisposeAsync();
    }
}
