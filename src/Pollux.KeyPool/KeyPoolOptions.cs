namespace Pollux.KeyPool;

/// <summary>What an operator may change about the pool, also while it runs (<see cref="KeyPool.Options"/>).</summary>
public sealed record KeyPoolOptions
{
    /// <summary>
    /// <c>MAX_FAILURES</c>: consecutive failures owned by a key that put it out; a success resets the count.
    /// 0 or less = never. Default 3. Failures that prove a key unusable put it out at once, whatever this says.
    /// </summary>
    public int MaxFailures { get; init; } = 3;

    /// <summary>
    /// <c>CHECK_INTERVAL_HOURS</c>: when a key that is out is due for its first re-check; doubled after each re-check that
    /// fails, up to <see cref="LongestRecheckInterval"/>, and spread by a tenth. Zero or less = never. Default 1 hour.
    /// </summary>
    public TimeSpan RecheckInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// <c>API_KEY_DAILY_LIMIT</c>: calls a key makes on a quota day at most, over all models, whatever Google allows; 0 = no such bound.
    /// After a restart the calls of a declared project are taken as spread evenly over its keys.
    /// </summary>
    public int DailyCallsPerKey { get; init; }

    /// <summary><c>PAID_KEYS_LAST</c>: keys that the user says are paid serve only when no other has room. Default yes.</summary>
    public bool PaidKeysLast { get; init; } = true;

    /// <summary>How keys are ordered. Default <see cref="KeySelectionStrategy.LeastRecentlyUsed"/>.</summary>
    public KeySelectionStrategy Selection { get; init; } = KeySelectionStrategy.LeastRecentlyUsed;

    /// <summary>What <see cref="KeySelectionStrategy.Score"/> weighs the windows by.</summary>
    public ScoreWeights ScoreWeights { get; init; } = new(0.4, 0.3, 0.2, 0.1);

    /// <summary>
    /// The shipped limits by model, without <c>models/</c>: what a free project is likely to have. They order keys and never
    /// refuse by themselves, since a paid project has more.
    /// </summary>
    public IReadOnlyDictionary<string, ModelLimits> ExpectedLimits { get; init; } = new Dictionary<string, ModelLimits>();

    /// <summary>Limits the user set (<c>model_limits.json</c>), by model: hard for every project.</summary>
    public IReadOnlyDictionary<string, ModelLimits> SetLimits { get; init; } = new Dictionary<string, ModelLimits>();

    /// <summary>No re-check is put off for longer: an operator who repaired a key waits a day at most.</summary>
    public static TimeSpan LongestRecheckInterval { get; } = TimeSpan.FromDays(1);

    /// <summary>Life-cycle events kept; the oldest go first.</summary>
    public static int MaxEvents => 10_000;

    /// <summary>Models whose state is kept. Names come from clients, so they must not grow without bound.</summary>
    public static int MaxModels => 512;
}

/// <summary>What the windows weigh in a health score. Only their ratios mean something; 0 = the window does not count.</summary>
/// <param name="RequestsPerDay">Requests of the quota day, default 0.4.</param>
/// <param name="InputTokensPerDay">Input tokens of the quota day, default 0.3.</param>
/// <param name="RequestsPerMinute">Requests of the minute, default 0.2.</param>
/// <param name="InputTokensPerMinute">Input tokens of the minute, default 0.1.</param>
public sealed record ScoreWeights(double RequestsPerDay, double InputTokensPerDay, double RequestsPerMinute, double InputTokensPerMinute);
