using System.Net;
using System.Text.Json;
using Pollux.Access;
using Pollux.KeyPool;

namespace Pollux.Settings;

/// <summary>
/// Builds <see cref="PolluxSettings"/> from the names that users have in their files. The one place that knows a name, its
/// range and its default.
/// </summary>
internal static partial class SettingsLoader
{
    private const int Megabyte = 1024 * 1024;

    private const string GoogleBaseUrl = "https://generativelanguage.googleapis.com";
    private const int ShortestMasterKey = 16; // as a passphrase; anything shorter can be guessed

    /// <summary>Reads the process environment and <c>.env</c> in the working directory.</summary>
    public static SettingSource FromProcess()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
#pragma warning disable RS0030 // this is the one place that may read it
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
#pragma warning restore RS0030
            environment[(string)entry.Key] = (string?)entry.Value ?? "";
        return new SettingSource(environment, File.Exists(".env") ? File.ReadAllText(".env") : null);
    }

    /// <summary>Builds the settings; what is wrong stands in <see cref="SettingSource.Faults"/> afterwards.</summary>
    public static PolluxSettings Load(SettingSource source)
    {
        AccessOptions access = LoadAccess(source);
        return new PolluxSettings
        {
            Access = access,
            Server = LoadServer(source, access),
            Pool = LoadPool(source, DataDirectory(source)),
            Storage = LoadStorage(source),
            Dispatch = LoadDispatch(source),
            Vertex = LoadVertex(source, DataDirectory(source)),
            Others = LoadOthers(source),
            Generation = LoadGeneration(source, access),
            Replies = LoadReplies(source),
            Streams = LoadStreams(source),
            Pictures = LoadPictures(source, DataDirectory(source)),
            Media = LoadMedia(source),
            Responses = LoadResponses(source),
            Files = LoadFiles(source),
            Live = LoadLive(source),
            Audio = LoadAudio(source),
            Log = LoadLog(source),
        };
    }

    private static AccessOptions LoadAccess(SettingSource source) => new()
    {
        Passwords = PasswordRules.Values(source.Text("PASSWORD", "USERS_API_KEY")),
        AllowedTokens = source.List("ALLOWED_TOKENS"),
        AuthToken = source.Text("AUTH_TOKEN"),
        WhitelistIps = LoadAddresses(source, "WHITELIST_IPS"),
        BlacklistIps = LoadAddresses(source, "BLACKLIST_IPS"),
        TrustedProxies = LoadAddresses(source, "TRUSTED_PROXIES"),
        MaxRequestsPerMinute = source.Integer("MAX_REQUESTS_PER_MINUTE", 60, int.MinValue, 1_000_000),
        MaxRequestsPerDayPerIp = source.Integer("MAX_REQUESTS_PER_DAY_PER_IP", 600, int.MinValue, 100_000_000),
        WhitelistUserAgents = source.List("WHITELIST_USER_AGENT"),
        AllowedOrigins = source.Words("ALLOWED_ORIGINS"),
        XaiCallerKeys = source.Boolean("XAI_CALLER_KEYS", true),
    };

    private static AddressSet LoadAddresses(SettingSource source, string name)
    {
        AddressSet addresses = AddressSet.Parse(source.Words(name), out IReadOnlyList<string> wrong);
        if (wrong.Count > 0)
            source.Fault(name, $"holds {wrong.Count} entries that are neither an address nor a network such as 10.0.0.0/8", refusesStart: true);
        return addresses;
    }

    private static ServerSettings LoadServer(SettingSource source, AccessOptions access)
    {
        bool anyCredential = !AccessModel.NeedsGeneratedPassword(access);
        bool container = source.Text("DOTNET_RUNNING_IN_CONTAINER") is not null;
        IPAddress host = container || anyCredential ? IPAddress.Any : IPAddress.Loopback;
        if (source.Text("HOST") is { } text)
        {
            if (text == "localhost")
                host = IPAddress.Loopback;
            else if (IPAddress.TryParse(text, out IPAddress? address))
                host = address;
            else
                source.Fault("HOST", "is not an IP address; to listen elsewhere than meant is not safe", refusesStart: true);
        }

        string rootPath = source.Text("ROOT_PATH")?.Trim('/') ?? "";
        return new ServerSettings
        {
            Host = host,
            Port = source.Integer("PORT", 7860, 0, 65535),
            DataDirectory = DataDirectory(source),
            MaxBodyBytes = source.Integer("MAX_BODY_MB", 100, 1, 2047) * 1024L * 1024L,
            LargeBodyBudgetBytes = source.Integer("LARGE_BODY_BUDGET_MB", 256, 16, 65536) * 1024L * 1024L,
            LargeBodyWait = source.Seconds("LARGE_BODY_WAIT_SECONDS", 60, 600),
            RootPath = rootPath.Length > 0 ? "/" + rootPath : "",
            DebugHeaders = source.Boolean("DEBUG_HEADERS", false),
            PublicMode = source.Boolean("PUBLIC_MODE", false),
        };
    }

    private static string DataDirectory(SettingSource source) => source.Text("DATA_DIR", "STORAGE_DIR") ?? "data";

    private static StorageSettings LoadStorage(SettingSource source)
    {
        KeyStorageMode mode = KeyStorageMode.Database;
        switch (source.Text("KEY_STORAGE_MODE")?.ToUpperInvariant())
        {
            case null or "DATABASE":
                break;
            case "MEMORY":
                mode = KeyStorageMode.Memory;
                break;
            default:
                source.Fault("KEY_STORAGE_MODE", "is neither memory nor database; database holds");
                break;
        }

        string? masterKey = source.Text("POLLUX_MASTER_KEY");
        if (masterKey is { Length: < ShortestMasterKey } && mode == KeyStorageMode.Database)
            source.Fault("POLLUX_MASTER_KEY", $"has less than {ShortestMasterKey} characters; give 32 bytes as base64 or hexadecimal digits, or a longer passphrase", refusesStart: true);
        return new StorageSettings { KeyStorage = mode, MasterKey = masterKey is null ? null : new SecretText(masterKey) };
    }

    private static DispatchSettings LoadDispatch(SettingSource source)
    {
        int? emptyRetries = source.OptionalInteger("GEMINI_EMPTY_RESPONSE_RETRIES", int.MinValue, 99);
        int? maxEmpty = source.OptionalInteger("MAX_EMPTY_RESPONSES", int.MinValue, 100);
        return new DispatchSettings
        {
            BaseAddresses = LoadBaseAddresses(source),
            Proxies = LoadProxies(source),
            ProxyByKey = source.Boolean("PROXIES_USE_CONSISTENCY_HASH_BY_API_KEY", true),
            CustomHeaders = LoadHeaders(source),
            MaxAttempts = Math.Max(1, Larger(source.OptionalInteger("MAX_RETRY_NUM", int.MinValue, 100), source.OptionalInteger("MAX_RETRIES", int.MinValue, 100)) ?? 15),
            AttemptBudget = source.Seconds("ATTEMPT_BUDGET_SECONDS", 120, 86400),
            UpstreamRetries = OrNone(source.OptionalInteger("GEMINI_503_RETRIES", int.MinValue, 100)),
            QuotaRetries = OrNone(source.OptionalInteger("GEMINI_429_RETRIES", int.MinValue, 100)),
            RetryDelay = source.Seconds("GEMINI_RETRY_DELAY", 1, 60),
            MaxEmptyAnswers = Math.Max(1, Larger(OrNone(emptyRetries) + 1, maxEmpty) ?? 5),
            Hedging = LoadHedging(source),
            ShareIdenticalRequests = LoadSharing(source),
            ConnectTimeout = source.Seconds(source.Text("CONNECT_TIMEOUT") is null ? "HTTP_TIMEOUT_CONNECT" : "CONNECT_TIMEOUT", 10, 600),
            SilenceTimeout = source.Seconds("TIME_OUT", 300, 86400),
            TotalTimeout = source.Seconds("TOTAL_TIMEOUT", 0, 86400),
            KeepAlive = source.Seconds("STREAM_KEEPALIVE_SECONDS", 10, 3600),
            UnaryKeepAlive = source.Boolean("NONSTREAM_KEEPALIVE_ENABLED", false) ? source.Seconds("NONSTREAM_KEEPALIVE_INTERVAL", 5, 3600) : TimeSpan.Zero,
        };
    }

    private static HedgeSettings LoadHedging(SettingSource source) => new()
    {
        Width = Math.Max(1, source.Integer("CONCURRENT_REQUESTS", 1, int.MinValue, 20)),
        Growth = Math.Max(0, source.Integer("INCREASE_CONCURRENT_ON_FAILURE", 1, int.MinValue, 20)),
        MaxWidth = Math.Max(1, source.Integer("MAX_CONCURRENT_REQUESTS", 3, int.MinValue, 20)),
        After = TimeSpan.FromMilliseconds(Math.Max(0, source.Integer("HEDGE_AFTER_MS", 0, int.MinValue, 600_000))),
    };

    private static bool LoadSharing(SettingSource source)
    {
        bool wanted = source.Boolean("SHARE_IDENTICAL_REQUESTS", false);
        if (!wanted || !source.Boolean("PUBLIC_MODE", false))
            return wanted;
        source.Fault("SHARE_IDENTICAL_REQUESTS", "has no effect with PUBLIC_MODE, where strangers present the same credential; each request is sent by itself");
        return false;
    }

    /// <summary>Of two names for one setting the larger value wins; an open one does not count.</summary>
    private static int? Larger(int? first, int? second) => first is { } one && second is { } other ? Math.Max(one, other) : first ?? second;

    /// <summary>A number of retries below zero means none.</summary>
    private static int? OrNone(int? retries) => retries < 0 ? 0 : retries;

    /// <summary>One wrong entry does not spoil the others; but with none left, keys would go where they were not meant to be seen.</summary>
    private static List<OutboundProxy> LoadProxies(SettingSource source)
    {
        var proxies = new List<OutboundProxy>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        var wrong = new List<string>();
        int number = 0;
        foreach (string entry in source.Words("PROXIES"))
        {
            number++;
            if (!OutboundProxy.TryRead(entry, out OutboundProxy? proxy, out string fault))
                wrong.Add($"{OutboundProxy.NameOf(entry, number)} {fault}");
            else if (known.Add(proxy.Identity))
                proxies.Add(proxy);
        }

        foreach (string fault in wrong)
        {
            source.Fault(
                "PROXIES",
                proxies.Count > 0 ? $"{fault}; it is passed over" : $"{fault}, and no other entry is left; requests would not go by a proxy as meant",
                refusesStart: proxies.Count == 0);
        }

        return proxies;
    }

    private static GenerationSettings LoadGeneration(SettingSource source, AccessOptions access) => new()
    {
        Images = LoadImages(source),
        SafetySettings = LoadSafety(source),
        DisableSafetyFiltering = source.OptionalBoolean("DISABLE_SAFETY_FILTERING"),
        EnableThinking = source.Boolean("ENABLE_THINKING", true),
        ShowThinking = source.Boolean("SHOW_THINKING_PROCESS", true),
        ThinkingInTags = source.Choice("THINKING_FORMAT", "fields", "tags") == "tags",
        ThinkingBudgets = LoadBudgets(source),
        ThinkingModels = source.Words("THINKING_MODELS"),
        Tools = LoadTools(source),
        BlockedModels = [.. source.Words("FILTERED_MODELS"), .. source.Words("BLOCKED_MODELS")],
        AllowedModels = source.Words("WHITELIST_MODELS"),
        ExtraModels = source.Words("EXTRA_MODELS"),
        Aliases = LoadAliases(source, access),
        Fallbacks = LoadFallbacks(source),
        RandomTextLength = source.Boolean("RANDOM_STRING", false) ? source.Integer("RANDOM_STRING_LENGTH", 5, 1, 1000) : 0,
        OpenAIPassthrough = source.Boolean("OPENAI_PASSTHROUGH", false),
    };

    /// <summary>Pairs as <c>model=stand-in</c>, or a JSON object. A circle refuses the start: nobody can say where such a chain was meant to end.</summary>
    private static Dictionary<string, string> LoadFallbacks(SettingSource source)
    {
        const string Name = "MODEL_FALLBACKS";
        var fallbacks = new Dictionary<string, string>(StringComparer.Ordinal);
        if (source.Text(Name) is not { } text)
            return fallbacks;
        if (text.StartsWith('{'))
        {
            foreach ((string model, string standIn) in LoadMap(source, Name))
                fallbacks[WithoutPrefix(model)] = WithoutPrefix(standIn);
        }
        else
        {
            foreach (string pair in source.Words(Name))
            {
                if (pair.Split('=') is [{ Length: > 0 } model, { Length: > 0 } standIn] && !standIn.Contains('>'))
                    fallbacks[WithoutPrefix(model)] = WithoutPrefix(standIn);
                else
                    source.Fault(Name, "holds an entry that is not a pair model=stand-in (a chain is several pairs: a=b,b=c); that one counts as not set");
            }
        }

        foreach (string first in fallbacks.Keys)
        {
            string? next = first;
            for (int steps = 0; next is not null && steps <= fallbacks.Count; steps++)
                next = fallbacks.GetValueOrDefault(next);
            if (next is null)
                continue;
            source.Fault(Name, "sends models in a circle, so that a chain has no end; each chain must end at a model that has no stand-in itself", refusesStart: true);
            break;
        }

        return fallbacks;

        static string WithoutPrefix(string model) => model.StartsWith("models/", StringComparison.Ordinal) ? model["models/".Length..] : model;
    }

    private static IReadOnlyList<(string Category, string Threshold)>? LoadSafety(SettingSource source)
    {
        if (source.Text("SAFETY_SETTINGS") is not { } text)
            return null;
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            return [.. json.RootElement.EnumerateArray().Select(item => (Word(item, "category"), Word(item, "threshold")))];
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            source.Fault("SAFETY_SETTINGS", "is not a JSON array of objects with category and threshold; it counts as not set");
            return null;
        }

        static string Word(JsonElement item, string name) => item.GetProperty(name).GetString() ?? throw new JsonException("A word is null.");
    }

    private static Dictionary<string, int> LoadBudgets(SettingSource source)
    {
        var budgets = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((string model, string value) in LoadMap(source, "THINKING_BUDGET_MAP"))
        {
            if (SettingValue.TryNumber(value, out double budget) && budget is >= -1 and <= 1_000_000 && budget == Math.Truncate(budget))
                budgets[model] = (int)budget;
            else
                source.Fault("THINKING_BUDGET_MAP", $"has no whole number from -1 on for {model}; the model's own default holds");
        }

        return budgets;
    }

    /// <summary>A name that cannot be a request header would make every request fail.</summary>
    private static Dictionary<string, string> LoadHeaders(SettingSource source)
    {
        Dictionary<string, string> headers = LoadMap(source, "CUSTOM_HEADERS");
        foreach (string name in headers.Keys.Where(static name => !IsHeaderName(name)).ToArray())
        {
            headers.Remove(name);
            source.Fault("CUSTOM_HEADERS", "holds a name that no header of a request can have; that one counts as not set");
        }

        return headers;
    }

    private static bool IsHeaderName(string name) =>
        name.Length > 0
        && name.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal))
        && !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)
        && name.ToUpperInvariant() is not ("ALLOW" or "EXPIRES" or "LAST-MODIFIED");

    private static Dictionary<string, string> LoadMap(SettingSource source, string name)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (source.Text(name) is not { } text)
            return map;
        try
        {
            using JsonDocument json = JsonDocument.Parse(text.Contains('"') ? text : text.Replace('\'', '"'), new JsonDocumentOptions { AllowTrailingCommas = true });
            foreach (JsonProperty property in json.RootElement.EnumerateObject())
                map[property.Name] = property.Value.ToString();
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            source.Fault(name, "is not a JSON object; it counts as not set");
        }

        return map;
    }

    private static LogSettings LoadLog(SettingSource source)
    {
        LogLevel level = LogLevel.Information;
        if (source.Text("LOG_LEVEL") is { } text)
        {
            LogLevel? known = text.ToUpperInvariant() switch
            {
                "TRACE" => LogLevel.Trace,
                "DEBUG" => LogLevel.Debug,
                "INFO" or "INFORMATION" => LogLevel.Information,
                "WARNING" or "WARN" => LogLevel.Warning,
                "ERROR" => LogLevel.Error,
                "CRITICAL" or "FATAL" => LogLevel.Critical,
                "NONE" or "OFF" => LogLevel.None,
                _ => null,
            };
            if (known is null)
                source.Fault("LOG_LEVEL", "is none of trace, debug, info, warning, error, critical, none; info holds");
            level = known ?? level;
        }

        return new LogSettings
        {
            Level = source.Boolean("DEBUG", false) && level > LogLevel.Debug ? LogLevel.Debug : level,
            Directory = source.Text("LOG_DIR") ?? "logs",
            Json = source.Choice("LOG_FORMAT", "text", "json") == "json",
            MaxFileBytes = source.Integer("MAX_LOG_SIZE", 10, 1, 2000) * 1024L * 1024L,
            MaxBackups = Math.Max(0, source.Integer("MAX_LOG_BACKUPS", 5, int.MinValue, 10_000)),
            MaxAgeDays = Math.Max(0, source.Integer("LOG_CLEANUP_DAYS", 30, int.MinValue, 36_500)),
        };
    }
}
