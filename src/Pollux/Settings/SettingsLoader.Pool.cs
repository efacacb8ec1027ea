using Pollux.KeyPool;

namespace Pollux.Settings;

// The key pool's part.
internal static partial class SettingsLoader
{
    private static PoolSettings LoadPool(SettingSource source, string dataDirectory)
    {
        var keys = new List<string>(source.Words("GEMINI_API_KEYS"));
        keys.AddRange(source.Words("API_KEYS"));
        IEnumerable<string> numbered = source.Names
            .Where(name => name.StartsWith("GEMINI_API_KEYS_", StringComparison.Ordinal) && int.TryParse(name.AsSpan("GEMINI_API_KEYS_".Length), out _))
            .OrderBy(name => int.Parse(name.AsSpan("GEMINI_API_KEYS_".Length)));
        foreach (string name in numbered)
            keys.AddRange(source.Words(name));

        return new PoolSettings
        {
            Keys = keys,
            InvalidKeys = source.Words("INVALID_API_KEYS"),
            PaidKeys = source.Words("PAID_KEY"),
            PaidModels = [.. source.Words("PAID_MODELS"), .. source.Words("CREATE_IMAGE_MODEL")],
            PaidKeysLast = source.Boolean("PAID_KEYS_LAST", true),
            DailyCallsPerKey = Math.Max(0, source.Integer("API_KEY_DAILY_LIMIT", 0, int.MinValue, 10_000_000)),
            StickySessions = source.Boolean("ENABLE_STICKY_SESSION", false),
            ScoreWeights = LoadWeights(source),
            MaxFailures = Math.Max(0, source.Integer("MAX_FAILURES", 3, int.MinValue, 1_000_000)),
            SkipCheck = source.Boolean("SKIP_CHECK_API_KEY", false),
            CheckInterval = TimeSpan.FromHours(Math.Max(0, source.Number("CHECK_INTERVAL_HOURS", 1, 8760))),
            Selection = source.Choice("KEY_SELECTION", "quota", "score", "round-robin", "random-stack", "least-recently-used") switch
            {
                "score" => KeySelectionStrategy.Score,
                "round-robin" => KeySelectionStrategy.RoundRobin,
                "random-stack" => KeySelectionStrategy.RandomStack,
                "least-recently-used" => KeySelectionStrategy.LeastRecentlyUsed,
                _ => KeySelectionStrategy.Quota,
            },
            SetLimits = ModelLimitsFile.Load(source, dataDirectory),
            MaxQueueTime = source.Seconds("MAX_QUEUE_SECONDS", 20, 600),
            MaxQueueLength = Math.Max(0, source.Integer("MAX_QUEUE_LENGTH", 1000, int.MinValue, 100_000)),
        };
    }

    private static ScoreWeights LoadWeights(SettingSource source)
    {
        ScoreWeights weights = new KeyPoolOptions().ScoreWeights;
        foreach ((string window, string value) in LoadMap(source, "SCORE_WEIGHTS"))
        {
            if (!SettingValue.TryNumber(value, out double weight) || weight is not (>= 0 and <= 1000))
            {
                source.Fault("SCORE_WEIGHTS", $"has no number from 0 to 1000 for {window}; the default holds for it");
                continue;
            }

            switch (window.ToUpperInvariant())
            {
                case "RPD": weights = weights with { RequestsPerDay = weight }; break;
                case "TPD_INPUT": weights = weights with { InputTokensPerDay = weight }; break;
                case "RPM": weights = weights with { RequestsPerMinute = weight }; break;
                case "TPM_INPUT": weights = weights with { InputTokensPerMinute = weight }; break;
                default: source.Fault("SCORE_WEIGHTS", $"names the window {window}; there are rpd, tpd_input, rpm and tpm_input"); break;
            }
        }

        return weights;
    }
}
