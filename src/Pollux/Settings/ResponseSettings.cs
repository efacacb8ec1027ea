namespace Pollux.Settings;

/// <summary>What is kept of answers that callers can ask for again (OpenAI's <c>store</c>).</summary>
internal sealed record ResponseSettings
{
    /// <summary><c>RESPONSES_RETENTION</c>: how long, 0 to 3650 days, default 30; 0: nothing is kept.</summary>
    public required TimeSpan Retention { get; init; }

    /// <summary><c>RESPONSES_MAX_MB</c>: how much of them, 1 to 1,048,576 MB, default 512; the oldest go.</summary>
    public required long MaxBytes { get; init; }
}
