using System.Net;
using Pollux.Access;
using Pollux.KeyPool;

namespace Pollux.Settings;

/// <summary>
/// Everything that is configured, validated as a whole. A request reads it once and keeps what it read; a change swaps the
/// whole object.
/// </summary>
internal sealed record PolluxSettings
{
    /// <summary>Where the gateway listens and keeps its files.</summary>
    public required ServerSettings Server { get; init; }

    /// <summary>Who may call.</summary>
    public required AccessOptions Access { get; init; }

    /// <summary>The key pool.</summary>
    public required PoolSettings Pool { get; init; }

    /// <summary>What is kept on disk, and how.</summary>
    public required StorageSettings Storage { get; init; }

    /// <summary>Vertex AI.</summary>
    public required VertexSettings Vertex { get; init; }

    /// <summary>xAI, and further upstreams with OpenAI's API.</summary>
    public required OtherUpstreamSettings Others { get; init; }

    /// <summary>How a request is served.</summary>
    public required DispatchSettings Dispatch { get; init; }

    /// <summary>What Gemini is asked for and how the answer is shaped.</summary>
    public required GenerationSettings Generation { get; init; }

    /// <summary>The response cache.</summary>
    public required ReplySettings Replies { get; init; }

    /// <summary>How streams reach a client.</summary>
    public required StreamSettings Streams { get; init; }

    /// <summary>Where made pictures live.</summary>
    public required PictureSettings Pictures { get; init; }

    /// <summary>How media are fetched that a request names by address.</summary>
    public required MediaSettings Media { get; init; }

    /// <summary>Answers that callers can ask for again.</summary>
    public required ResponseSettings Responses { get; init; }

    /// <summary>Files that callers upload.</summary>
    public required FileSettings Files { get; init; }

    /// <summary>Sessions of the Live API.</summary>
    public required LiveSettings Live { get; init; }

    /// <summary>Speech.</summary>
    public required AudioSettings Audio { get; init; }

    /// <summary>What is logged where.</summary>
    public required LogSettings Log { get; init; }
}

/// <summary>Where the gateway listens and keeps its files. Cannot change while running.</summary>
internal sealed record ServerSettings
{
    /// <summary><c>HOST</c>: 0.0.0.0 in a container or when a credential is configured, else 127.0.0.1.</summary>
    public required IPAddress Host { get; init; }

    /// <summary><c>PORT</c>, 0 to 65535 (0: any free one), default 7860.</summary>
    public required int Port { get; init; }

    /// <summary><c>DATA_DIR</c>, default <c>data</c>.</summary>
    public required string DataDirectory { get; init; }

    /// <summary><c>MAX_BODY_MB</c>, 1 to 2047 MB, default 100: what Google takes inline since 2026.</summary>
    public required long MaxBodyBytes { get; init; }

    /// <summary><c>LARGE_BODY_BUDGET_MB</c>: memory for bodies from 1 MB on that are under way at once, 16 to 65,536 MB, default 256.</summary>
    public required long LargeBodyBudgetBytes { get; init; }

    /// <summary><c>LARGE_BODY_WAIT_SECONDS</c>: how long such a body waits for its share, up to 600 s, default 60; zero = not at all.</summary>
    public required TimeSpan LargeBodyWait { get; init; }

    /// <summary><c>ROOT_PATH</c>: a path prefix behind a reverse proxy, with a leading slash, or empty.</summary>
    public required string RootPath { get; init; }

    /// <summary><c>DEBUG_HEADERS</c>: whether answers carry <c>x-pollux-*</c> headers.</summary>
    public required bool DebugHeaders { get; init; }

    /// <summary><c>PUBLIC_MODE</c>: many strangers share the gateway; the status page tells little.</summary>
    public required bool PublicMode { get; init; }
}

/// <summary>The key pool.</summary>
internal sealed record PoolSettings
{
    /// <summary><c>GEMINI_API_KEYS</c>, <c>GEMINI_API_KEYS_1</c>..N and <c>API_KEYS</c>, each optionally <c>key@project</c>.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary><c>INVALID_API_KEYS</c>: known to be bad; imported as disabled.</summary>
    public required IReadOnlyList<string> InvalidKeys { get; init; }

    /// <summary><c>PAID_KEY</c>: keys that serve only what must be paid for.</summary>
    public required IReadOnlyList<string> PaidKeys { get; init; }

    /// <summary><c>PAID_MODELS</c> and <c>CREATE_IMAGE_MODEL</c>: models that these serve, beside Imagen and Veo; <c>*</c> at the end of a name stands for anything.</summary>
    public required IReadOnlyList<string> PaidModels { get; init; }

