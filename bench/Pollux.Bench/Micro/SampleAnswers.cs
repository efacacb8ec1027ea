using System.Text;

namespace Pollux.Bench.Micro;

/// <summary>Answers as Gemini sends them.</summary>
internal static class SampleAnswers
{
    /// <summary>The JSON of an event of streamed text.</summary>
    public const string EventJson =
        """{"candidates":[{"content":{"parts":[{"text":"Castor and Pollux were twin half-brothers,"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":11,"totalTokenCount":19,"promptTokensDetails":[{"modality":"TEXT","tokenCount":8}]},"modelVersion":"gemini-3.5-flash","responseId":"8e97asPMLaS4qtsP7oGv4Ag"}""";

    /// <summary>The same with its framing.</summary>
    public static byte[] Event { get; } = Encoding.UTF8.GetBytes($"data: {EventJson}\r\n\r\n");

    /// <summary>A unary answer.</summary>
    public static byte[] Unary { get; } =
        """
        {"candidates":[{"content":{"parts":[{"text":"Castor and Pollux were twin half-brothers in Greek and Roman myth, known together as the Dioscuri."}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":24,"totalTokenCount":32,"promptTokensDetails":[{"modality":"TEXT","tokenCount":8}]},"modelVersion":"gemini-3.5-flash","responseId":"8e97asPMLaS4qtsP7oGv4Ag"}
        """u8.ToArray();

    /// <summary>A quota of a minute that is used up.</summary>
    public static byte[] QuotaError { get; } =
        """
        {"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_free_tier_requests","quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaDimensions":{"location":"global","model":"gemini-3.5-flash"},"quotaValue":"10"}]},{"@type":"type.googleapis.com/google.rpc.Help","links":[{"description":"Learn more","url":"https://ai.google.dev/gemini-api/docs/rate-limits"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}
        """u8.ToArray();
}
