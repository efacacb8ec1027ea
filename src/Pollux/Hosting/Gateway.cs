using Pollux.Access;
using Pollux.Affinity;
using Pollux.Dispatch;
using Pollux.Endpoints;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Hosting;

/// <summary>Puts the gateway together.</summary>
internal static class Gateway
{
    /// <summary>Builds a gateway that is ready to be started.</summary>
    /// <param name="settings">What is configured.</param>
    /// <param name="customize">Replaces services, such as the clock; for tests.</param>
    public static WebApplication Build(PolluxSettings settings, Action<IServiceCollection>? customize = null)
    {
        // Empty: Settings alone reads the environment, and no configuration file makes the host watch the working directory,
        // where each write to a log would wake it up.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "pollux" });
        IReadOnlyList<string> logNotices = builder.Logging.AddPolluxLogging(settings.Log, settings.Server.DataDirectory);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseSockets(sockets => sockets.WaitForDataBeforeAllocatingBuffer = false); // one system call less per request for 4 KiB more per connection
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // bounded where the body is read, so that the refusal speaks the caller's dialect
            kestrel.Limits.MinResponseDataRate = null; // a model may think for minutes
            kestrel.Listen(settings.Server.Host, settings.Server.Port);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddPollux(settings);
        customize?.Invoke(builder.Services);

        WebApplication app = builder.Build();
        foreach (string notice in logNotices)
            StartupMessages.Notice(app.Logger, notice);
        FillPool(app, settings);
        app.Services.GetRequiredService<AccessGate>().TellWeaknesses();
        Use(app, settings);
        return app;
    }

    private static void AddPollux(this IServiceCollection services, PolluxSettings settings)
    {
        services.AddSingleton(new SettingsHolder(settings));
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new Random()); // for jitter only; ids use the cryptographic source
        services.AddSingleton<RequestIds>();
        services.AddSingleton<RequestLog>();
        services.AddSingleton(provider => new KeyPool.KeyPool(
            provider.GetRequiredService<TimeProvider>(),
            new Random(),
            new KeyPoolOptions
            {
                MaxFailures = settings.Pool.MaxFailures,
                RecheckInterval = settings.Pool.CheckInterval,
                Selection = settings.Pool.Selection,
                SetLimits = settings.Pool.SetLimits,
                ExpectedLimits = ModelLimitsFile.Shipped(),
            }));
        services.AddSingleton(_ => new GeminiUpstream(settings.Dispatch));
        services.AddSingleton<LeaseDesk>();
        services.AddSingleton<Dispatcher>();
        services.AddSingleton<SignatureVault>();
        services.AddSingleton<ModelDirectory>();
        services.AddSingleton<ModelNames>();
        services.AddSingleton<ChatGeneration>();
        services.AddSingleton<ChatCompletionsEndpoint>();
        services.AddSingleton<NativeEndpoint>();
        services.AddSingleton<ModelsEndpoint>();
        services.AddSingleton<StatusEndpoint>();
        services.AddSingleton(_ => AccessSetup.Model(settings));
        services.AddSingleton(provider => new RequestRateLimits(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<AccessGate>();
        services.AddHostedService<KeyCheck>();
        services.AddHostedService<ModelRefresh>();
    }

    private static void Use(WebApplication app, PolluxSettings settings)
    {
        if (settings.Server.RootPath.Length > 0)
            app.UsePathBase(settings.Server.RootPath);
        app.UseMiddleware<PathNormalization>();
        app.UseMiddleware<RequestScope>();
        app.UseRouting();
        app.UseAccess();
        app.MapGateway();
    }

    private static void FillPool(WebApplication app, PolluxSettings settings)
    {
        var pool = app.Services.GetRequiredService<KeyPool.KeyPool>();
        KeyImport import = pool.Add(settings.Pool.Keys.Select(key => Entry(key, disabled: false)).Concat(settings.Pool.InvalidKeys.Select(key => Entry(key, disabled: true))));
        StartupMessages.Keys(
            app.Logger, import.Count(KeyImportVerdict.Added), import.Count(KeyImportVerdict.Duplicate),
            import.Count(KeyImportVerdict.Placeholder), import.Count(KeyImportVerdict.Malformed));
        if (pool.Count == 0)
            StartupMessages.NoKeys(app.Logger);
    }

    /// <summary>Reads <c>key@project</c>.</summary>
    private static KeyEntry Entry(string text, bool disabled)
    {
        int at = text.LastIndexOf('@');
        return at > 0
            ? new KeyEntry(text[..at], ProjectGroup: text[(at + 1)..], Disabled: disabled)
            : new KeyEntry(text, Disabled: disabled);
    }
}

/// <summary>What is said at the start.</summary>
internal static partial class StartupMessages
{
    [LoggerMessage(EventId = 6000, Level = LogLevel.Warning, Message = "{Notice}")]
    public static partial void Notice(ILogger logger, string notice);

    [LoggerMessage(EventId = 6001, Level = LogLevel.Information, Message = "{Added} keys taken; passed over: {Duplicates} duplicates, {Placeholders} sample values, {Malformed} that cannot be keys.")]
    public static partial void Keys(ILogger logger, int added, int duplicates, int placeholders, int malformed);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Warning, Message = "There is no Gemini API key yet. Set GEMINI_API_KEYS=key1,key2 in the environment or in a .env file here, and start again. Keys are made at https://aistudio.google.com/apikey. Without one: dotnet run --project src/Pollux -- demo")]
    public static partial void NoKeys(ILogger logger);

    [LoggerMessage(EventId = 6003, Level = LogLevel.Information, Message = "Pollux listens at {Address}. OpenAI clients: {Address}/v1, Gemini clients: {Address}")]
    public static partial void Listening(ILogger logger, string address);
}