    /// <summary><c>PAID_KEYS_LAST</c>: keys imported as paid serve when no other has room. Default yes.</summary>
    public required bool PaidKeysLast { get; init; }

    /// <summary><c>API_KEY_DAILY_LIMIT</c>: calls a key makes on a quota day at most, 0 to 10,000,000; 0 = as many as Google allows (default).</summary>
    public required int DailyCallsPerKey { get; init; }

    /// <summary><c>ENABLE_STICKY_SESSION</c>: a caller stays on its key while that can serve. Default no.</summary>
    public required bool StickySessions { get; init; }

    /// <summary><c>SCORE_WEIGHTS</c>: what the windows weigh when <c>KEY_SELECTION=score</c>, each 0 to 1000.</summary>
    public required ScoreWeights ScoreWeights { get; init; }

    /// <summary><c>MAX_FAILURES</c>: consecutive failures owned by a key that put it out; 0 = never. Default 3.</summary>
    public required int MaxFailures { get; init; }

    /// <summary><c>SKIP_CHECK_API_KEY</c>: whether the keys are not checked at the start.</summary>
    public required bool SkipCheck { get; init; }

    /// <summary><c>CHECK_INTERVAL_HOURS</c>: how often keys that are out are looked at again; zero = never. Default 1 hour.</summary>
    public required TimeSpan CheckInterval { get; init; }

    /// <summary><c>KEY_SELECTION</c>: how a key is picked among those that can serve. Default <c>quota</c>.</summary>
    public required KeySelectionStrategy Selection { get; init; }

    /// <summary><c>MAX_QUEUE_SECONDS</c>: how long a request waits for a key that will be free soon; zero = not at all. Default 20 s.</summary>
    public required TimeSpan MaxQueueTime { get; init; }

    /// <summary><c>MODEL_LIMITS_PATH</c>: limits the user set by model, hard for every project. Empty when there is no such file.</summary>
    public required IReadOnlyDictionary<string, ModelLimits> SetLimits { get; init; }

    /// <summary><c>MAX_QUEUE_LENGTH</c>: how many requests may wait, 0 to 100,000, default 1,000.</summary>
    public required int MaxQueueLength { get; init; }
}

/// <summary>Where keys and what is known about them live.</summary>
internal enum KeyStorageMode
{
    /// <summary>In a database in <c>DATA_DIR</c>, secrets encrypted.</summary>
    Database,

    /// <summary>In memory alone: keys come from the environment, and a restart forgets what was learned.</summary>
    Memory,
}

/// <summary>What is kept on disk, and how. Cannot change while running.</summary>
internal sealed record StorageSettings
{
    /// <summary><c>KEY_STORAGE_MODE</c>, default database.</summary>
    public required KeyStorageMode KeyStorage { get; init; }

    /// <summary><c>POLLUX_MASTER_KEY</c>: what secrets on disk are encrypted with; <see langword="null"/>: a file in <c>DATA_DIR</c>.</summary>
    public required SecretText? MasterKey { get; init; }
}

/// <summary>How a request is served.</summary>
internal sealed record DispatchSettings
{
    /// <summary><c>BASE_URL</c> or <c>PROXY_URL</c>: where the Gemini API is reached, at least one address.</summary>
    public required IReadOnlyList<WeightedAddress> BaseAddresses { get; init; }

    /// <summary>
    /// <c>PROXIES</c>: what requests to the upstream go through, each key by one of them; empty = directly, or by the proxy that
    /// the environment names (<c>HTTPS_PROXY</c>).
    /// </summary>
    public required IReadOnlyList<OutboundProxy> Proxies { get; init; }

    /// <summary><c>PROXIES_USE_CONSISTENCY_HASH_BY_API_KEY</c>: whether a key keeps its proxy (default), or any is taken each time.</summary>
    public required bool ProxyByKey { get; init; }

    /// <summary><c>CUSTOM_HEADERS</c>: added to every upstream request.</summary>
    public required IReadOnlyDictionary<string, string> CustomHeaders { get; init; }

    /// <summary><c>MAX_RETRY_NUM</c> or <c>MAX_RETRIES</c>: attempts in all, 1 to 100, default 15.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary><c>ATTEMPT_BUDGET_SECONDS</c>: no attempt starts later than this; zero = no bound. Default 120 s.</summary>
    public required TimeSpan AttemptBudget { get; init; }

    /// <summary><c>GEMINI_503_RETRIES</c>: further attempts after 5xx; <see langword="null"/> = bounded by the attempts alone.</summary>
    public required int? UpstreamRetries { get; init; }

