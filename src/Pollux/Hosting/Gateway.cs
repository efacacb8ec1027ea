using Pollux.Access;
using Pollux.Affinity;
using Pollux.Buffers;
using Pollux.Dispatch;
using Pollux.Endpoints;
using Pollux.Endpoints.Dialects;
using Pollux.Files;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Live;
using Pollux.Media;
using Pollux.Pictures;
using Pollux.Replies;
using Pollux.Resources;
using Pollux.Responses;
using Pollux.Settings;
using Pollux.Sound;
using Pollux.Storage;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Hosting;

/// <summary>Puts the gateway together.</summary>
internal static class Gateway
{
    /// <summary>Builds a gateway that is ready to be started.</summary>
    /// <param name="settings">What is configured.</param>
    /// <param name="customize">Replaces services, such as the clock; for tests.</param>
    /// <exception cref="StorageException">The database cannot be used.</exception>
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
        if (settings.Storage.KeyStorage == KeyStorageMode.Database)
            builder.Services.AddStorage(settings); // first: what starts first stops last
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

    /// <summary>A method of its own: with <c>KEY_STORAGE_MODE=memory</c> nothing of the database is even loaded.</summary>
    private static void AddStorage(this IServiceCollection services, PolluxSettings settings)
    {
        string folder = settings.Server.DataDirectory;
        services.AddSingleton(provider => Database.Open(folder, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => MasterKey.Unlock(provider.GetRequiredService<Database>(), settings.Storage.MasterKey, folder, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new StoreWriter(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<StoreWriter>>()));
        services.AddSingleton<KeyStore>();
        services.AddSingleton<QuotaStore>();
        services.AddSingleton<ProjectLinkStore>();
        services.AddSingleton<CredentialEventStore>();
        services.AddSingleton<PoolKeeper>();
        services.AddSingleton<AffinityStore>();
        services.AddSingleton<AffinityKeeper>();
        services.AddSingleton<IResponseArchive>(provider => new ResponseArchive(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<StoreWriter>(), provider.GetRequiredService<SecretBox>(), settings.Responses.MaxBytes, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<SignatureStore>();
        services.AddSingleton<SignatureKeeper>();
        services.AddHostedService(static provider => provider.GetRequiredService<StoreWriter>());
        services.AddHostedService(static provider => provider.GetRequiredService<PoolKeeper>());
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
                ScoreWeights = settings.Pool.ScoreWeights,
                DailyCallsPerKey = settings.Pool.DailyCallsPerKey,
                PaidKeysLast = settings.Pool.PaidKeysLast,
                SetLimits = settings.Pool.SetLimits,
                ExpectedLimits = ModelLimitsFile.Shipped(),
            }));
        services.AddSingleton(new UpstreamTrust(Policy: null));
        services.AddSingleton(provider => new GeminiUpstream(
            settings.Dispatch, settings.Vertex, settings.Others, provider.GetRequiredService<UpstreamTrust>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<GeminiUpstream>>()));
        services.AddSingleton<LeaseDesk>();
        services.AddSingleton<Dispatcher>();
        services.AddSingleton<IdenticalRequests>();
        services.AddSingleton<ReplyStore>();
        services.AddSingleton<AbandonedCalls>();
        services.AddHostedService(static provider => provider.GetRequiredService<AbandonedCalls>());
        services.AddSingleton<KeptReplies>();
        services.AddSingleton<SignatureVault>();
        services.AddSingleton(provider => new AffinityLedger(provider.GetRequiredService<TimeProvider>(), new AffinityLedgerOptions { IsolatesFiles = settings.Files.IsolatesCallers }));
        services.AddSingleton<StickyKeys>();
        services.AddSingleton<ModelDirectory>();
        services.AddSingleton<ModelNames>();
        services.AddSingleton<ModelFallbacks>();
        services.AddSingleton(provider => new BodyBudget(
            settings.Server.LargeBodyBudgetBytes, settings.Server.LargeBodyWait, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new AnswerRoom(
            settings.Server.LargeBodyBudgetBytes, settings.Server.LargeBodyWait, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IMediaNetwork, SystemMediaNetwork>();
        services.AddSingleton<MediaConnections>();
        services.AddSingleton<MediaFetcher>();
        services.AddSingleton<RemoteMediaLoader>();
        services.AddSingleton<GenerationPreparation>();
        services.AddSingleton<EmbeddingGeneration>();
        services.AddSingleton<SpeechGeneration>();
        services.AddSingleton<TranscriptionGeneration>();
        services.AddSingleton<ImageGeneration>();
        services.AddSingleton<PicturePublishing>();
        services.AddSingleton<PastPictureLoader>();
        services.AddSingleton<ImagesEndpoint>();
        services.AddSingleton<PictureChatEndpoint>();
        services.AddSingleton<SoundEncoder>();
        services.AddSingleton<GenerationEndpoint>();
        services.AddSingleton<ChatDialect>();
        services.AddSingleton(MessagesDialect.Answering);
        services.AddSingleton<CompletionsDialect>();
        services.AddSingleton<ResponseShelf>();
        services.AddSingleton<ResponseHistory>();
        services.AddSingleton<ResponsesDialect>();
        services.AddSingleton<TokenCountEndpoint>();
        services.AddSingleton<ResponsesEndpoint>();
        services.AddHostedService<ResponseSweep>();
        services.AddSingleton<OpenAIRelay>();
        services.AddSingleton<RelayedRequests>();
        services.AddSingleton<OpenAIPassthroughEndpoint>();
        services.AddSingleton<NamedUpstreams>();
        services.AddSingleton<NamedUpstreamRelay>();
        services.AddSingleton<XaiPictureChat>();
        services.AddSingleton<XaiEndpoint>();
        services.AddSingleton<EmbeddingsEndpoint>();
        services.AddSingleton<SpeechEndpoint>();
        services.AddSingleton<TranscriptionEndpoint>();
        services.AddSingleton<NativeEndpoint>();
        services.AddSingleton<ModelsEndpoint>();
        services.AddSingleton<StatusEndpoint>();
        services.AddPictures();
        services.AddFiles();
        services.AddLive();
        services.AddSingleton(_ => AccessSetup.Model(settings));
        services.AddSingleton(provider => new RequestRateLimits(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<AccessGate>();
        services.AddHostedService<KeyCheck>();
        services.AddHostedService<ModelRefresh>();
    }

    private static void AddFiles(this IServiceCollection services)
    {
        services.AddSingleton<CopyFolder>();
        services.AddSingleton<FileCopies>();
        services.AddHostedService<CopySweep>();
        services.AddSingleton<FileTwins>();
        services.AddSingleton<FileReunion>();
        services.AddSingleton<FileBook>();
        services.AddSingleton<PageTokens>();
        services.AddSingleton<ListPages>();
        services.AddSingleton<ResourceOwners>();
        services.AddSingleton<ResourceCalls>();
        services.AddSingleton<ResourceLists>();
        services.AddSingleton<ResourcesEndpoint>();
        services.AddSingleton<UploadSessions>();
        services.AddSingleton<FileTransfers>();
        services.AddSingleton<FileUploads>();
        services.AddSingleton<FileCalls>();
        services.AddSingleton<LostFinals>();
        services.AddSingleton<FilePins>();
        services.AddSingleton<FilesEndpoint>();
        services.AddSingleton<FilesCleanup>();
        services.AddHostedService(static provider => provider.GetRequiredService<FilesCleanup>());
    }

    private static void AddLive(this IServiceCollection services)
    {
        services.AddSingleton<LiveTokens>();
        services.AddSingleton<IEphemeralTokens>(static provider => provider.GetRequiredService<LiveTokens>());
        services.AddSingleton<LiveSessions>();
        services.AddSingleton<LiveConnector>();
        services.AddSingleton<LiveModels>();
        services.AddSingleton<LiveGate>();
        services.AddSingleton<LiveEndpoint>();
    }

    private static void AddPictures(this IServiceCollection services)
    {
        services.AddSingleton(provider => new PictureConnections(PictureConnections.Usual, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<MemoryPictures>();
        services.AddSingleton<LocalPictures>();
        services.AddSingleton<PictureStores>();
        services.AddSingleton<PictureShelf>();
        services.AddSingleton<PicturesEndpoint>();
        services.AddHostedService<PictureCleaning>();
    }

    private static void Use(WebApplication app, PolluxSettings settings)
    {
        if (settings.Server.RootPath.Length > 0)
            app.UsePathBase(settings.Server.RootPath);
        app.UseMiddleware<PathNormalization>();
        app.UseMiddleware<RequestScope>();
        app.UseWhen(static http => http.Request.Path.Value?.Contains("/ws/", StringComparison.OrdinalIgnoreCase) == true, static live => live.UseWebSockets()); // other requests need not pay for it
        app.UseRouting();
        app.UseAccess();
        app.MapGateway();
    }

    private static void FillPool(WebApplication app, PolluxSettings settings)
    {
        var pool = app.Services.GetRequiredService<KeyPool.KeyPool>();
        // Paid ones first: of a key that comes twice the first counts.
        KeyEntry[] environment = [.. settings.Pool.PaidKeys.Select(static key => KeyFile.Entry(key) with { IsReserved = true }), .. settings.Pool.Keys.Select(static key => KeyFile.Entry(key)), .. settings.Pool.InvalidKeys.Select(static key => KeyFile.Entry(key, disabled: true)),
            .. settings.Vertex.ServiceAccounts, .. settings.Vertex.ExpressKeys.Select(static key => new KeyEntry(key, CredentialKind.VertexExpressKey)),
            .. settings.Others.Xai.Keys.Select(static key => new KeyEntry(key, CredentialKind.XaiKey))];
        if (settings.Storage.KeyStorage == KeyStorageMode.Database)
        {
            FillFromStore(app, pool, environment);
        }
        else
        {
            KeyImport import = pool.Add(environment);
            StartupMessages.Keys(
                app.Logger, import.Count(KeyImportVerdict.Added), import.Count(KeyImportVerdict.Duplicate),
                import.Count(KeyImportVerdict.Placeholder), import.Count(KeyImportVerdict.Malformed));
        }

        pool.Add(settings.Others.Further.SelectMany(static upstream => upstream.Keys)); // they belong to their entry in the settings, and are not stored
        if (pool.Count == 0)
            StartupMessages.NoKeys(app.Logger);
    }

    private static void FillFromStore(WebApplication app, KeyPool.KeyPool pool, KeyEntry[] environment)
    {
        try
        {
            IReadOnlyList<long> unreadable = app.Services.GetRequiredService<PoolKeeper>().Restore(environment);
            if (unreadable.Count > 0)
                StartupMessages.Unreadable(app.Logger, unreadable.Count);
            app.Services.GetRequiredService<AffinityKeeper>().Restore();
            app.Services.GetRequiredService<SignatureKeeper>().Restore();
        }
        catch (StorageException fault)
        {
            StartupMessages.NoStore(app.Logger, fault.Message);
            app.DisposeAsync().AsTask().GetAwaiter().GetResult(); // writes the log line; nothing runs yet that could wait for this thread
            throw;
        }

        int placeholders = 0, malformed = 0;
        var distinct = new HashSet<SecretText>();
        foreach (KeyEntry entry in environment)
        {
            KeyImportVerdict verdict = OfferedSecret.Judge(entry, out SecretText? secret);
            placeholders += verdict == KeyImportVerdict.Placeholder ? 1 : 0;
            malformed += verdict == KeyImportVerdict.Malformed ? 1 : 0;
            if (secret is not null)
                distinct.Add(secret);
        }

        StartupMessages.Keys(app.Logger, pool.Count, environment.Length - placeholders - malformed - distinct.Count, placeholders, malformed);
        StartupMessages.Stored(app.Logger, pool.Count - distinct.Count, pool.Credentials().Count(static key => key.Health.Status != CredentialStatus.Usable));
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

    [LoggerMessage(EventId = 6004, Level = LogLevel.Critical, Message = "{Words}")]
    public static partial void NoStore(ILogger logger, string words);

    [LoggerMessage(EventId = 6005, Level = LogLevel.Warning, Message = "{Count} stored keys cannot be decrypted. They are left as they are and not used.")]
    public static partial void Unreadable(ILogger logger, int count);

    [LoggerMessage(EventId = 6006, Level = LogLevel.Information, Message = "{Stored} of them are stored and not in the environment; {Unusable} are out or disabled since before the start.")]
    public static partial void Stored(ILogger logger, int stored, int unusable);
}
