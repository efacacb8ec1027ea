using Pollux.KeyPool;

namespace Pollux.Bench.Simulation.Strategies;

/// <summary>
/// A health score per key: sum of weight times remaining share over the limits known, divided by the sum of their weights.
/// Among keys with at least 0.95 of the best score the least recently used is taken. It is told the true limits of each
/// key's project, but counts per key: that keys share a project it does not know.
/// </summary>
/// <remarks>Attempts are counted when sent, with their estimate. Minutes are those of the clock.</remarks>
internal sealed class ScoreStrategy : FailOverStrategy
{
    private const double RpdWeight = 0.4;
    private const double RpmWeight = 0.2;
    private const double TpmWeight = 0.1;
    private const double NearBest = 0.95;

    private readonly ModelLimits[][] _limits; // by model and key
    private readonly Dictionary<string, int> _models = [];
    private readonly Count[][] _counts;
    private readonly double[][] _scores;
    private readonly long[] _lastUsed;
    private long _uses;
    private long _minute = -1;
    private DateTimeOffset _dayEnd;

    /// <param name="host">The host.</param>
    /// <param name="models">All models.</param>
    /// <param name="limitsOf">True limits by model and key; none for keys that are invalid.</param>
    public ScoreStrategy(ISimulationHost host, IReadOnlyList<string> models, Func<int, int, ModelLimits> limitsOf)
        : base(host)
    {
        for (var model = 0; model < models.Count; model++)
            _models.Add(models[model], model);
        _limits = [.. models.Select((_, model) => Enumerable.Range(0, host.KeyCount).Select(key => limitsOf(model, key)).ToArray())];
        _counts = [.. models.Select(_ => new Count[host.KeyCount])];
        _scores = [.. models.Select(_ => new double[host.KeyCount])];
        _lastUsed = new long[host.KeyCount];
    }

    public override string Name => "score";

    protected override int Pick(SimulatedRequest request, ReadOnlySpan<int> tried)
    {
        Roll();
        var scores = _scores[_models[request.Model]];
        var best = double.NegativeInfinity;
        for (var key = 0; key < scores.Length; key++)
        {
            if (scores[key] > best && CanServe(key, tried))
                best = scores[key];
        }

        var bar = NearBest * best;
        var (picked, oldest) = (-1, long.MaxValue);
        for (var key = 0; key < scores.Length; key++)
        {
            if (scores[key] >= bar && _lastUsed[key] < oldest && CanServe(key, tried))
                (picked, oldest) = (key, _lastUsed[key]);
        }
        return picked;
    }

    protected override void Sent(SimulatedRequest request, int key)
    {
        _lastUsed[key] = ++_uses;
        var model = _models[request.Model];
        ref var count = ref _counts[model][key];
        count = new Count(count.Minute + 1, count.Tokens + request.Estimate, count.Day + 1);
        _scores[model][key] = Score(_limits[model][key], count);
    }

    protected override void Forget()
    {
        foreach (var counts in _counts)
            Array.Clear(counts);
        Array.Clear(_lastUsed);
        _minute = -1;
    }

    private void Roll()
    {
        var now = Host.Clock.GetUtcNow();
        var minute = now.UtcTicks / TimeSpan.TicksPerMinute;
        if (minute == _minute)
            return;
        _minute = minute;
        var newDay = now >= _dayEnd;
        if (newDay)
            _dayEnd = PacificDay.NextMidnight(now);
        for (var model = 0; model < _counts.Length; model++)
        {
            for (var key = 0; key < _counts[model].Length; key++)
            {
                ref var count = ref _counts[model][key];
                count = new Count(0, 0, newDay ? 0 : count.Day);
                _scores[model][key] = Score(_limits[model][key], count);
            }
        }
    }

    private static double Score(ModelLimits limits, Count count)
    {
        double sum = 0;
        double weights = 0;
        Add(RpdWeight, limits.Rpd, count.Day);
        Add(RpmWeight, limits.Rpm, count.Minute);
        Add(TpmWeight, limits.TpmInput, count.Tokens);
        return weights > 0 ? sum / weights : 1;

        void Add(double weight, long? limit, long used)
        {
            if (limit is not { } most)
                return;
            weights += weight;
            sum += most == 0 ? 0 : weight * Math.Max(0, most - used) / most;
        }
    }

    private readonly record struct Count(int Minute, long Tokens, int Day);
}