    /// <summary><c>GEMINI_429_RETRIES</c>: further attempts after a 429; <see langword="null"/> = bounded by the attempts alone.</summary>
    public required int? QuotaRetries { get; init; }

    /// <summary><c>GEMINI_RETRY_DELAY</c>: the first pause after 5xx or an empty answer; it grows with jitter. Default 1 s.</summary>
    public required TimeSpan RetryDelay { get; init; }

    /// <summary><c>MAX_EMPTY_RESPONSES</c>: empty answers until the request fails, 1 to 100, default 5.</summary>
    public required int MaxEmptyAnswers { get; init; }

    /// <summary>How many keys one request asks at once.</summary>
    public required HedgeSettings Hedging { get; init; }

    /// <summary>
    /// <c>SHARE_IDENTICAL_REQUESTS</c>: whether requests of one caller with the same body that run at the same time share one
    /// call; not for streams, and never with <c>PUBLIC_MODE</c>. Default false.
    /// </summary>
    public required bool ShareIdenticalRequests { get; init; }

    /// <summary><c>CONNECT_TIMEOUT</c>, default 10 s.</summary>
    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary><c>TIME_OUT</c>: the longest silence of the upstream, default 300 s; zero = no bound.</summary>
    public required TimeSpan SilenceTimeout { get; init; }

    /// <summary><c>TOTAL_TIMEOUT</c>: the longest time for a request in all; zero = no bound (default).</summary>
    public required TimeSpan TotalTimeout { get; init; }

    /// <summary><c>STREAM_KEEPALIVE_SECONDS</c>: silence after which a stream gets a blank line, default 10 s; zero = never.</summary>
    public required TimeSpan KeepAlive { get; init; }

    /// <summary>
    /// <c>NONSTREAM_KEEPALIVE_ENABLED</c>, <c>NONSTREAM_KEEPALIVE_INTERVAL</c> (5 s): silence after which a unary answer gets
    /// white space before its JSON, at the price that an error behind it comes as 200; zero = never (default).
    /// </summary>
    public required TimeSpan UnaryKeepAlive { get; init; }
}

/// <summary>How many keys one request of generation asks at once. The defaults cost nothing while keys answer.</summary>
internal sealed record HedgeSettings
{
    /// <summary><c>CONCURRENT_REQUESTS</c>: keys asked at once, 1 to 20, default 1.</summary>
    public required int Width { get; init; }

    /// <summary><c>INCREASE_CONCURRENT_ON_FAILURE</c>: how many more after a round that failed, 0 to 20, default 1.</summary>
    public required int Growth { get; init; }

    /// <summary><c>MAX_CONCURRENT_REQUESTS</c>: up to how many, 1 to 20, default 3. A first round may be wider.</summary>
    public required int MaxWidth { get; init; }

    /// <summary><c>HEDGE_AFTER_MS</c>: the silence after which a single attempt gets a second beside it, 0 to 600,000 ms; zero = never (default).</summary>
    public required TimeSpan After { get; init; }
}

/// <summary>What Gemini is asked for and how the answer is shaped.</summary>
internal sealed record GenerationSettings
{
    /// <summary><c>SAFETY_SETTINGS</c>: category and threshold pairs, or <see langword="null"/> when not set.</summary>
    public required IReadOnlyList<(string Category, string Threshold)>? SafetySettings { get; init; }

    /// <summary><c>DISABLE_SAFETY_FILTERING</c>: true = OFF for all, false = Google's defaults, <see langword="null"/> = not set.</summary>
    public required bool? DisableSafetyFiltering { get; init; }

    /// <summary><c>ENABLE_THINKING</c>: whether thoughts are ever asked for, default true.</summary>
    public required bool EnableThinking { get; init; }

    /// <summary><c>SHOW_THINKING_PROCESS</c>: whether thoughts are shown, default true.</summary>
    public required bool ShowThinking { get; init; }

    /// <summary><c>THINKING_FORMAT</c>=tags: thoughts inside the content. Default false: in fields of their own.</summary>
    public required bool ThinkingInTags { get; init; }

    /// <summary><c>THINKING_BUDGET_MAP</c>: thinking tokens per model.</summary>
    public required IReadOnlyDictionary<string, int> ThinkingBudgets { get; init; }

    /// <summary><c>THINKING_MODELS</c>: models that get a <c>-non-thinking</c> twin in the list.</summary>
    public required IReadOnlyList<string> ThinkingModels { get; init; }

    /// <summary>Google's own tools: search, code, addresses.</summary>
    public required GoogleToolSettings Tools { get; init; }

