using Pollux.FakeGemini;

namespace Pollux.IntegrationTests.Faults;

/// <summary>What becomes of the key whose attempt failed.</summary>
public enum KeyMark
{
    /// <summary>Nothing: it is not to blame.</summary>
    None,

    /// <summary>It does not serve this model for a while.</summary>
    Restricted,

    /// <summary>A failure is counted.</summary>
    Counted,

    /// <summary>It serves nothing until a re-check.</summary>
    Out,
}

/// <summary>A fault of one attempt, and what must follow from it.</summary>
/// <param name="Reply">What the upstream does.</param>
/// <param name="Owner">Who is to blame, as the log names it.</param>
/// <param name="Reason">The reason, as the log names it.</param>
/// <param name="Mark">What becomes of the key.</param>
/// <param name="Attempts">Attempts in all when every one fails so, with two keys and at most four attempts.</param>
/// <param name="Status">What the client is told then.</param>
/// <param name="OpenAICode">OpenAI's code then.</param>
/// <param name="GeminiStatus">Gemini's HTTP status then, where Google's own word is handed on.</param>
/// <param name="GeminiWord">Gemini's canonical word then.</param>
internal sealed record AttemptFault(
    FakeReply Reply, string Owner, string Reason, KeyMark Mark, int Attempts, int Status, string OpenAICode, string GeminiWord, int? GeminiStatus = null)
{
    /// <summary>What the same is in a stream: one that ends without any finish reason was cut, whatever it held.</summary>
    public AttemptFault? InStreams { get; init; }
}

/// <summary>The faults that another attempt can cure, by name.</summary>
internal static class AttemptFaults
{
    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(37.5);

    private static FakeReply Nonsense => FakeReply.Raw(200, "application/json; charset=UTF-8", "[{\"candidates\": [nonsense"u8.ToArray());

