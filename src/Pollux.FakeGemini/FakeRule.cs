namespace Pollux.FakeGemini;

/// <summary>
/// One rule of a <see cref="FakeScript"/>: all its conditions must hold. It does nothing until it has a reply. Build a rule
/// before the requests it is for; only <see cref="Used"/> may be read while they run.
/// </summary>
public sealed class FakeRule
{
    private readonly List<Func<ReceivedRequest, bool>> _conditions = [];
    private int _left = int.MaxValue;
    private int _used;
    private volatile FakeReply[] _replies = [];

    internal FakeRule()
    {
    }

    /// <summary>How often the rule has replied.</summary>
    public int Used => Volatile.Read(ref _used);

    /// <summary>Adds a condition.</summary>
    public FakeRule When(Func<ReceivedRequest, bool> match)
    {
        _conditions.Add(match);
        return this;
    }

    /// <summary>Only requests with this key.</summary>
    public FakeRule ForKey(string key) => When(request => request.Key == key);

    /// <summary>Only requests of this service account, or for its tokens.</summary>
    public FakeRule ForAccount(FakeServiceAccount account) => When(request => request.Account == account.ClientEmail);

    /// <summary>Only requests for this model.</summary>
    public FakeRule ForModel(string model) => When(request => request.Model == model);

    /// <summary>Only requests for this method, such as <c>streamGenerateContent</c>.</summary>
    public FakeRule ForAction(string action) => When(request => request.Action == action);

    /// <summary>Only for the first <paramref name="count"/> matching requests, at least 1.</summary>
    public FakeRule Times(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _left = count;
        return this;
    }

    /// <summary>What to answer. Several replies are given one after the other; the last one stays.</summary>
    public FakeRule Reply(params FakeReply[] replies)
    {
        if (replies.Length == 0) throw new ArgumentException("A rule needs a reply.", nameof(replies));
        _replies = replies;
        return this;
    }

    /// <summary>Called under the script's lock.</summary>
    internal FakeReply? Take(ReceivedRequest request)
    {
        if (_replies.Length == 0 || _left == 0) return null;
        foreach (Func<ReceivedRequest, bool> condition in _conditions)
        {
            if (!condition(request)) return null;
        }

        _left--;
        return _replies[Math.Min(_used++, _replies.Length - 1)];
    }
}
