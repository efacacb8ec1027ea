using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Pollux.FakeGemini.Wire;

/// <summary>One crossed limit: what was counted, over which time, and how far it goes.</summary>
/// <param name="Metric">Last part of the metric's name, such as <c>generate_content_free_tier_requests</c>.</param>
/// <param name="QuotaId">Google's id of the limit. Holding <c>PerDay</c> tells a day's wall from a minute's.</param>
/// <param name="Limit">The limit in the metric's unit; 0 when the project may not use the model at all.</param>
internal readonly record struct QuotaViolation(string Metric, string QuotaId, long Limit);

/// <summary>The 429 family. Only walls of a project's own quota carry a <c>QuotaFailure</c>.</summary>
internal static class QuotaErrors
{
    private const string MetricPrefix = "generativelanguage.googleapis.com/";

    /// <summary>The names of the limit on requests per minute.</summary>
    public static QuotaViolation RequestsPerMinute(FakeTier tier, bool embedding, long limit) => new(
        RequestMetric(tier, embedding),
        (embedding ? "EmbedContentRequestsPerMinutePerProjectPerModel" : "GenerateRequestsPerMinutePerProjectPerModel") + Suffix(tier),
        limit);

    /// <summary>The names of the limit on requests per day.</summary>
    public static QuotaViolation RequestsPerDay(FakeTier tier, bool embedding, long limit) => new(
        RequestMetric(tier, embedding),
        (embedding ? "EmbedContentRequestsPerDayPerProjectPerModel" : "GenerateRequestsPerDayPerProjectPerModel") +
        (tier == FakeTier.Free ? "-FreeTier" : "-PaidTier1"),
        limit);

    /// <summary>The names of the limit on input tokens per minute.</summary>
    public static QuotaViolation TokensPerMinute(FakeTier tier, long limit) => tier == FakeTier.Free
        ? new("generate_content_free_tier_input_token_count", "GenerateContentInputTokensPerModelPerMinute-FreeTier", limit)
        : new("generate_content_paid_tier_input_token_count", "GenerateContentPaidTierInputTokensPerModelPerMinute", limit);

    /// <summary>
    /// The full body. <paramref name="retryDelay"/> is what Google says to wait, which for a day's wall is far too short:
    /// published bodies show seconds there too. A limit of 0 leaves <c>quotaValue</c> out.
    /// </summary>
    public static GoogleError Exceeded(string model, IReadOnlyList<QuotaViolation> violations, TimeSpan retryDelay)
    {
        StringBuilder message = new(
            "You exceeded your current quota, please check your plan and billing details. For more information on this error, " +
            "head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: " +
            "https://ai.dev/rate-limit. ");
        foreach (QuotaViolation violation in violations)
        {
            message.Append(
                CultureInfo.InvariantCulture,
                $"\n* Quota exceeded for metric: {MetricPrefix}{violation.Metric}, limit: {violation.Limit}, model: {model}");
        }

        message.Append("\nPlease retry in ").Append(retryDelay.TotalSeconds.ToString("0.#########", CultureInfo.InvariantCulture)).Append("s.");
        return new GoogleError(429, "RESOURCE_EXHAUSTED", message.ToString())
        {
            Details =
            [
                ErrorDetail.Help("Learn more about Gemini API quotas", "https://ai.google.dev/gemini-api/docs/rate-limits"),
                ErrorDetail.Quota(violations.Select(violation => Violation(model, violation))),
                ErrorDetail.Retry(retryDelay),
            ],
        };
    }

    /// <summary>429 of shared capacity or of throttling: no details, the key is not at fault.</summary>
    public static GoogleError SharedCapacity() => new(
        429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).");

    /// <summary>429 that stops a whole project until someone pays: no details.</summary>
    public static GoogleError PrepaymentDepleted() => new(
        429,
        "RESOURCE_EXHAUSTED",
        "Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing.");

    private static JsonObject Violation(string model, QuotaViolation violation)
    {
        JsonObject json = new()
        {
            ["quotaMetric"] = MetricPrefix + violation.Metric,
            ["quotaId"] = violation.QuotaId,
            ["quotaDimensions"] = new JsonObject { ["model"] = model, ["location"] = "global" },
        };
        if (violation.Limit > 0) json["quotaValue"] = violation.Limit.ToString(CultureInfo.InvariantCulture);
        return json;
    }

    private static string RequestMetric(FakeTier tier, bool embedding) => (tier, embedding) switch
    {
        (FakeTier.Free, true) => "embed_content_free_tier_requests",
        (FakeTier.Free, false) => "generate_content_free_tier_requests",
        (_, true) => "embed_content_paid_tier_requests",
        _ => "generate_content_paid_tier_requests",
    };

    private static string Suffix(FakeTier tier) => tier == FakeTier.Free ? "-FreeTier" : "";
}