    /// <summary><c>FILTERED_MODELS</c> and <c>BLOCKED_MODELS</c>: hidden and refused.</summary>
    public required IReadOnlyList<string> BlockedModels { get; init; }

    /// <summary><c>WHITELIST_MODELS</c>: when set, only these.</summary>
    public required IReadOnlyList<string> AllowedModels { get; init; }

    /// <summary><c>EXTRA_MODELS</c>: listed although the upstream does not list them.</summary>
    public required IReadOnlyList<string> ExtraModels { get; init; }

    /// <summary><c>MODEL_ALIASES</c>: what clients' own names of models mean. Default none.</summary>
    public required ModelAliases Aliases { get; init; }

    /// <summary><c>MODEL_FALLBACKS</c>: the model that stands in for another whose pool is dry. Chains end: there is no circle among them.</summary>
    public required IReadOnlyDictionary<string, string> Fallbacks { get; init; }

    /// <summary>
    /// <c>RANDOM_STRING</c>, <c>RANDOM_STRING_LENGTH</c> (1 to 1000, default 5): letters and digits put before the first and the
    /// last thing that an OpenAI client's user said; 0 = none (default).
    /// </summary>
    public required int RandomTextLength { get; init; }

    /// <summary><c>OPENAI_PASSTHROUGH</c>: whether <c>/openai/v1</c> leads to Google's own OpenAI endpoint, untranslated. Default no.</summary>
    public required bool OpenAIPassthrough { get; init; }

    /// <summary>How pictures are made.</summary>
    public ImageSettings Images { get; init; } = new();
}

/// <summary>How media are fetched that a request names by address.</summary>
internal sealed record MediaSettings
{
    /// <summary><c>ALLOW_PRIVATE_MEDIA_URLS</c>: whether addresses of private networks and of this machine may be fetched. Default no.</summary>
    public required bool AllowPrivate { get; init; }

    /// <summary><c>MAX_MEDIA_MB</c>: the largest file, 1 to 100 MB, default 20.</summary>
    public required int MaxBytes { get; init; }

    /// <summary><c>MAX_MEDIA_TOTAL_MB</c>: all files of a request together, 1 to 1000 MB, default 50.</summary>
    public required int MaxTotalBytes { get; init; }

    /// <summary><c>MAX_MEDIA_URLS</c>: how many addresses a request may name for the gateway to fetch, 0 to 100, default 16; 0 = none is fetched.</summary>
    public required int MaxCount { get; init; }

    /// <summary><c>MEDIA_TIMEOUT_SECONDS</c>: the longest time for a file, redirects included, 1 to 600 s, default 30.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary><c>MEDIA_FIRST_BYTE_SECONDS</c>: the longest time until a host has answered, connecting included, 1 to 600 s, default 10.</summary>
    public required TimeSpan FirstByteTimeout { get; init; }
}

/// <summary>How texts are spoken.</summary>
internal sealed record AudioSettings
{
    /// <summary><c>TTS_MODEL</c>: the model where a request names none, or one of OpenAI's; <see langword="null"/>: the newest that is listed.</summary>
    public required string? SpeechModel { get; init; }

    /// <summary><c>TTS_VOICE_NAME</c>: the voice where a request names none, default Zephyr.</summary>
    public required string Voice { get; init; }

    /// <summary><c>TTS_SPEED</c>: how fast, as an adverb, where a request says nothing; empty for normal, the default.</summary>
    public required string Pace { get; init; }

    /// <summary><c>FFMPEG_PATH</c>: the program that compresses sound; <see langword="null"/> when there is none. Default: ffmpeg, looked for in <c>PATH</c>.</summary>
    public required string? EncoderPath { get; init; }
}

/// <summary>What is logged where.</summary>
internal sealed record LogSettings
{
    /// <summary><c>LOG_LEVEL</c>, or debug when <c>DEBUG</c> is on. Default information.</summary>
    public required LogLevel Level { get; init; }

    /// <summary><c>LOG_DIR</c>, default <c>logs</c>.</summary>
    public required string Directory { get; init; }

    /// <summary><c>LOG_FORMAT</c>=json: one JSON object per line instead of text.</summary>
    public required bool Json { get; init; }

    /// <summary><c>MAX_LOG_SIZE</c> in MB, default 10.</summary>
    public required long MaxFileBytes { get; init; }

    /// <summary><c>MAX_LOG_BACKUPS</c>, default 5.</summary>
    public required int MaxBackups { get; init; }

    /// <summary><c>LOG_CLEANUP_DAYS</c>, default 30; zero = never by age.</summary>
    public required int MaxAgeDays { get; init; }
}
