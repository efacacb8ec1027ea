namespace Pollux.FakeGemini;

/// <summary>Limits of one project for one model. Null is unlimited; 0 means that the project may not use the model at all.</summary>
/// <param name="Rpm">Requests per minute.</param>
/// <param name="Rpd">Requests per day; the day ends at midnight in Los Angeles.</param>
/// <param name="Tpm">Input tokens per minute.</param>
public sealed record FakeQuota(int? Rpm = null, int? Rpd = null, int? Tpm = null)
{
    /// <summary>No limits.</summary>
    public static FakeQuota Unlimited { get; } = new();

    /// <summary>No entitlement: every request answers 429 with <c>limit: 0</c>.</summary>
    public static FakeQuota None { get; } = new(0, 0, 0);
}
