namespace Pollux.FakeGemini;

/// <summary>
/// What the fake answers instead of its own mind. For each request the queue of <see cref="Next"/> comes first, then the rules
/// in the order in which they were written, then <see cref="Chaos"/>; with none of them the fake answers by itself.
/// Requests that Google would refuse are refused before the script is asked. Thread-safe.
/// </summary>
public sealed class FakeScript
{
    private readonly Lock _lock = new();
    private readonly Queue<FakeReply> _next = [];
    private readonly List<FakeRule> _rules = [];
    private volatile Func<ReceivedRequest, FakeReply?>? _chaos;

    /// <summary>Asked last, for faults by chance; null from it, or none at all, leaves the request to the fake.</summary>
    public Func<ReceivedRequest, FakeReply?>? Chaos
    {
        get => _chaos;
        set => _chaos = value;
    }

    /// <summary>Replies for the next calls of a model, one each, in this order. Lists of models do not use them up.</summary>
    public void Next(params ReadOnlySpan<FakeReply> replies)
    {
        lock (_lock)
        {
            foreach (FakeReply reply in replies) _next.Enqueue(reply);
        }
    }

    /// <summary>A rule for all requests; narrow it down, then give it a reply.</summary>
    public FakeRule Always() => Add(new FakeRule());

    /// <summary>A rule for matching requests.</summary>
    public FakeRule When(Func<ReceivedRequest, bool> match) => Always().When(match);

    /// <summary>A rule for one key.</summary>
    public FakeRule ForKey(string key) => Always().ForKey(key);

    /// <summary>A rule for one model.</summary>
    public FakeRule ForModel(string model) => Always().ForModel(model);

    /// <summary>A rule for one method, such as <c>generateContent</c>.</summary>
    public FakeRule ForAction(string action) => Always().ForAction(action);

    /// <summary>Forgets queue, rules and chaos.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _next.Clear();
            _rules.Clear();
        }

        Chaos = null;
    }

    internal FakeReply? Take(ReceivedRequest request)
    {
        lock (_lock)
        {
            if (request.Method == "POST" && _next.TryDequeue(out FakeReply? next)) return next;
            foreach (FakeRule rule in _rules)
            {
                if (rule.Take(request) is { } reply) return reply;
            }
        }

        return Chaos?.Invoke(request);
    }

    private FakeRule Add(FakeRule rule)
    {
        lock (_lock) _rules.Add(rule);
        return rule;
    }
}
