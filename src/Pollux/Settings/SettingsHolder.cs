namespace Pollux.Settings;

/// <summary>The settings in force. A change swaps the whole object by one volatile write; a request reads it once.</summary>
internal sealed class SettingsHolder(PolluxSettings initial)
{
    private volatile PolluxSettings _current = initial;

    /// <summary>The settings in force now.</summary>
    public PolluxSettings Current
    {
        get => _current;
        set => _current = value;
    }
}
