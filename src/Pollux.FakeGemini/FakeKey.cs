using System.Collections.Concurrent;

namespace Pollux.FakeGemini;

/// <summary>What Google thinks of a key.</summary>
public enum FakeKeyState
{
    /// <summary>Works.</summary>
    Valid,

    /// <summary>400 with reason API_KEY_INVALID.</summary>
    Invalid,

    /// <summary>400 with the same reason: expired.</summary>
    Expired,

    /// <summary>403: reported as leaked.</summary>
    Leaked,

    /// <summary>403 whose message holds the whole key: suspended.</summary>
    Suspended,

    /// <summary>403: the project has not enabled the API.</summary>
    ServiceDisabled,

    /// <summary>403: the project was denied access.</summary>
    Denied,

    /// <summary>403: the project has no billing.</summary>
    BillingDisabled,

    /// <summary>403: the key is restricted to other services.</summary>
    Blocked,

    /// <summary>401, as a refused <c>AQ.</c> key answers.</summary>
    RefusesAuthKey,
}

/// <summary>A key that the fake knows. Its state may be changed while requests run. Thread-safe.</summary>
public sealed class FakeKey
{
    private readonly ConcurrentDictionary<string, bool> _missing = new(StringComparer.Ordinal);
    private volatile FakeKeyState _state;

    internal FakeKey(string key, FakeProject project)
    {
        Key = key;
        Project = project;
    }

    /// <summary>The key's string.</summary>
    public string Key { get; }

    /// <summary>The project whose quota it uses.</summary>
    public FakeProject Project { get; }

    /// <summary>What Google thinks of the key now.</summary>
    public FakeKeyState State
    {
        get => _state;
        set => _state = value;
    }

    /// <summary>From now on this key answers 404 for the model: its project is too new for it.</summary>
    public FakeKey Without(string model)
    {
        _missing[model] = true;
        return this;
    }

    /// <summary>Takes <see cref="Without"/> back.</summary>
    public FakeKey With(string model)
    {
        _missing.TryRemove(model, out _);
        return this;
    }

    internal bool Lacks(string model) => _missing.ContainsKey(model);
}