    /// <summary>In every form.</summary>
    public static IReadOnlyDictionary<string, AttemptFault> All { get; } = new Dictionary<string, AttemptFault>(StringComparer.Ordinal)
    {
        ["429 per minute"] = new(FakeReply.QuotaMinute(retryDelay: Minute), "ProjectModel", "QuotaMinute", KeyMark.Restricted, 2, 429, "rate_limit_exceeded", "RESOURCE_EXHAUSTED"),
        ["429 per minute as array"] = new(FakeReply.QuotaMinute(retryDelay: Minute).AsArray(), "ProjectModel", "QuotaMinute", KeyMark.Restricted, 2, 429, "rate_limit_exceeded", "RESOURCE_EXHAUSTED"),
        ["429 per day"] = new(FakeReply.QuotaDay(), "ProjectModel", "QuotaDay", KeyMark.Restricted, 2, 429, "rate_limit_exceeded", "RESOURCE_EXHAUSTED"),
        ["429 minute and day"] = new(FakeReply.QuotaMinuteAndDay(), "ProjectModel", "QuotaDay", KeyMark.Restricted, 2, 429, "rate_limit_exceeded", "RESOURCE_EXHAUSTED"),
        ["429 tokens"] = new(FakeReply.QuotaTokens(), "ProjectModel", "QuotaMinute", KeyMark.Restricted, 2, 429, "rate_limit_exceeded", "RESOURCE_EXHAUSTED"),
        ["429 limit 0"] = new(FakeReply.QuotaZero(), "ProjectModel", "NotEntitled", KeyMark.Restricted, 2, 503, "no_usable_key", "UNAVAILABLE"),
        ["429 capacity"] = new(FakeReply.SharedCapacityExhausted(), "ProjectModel", "CapacityExhausted", KeyMark.Restricted, 2, 429, "rate_limit_exceeded", "RESOURCE_EXHAUSTED"),
        ["429 prepayment"] = new(FakeReply.PrepaymentDepleted(), "Key", "BillingStopped", KeyMark.Out, 2, 503, "no_usable_key", "UNAVAILABLE"),
        ["404 for this key"] = new(FakeReply.ModelNotForKey(), "ProjectModel", "ModelNotForKey", KeyMark.Restricted, 2, 503, "no_usable_key", "UNAVAILABLE"),
        ["400 invalid key"] = new(FakeReply.InvalidKey(), "Key", "ApiKeyInvalid", KeyMark.Out, 2, 503, "no_usable_key", "UNAVAILABLE"),
        ["400 expired key"] = new(FakeReply.ExpiredKey(), "Key", "ApiKeyExpired", KeyMark.Out, 2, 503, "no_usable_key", "UNAVAILABLE"),
        ["403 no identity"] = new(FakeReply.NoIdentity(), "Key", "CredentialRefused", KeyMark.Counted, 2, 503, "no_usable_key", "UNAVAILABLE"),
        ["403 leaked"] = new(FakeReply.LeakedKey(), "Key", "KeyLeaked", KeyMark.Out, 2, 503, "no_usable_key", "UNAVAILABLE"),
        ["403 suspended, the key in the message"] = new(FakeReply.SuspendedKey(), "Key", "KeySuspended", KeyMark.Out, 2, 503, "no_usable_key", "UNAVAILABLE"),
        ["403 service off"] = new(FakeReply.ServiceDisabled(), "Key", "ServiceDisabled", KeyMark.Out, 2, 503, "no_usable_key", "UNAVAILABLE"),
        ["403 project denied"] = new(FakeReply.ProjectDenied(), "Key", "ProjectDenied", KeyMark.Out, 2, 503, "no_usable_key", "UNAVAILABLE"),
        ["403 billing off"] = new(FakeReply.BillingDisabled(), "Key", "BillingStopped", KeyMark.Out, 2, 503, "no_usable_key", "UNAVAILABLE"),
        ["403 blocked"] = new(FakeReply.BlockedKey(), "Key", "KeyRestricted", KeyMark.Out, 2, 503, "no_usable_key", "UNAVAILABLE"),
        ["500"] = new(FakeReply.InternalError(), "Upstream", "UpstreamInternal", KeyMark.None, 3, 502, "upstream_error", "INTERNAL", 500),
        ["503"] = new(FakeReply.Overloaded(), "Model", "ModelOverloaded", KeyMark.None, 4, 503, "upstream_overloaded", "UNAVAILABLE"),
        ["503 as array"] = new(FakeReply.Overloaded().AsArray(), "Model", "ModelOverloaded", KeyMark.None, 4, 503, "upstream_overloaded", "UNAVAILABLE"),
        ["504"] = new(FakeReply.DeadlineExceeded(), "Upstream", "DeadlineExceeded", KeyMark.None, 3, 504, "upstream_timeout", "DEADLINE_EXCEEDED"),
        ["HTML 502"] = new(FakeReply.HtmlError(), "Upstream", "NotTheApi", KeyMark.None, 3, 502, "upstream_error", "UNAVAILABLE"),
        ["HTML 403"] = new(FakeReply.HtmlError(403), "Upstream", "NotTheApi", KeyMark.None, 3, 502, "upstream_error", "UNAVAILABLE"),
        ["reset before the answer"] = new(FakeReply.Reset(), "Upstream", "ConnectionReset", KeyMark.None, 4, 502, "upstream_error", "UNAVAILABLE"),
        ["no candidates"] = new(FakeReply.NoCandidates(), "Model", "EmptyAnswer", KeyMark.None, 4, 502, "upstream_empty_response", "UNAVAILABLE")
        {
            InStreams = Cut(FakeReply.NoCandidates()),
        },
        ["no content"] = new(FakeReply.NoContent(), "Model", "EmptyAnswer", KeyMark.None, 4, 502, "upstream_empty_response", "UNAVAILABLE"),
        ["no parts"] = new(FakeReply.NoParts(), "Model", "EmptyAnswer", KeyMark.None, 4, 502, "upstream_empty_response", "UNAVAILABLE"),
        ["empty parts"] = new(FakeReply.EmptyParts(), "Model", "EmptyAnswer", KeyMark.None, 4, 502, "upstream_empty_response", "UNAVAILABLE"),
        ["malformed function call"] = new(FakeReply.MalformedFunctionCall(), "Model", "MalformedFunctionCall", KeyMark.None, 4, 502, "upstream_empty_response", "UNAVAILABLE"),
        ["not JSON"] = new(Nonsense, "Upstream", "MalformedAnswer", KeyMark.None, 3, 502, "upstream_error", "UNAVAILABLE")
        {
            InStreams = Cut(Nonsense),
        },
    };

    /// <summary>Only in streams: they break before anything meaningful came.</summary>
    public static IReadOnlyDictionary<string, AttemptFault> OfStreams { get; } = new Dictionary<string, AttemptFault>(StringComparer.Ordinal)
    {
        ["ended at once"] = Cut(FakeReply.Default.EndedAfter(0)),
        ["reset after the header"] = Cut(FakeReply.Raw(200, "text/event-stream", "\r\n"u8.ToArray()).ResetAfter(1)),
        ["bare error first"] = new(FakeReply.Default.BareErrorAfter(0, FakeReply.Overloaded()), "Model", "ModelOverloaded", KeyMark.None, 4, 503, "upstream_overloaded", "UNAVAILABLE"),
        ["error event first"] = new(FakeReply.Default.DataErrorAfter(0, FakeReply.InternalError()), "Upstream", "UpstreamInternal", KeyMark.None, 3, 502, "upstream_error", "UNAVAILABLE"),
        ["suspended key in the stream"] = new(FakeReply.Default.BareErrorAfter(0, FakeReply.SuspendedKey()), "Key", "KeySuspended", KeyMark.Out, 2, 503, "no_usable_key", "UNAVAILABLE"),
    };

    private static AttemptFault Cut(FakeReply reply) =>
        new(reply, "Upstream", "StreamCut", KeyMark.None, 4, 503, "upstream_stream_cut", "UNAVAILABLE");
}
