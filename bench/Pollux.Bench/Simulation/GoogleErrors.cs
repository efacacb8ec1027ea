using System.Globalization;
using System.Text;
using System.Text.Json;
using Pollux.KeyPool;

namespace Pollux.Bench.Simulation;

/// <summary>
/// Error bodies as Google writes them (recorded ones are the pattern), judged by production's <see cref="FaultAttribution"/>.
/// Strategies thereby learn exactly what the gateway would. Equal bodies are judged once.
/// </summary>
internal sealed class GoogleErrors
{
    private const string InvalidKeyBody = """
        {"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[
         {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com","metadata":{"service":"generativelanguage.googleapis.com"}},
         {"@type":"type.googleapis.com/google.rpc.LocalizedMessage","locale":"en-US","message":"API key not valid. Please pass a valid API key."}]}}
        """;

    private const string OverloadBody = """
        {"error":{"code":503,"message":"This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.","status":"UNAVAILABLE"}}
        """;

    private const string MetricPrefix = "generativelanguage.googleapis.com/generate_content_";

    private readonly Dictionary<Refusal, Fault> _judged = [];
    private readonly SimulationSetup _setup;
    private readonly ModelLimits?[] _freeTier; // by model: the limits that make a project a free one

    public GoogleErrors(SimulationSetup setup)
    {
        _setup = setup;
        _freeTier = [.. Enumerable.Range(0, setup.Models.Length).Select(model => SmallestLimits(setup, model))];
        InvalidKey = Judge(400, InvalidKeyBody, "", 0);
        Overloaded = Judge(503, OverloadBody, "", 0);
    }

    public Fault InvalidKey { get; }

    public Fault Overloaded { get; }

    /// <summary>The verdict on a refusal.</summary>
    /// <param name="model">Index of the model.</param>
    /// <param name="limits">What the project may.</param>
    /// <param name="walls">All that would have been exceeded.</param>
    /// <param name="seconds">The delay told. Google tells one for days and for limits of 0 too, where it means nothing.</param>
    /// <param name="estimate">Estimated tokens of the prompt, as the gateway would tell the attribution.</param>
    public Fault Quota(int model, ModelLimits limits, Walls walls, int seconds, int estimate)
    {
        var tooLarge = walls.HasFlag(Walls.MinuteTokens) && limits.TpmInput < estimate;
        var refusal = new Refusal(model, limits, walls, seconds, tooLarge);
        if (!_judged.TryGetValue(refusal, out var fault))
            _judged[refusal] = fault = Judge(429, QuotaBody(refusal), _setup.Models[model], tooLarge ? estimate : 0);
        return fault;
    }

    private static Fault Judge(int status, string body, string model, int estimate) => FaultAttribution.Classify(new UpstreamFailure
    {
        HttpStatus = status,
        Body = Encoding.UTF8.GetBytes(body),
        ContentType = "application/json; charset=UTF-8",
        Model = model,
        Kind = CredentialKind.GeminiApiKey,
        EstimatedPromptTokens = estimate,
    });

    private string QuotaBody(Refusal refusal)
    {
        var model = _setup.Models[refusal.Model];
        var free = IsFree(refusal.Model, refusal.Limits);
        List<(string Metric, string Id, long Value)> quotas = [];
        var (walls, limits) = (refusal.Walls, refusal.Limits);
        var zero = walls.HasFlag(Walls.Zero);
        if (zero ? limits.Rpd == 0 : walls.HasFlag(Walls.DayRequests))
            quotas.Add((Requests(free), $"GenerateRequestsPerDayPerProjectPerModel-{Tier(free)}", limits.Rpd ?? 0));
        if (zero ? limits.Rpm == 0 : walls.HasFlag(Walls.MinuteRequests))
            quotas.Add((Requests(free), $"GenerateRequestsPerMinutePerProjectPerModel-{Tier(free)}", limits.Rpm ?? 0));
        if (zero ? limits.TpmInput == 0 : walls.HasFlag(Walls.MinuteTokens))
            quotas.Add((Tokens(free), free ? "GenerateContentInputTokensPerModelPerMinute-FreeTier" : "GenerateContentPaidTierInputTokensPerModelPerMinute", limits.TpmInput ?? 0));

        StringBuilder message = new(
            "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: "
            + "https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: https://ai.dev/rate-limit. ");
        foreach (var (metric, _, value) in quotas)
            message.Append(CultureInfo.InvariantCulture, $"\n* Quota exceeded for metric: {metric}, limit: {value}, model: {model}");
        message.Append(CultureInfo.InvariantCulture, $"\nPlease retry in {refusal.Seconds}s.");

        var violations = string.Join(",", quotas.Select(quota => $$$"""
            {"quotaMetric":"{{{quota.Metric}}}","quotaId":"{{{quota.Id}}}","quotaDimensions":{"location":"global","model":{{{Quoted(model)}}}},"quotaValue":"{{{quota.Value}}}"}
            """));
        return $$$"""
            {"error":{"code":429,"message":{{{Quoted(message.ToString())}}},"status":"RESOURCE_EXHAUSTED","details":[
             {"@type":"type.googleapis.com/google.rpc.Help","links":[{"description":"Learn more about Gemini API quotas","url":"https://ai.google.dev/gemini-api/docs/rate-limits"}]},
             {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{{{violations}}}]},
             {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"{{{refusal.Seconds}}}s"}]}}
            """;
    }

    private static string Tier(bool free) => free ? "FreeTier" : "PaidTier";

    private static string Requests(bool free) => MetricPrefix + (free ? "free_tier_requests" : "paid_tier_requests");

    private static string Tokens(bool free) => MetricPrefix + (free ? "free_tier_input_token_count" : "paid_tier_input_token_count");

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    private bool IsFree(int model, ModelLimits limits) =>
        limits.IsZero || (_freeTier[model] is { } free && (free.Rpd is not null ? limits.Rpd == free.Rpd : limits.Rpm == free.Rpm));

    // A scenario does not say which projects pay. The smallest day quota of a model marks the free ones, else the smallest per
    // minute; a limit of 0 is what free projects get for models that must be paid for.
    private static ModelLimits? SmallestLimits(SimulationSetup setup, int model)
    {
        var entitled = setup.Projects.Select(project => project.Limits[model]).Where(static limits => !limits.IsZero).Distinct().ToList();
        return entitled.Count == 0 ? null : entitled.MinBy(static limits => (limits.Rpd ?? int.MaxValue, limits.Rpm ?? int.MaxValue));
    }

    private readonly record struct Refusal(int Model, ModelLimits Limits, Walls Walls, int Seconds, bool TooLarge);
}
