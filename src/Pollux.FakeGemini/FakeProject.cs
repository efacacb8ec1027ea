using System.Collections.Concurrent;
using Pollux.FakeGemini.Serving;

namespace Pollux.FakeGemini;

/// <summary>A Google Cloud project: the owner of quota, which all its keys share. Thread-safe.</summary>
public sealed class FakeProject
{
    private readonly ConcurrentDictionary<string, FakeQuota> _quotas = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, QuotaCounter> _counters = new(StringComparer.Ordinal);
    private readonly QuotaClock _clock;

    internal FakeProject(string number, FakeTier tier, QuotaClock clock)
    {
        Number = number;
        Tier = tier;
        _clock = clock;
    }

    /// <summary>The project's number, as it stands in error messages.</summary>
    public string Number { get; }

    /// <summary>Free or paid; decides the names of limits.</summary>
    public FakeTier Tier { get; }

    /// <summary>Sets the limits for a model; counts go on as they are.</summary>
    public FakeProject SetQuota(string model, FakeQuota quota)
    {
        _quotas[model] = quota;
        return this;
    }

    /// <summary>Limits of models without limits of their own; unlimited unless set.</summary>
    public FakeQuota DefaultQuota { get; set; } = FakeQuota.Unlimited;

    /// <summary>Requests for this model that were accepted since the last midnight in Los Angeles.</summary>
    public int AcceptedToday(string model) => CounterOf(model).AcceptedToday();

    /// <summary>Counts a request, or returns the refusal and counts nothing.</summary>
    internal QuotaRefusal? Accept(string model, int inputTokens, out DateTimeOffset at) =>
        CounterOf(model).Accept(_quotas.GetValueOrDefault(model, DefaultQuota), inputTokens, out at);

    private QuotaCounter CounterOf(string model) => _counters.GetOrAdd(model, static (_, clock) => new QuotaCounter(clock), _clock);
}
