namespace Pollux.KeyPool;

/// <summary>
/// Decides who is to blame for a failed attempt and what may cure it: one pure function over one table of rows, first match first.
/// Rows go by status, <c>ErrorInfo.reason</c> and <c>quotaId</c>; by the words of a message only where Google gives nothing else.
/// </summary>
public static partial class FaultAttribution
{
    private const int MaxMessageLength = 2000;
    private static readonly TimeSpan ShortestCoolDown = TimeSpan.FromSeconds(1); // "0s" occurs and would mean a busy loop
    private static readonly TimeSpan MinuteCoolDown = TimeSpan.FromSeconds(60);  // a minute window is empty after a minute
    private static readonly TimeSpan CapacityCoolDown = TimeSpan.FromSeconds(5); // shared capacity comes back at no known time

    /// <summary>Judges an error answer. Never throws, whatever the body holds.</summary>
    public static Fault Classify(in UpstreamFailure failure)
    {
        var error = UpstreamError.Read(failure);
        foreach (var rule in ErrorRules)
        {
            if (rule.Holds(error))
                return ToFault(rule.Row, error);
        }
        throw new InvalidOperationException("The last row holds always."); // unreachable: a test feeds noise
    }

    /// <summary>Judges an exchange that failed on the way. No key is ever to blame for that.</summary>
    public static Fault FromTransport(TransportFault kind)
    {
        var rule = TransportRules[kind];
        return ToFault(rule.Row, rule.Message);
    }

    /// <summary>Judges an access token that could not be had. Nothing was sent to the API itself.</summary>
    /// <param name="kind">How it failed.</param>
    /// <param name="words">The token service's own words about it, if any.</param>
    public static Fault FromToken(TokenFault kind, string? words = null)
    {
        var rule = TokenRules[kind];
        return ToFault(rule.Row, string.IsNullOrWhiteSpace(words) ? rule.Message : Printable($"{rule.Message} {words}", null));
    }

    /// <summary>What Vertex AI cannot be asked, told in the client's words without asking.</summary>
    public static Fault NotOffered(string message) => new()
    {
        Owner = FaultOwner.Client,
        Reason = FaultReason.RequestInvalid,
        Retry = RetryScope.None,
        Effect = FaultEffect.None,
        Message = message,
    };

    /// <summary>Judges a Live connection that the upstream closed. Never throws, whatever the words are.</summary>
    public static Fault FromClose(in UpstreamClose close)
    {
        string words = string.IsNullOrWhiteSpace(close.Reason) ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"The upstream closed the connection with {close.Code}.") : Printable(close.Reason, close.Secret);
        foreach (CloseRule rule in CloseRules.All)
        {
            if (rule.Holds(close))
            {
                return ToFault(rule.Row, words) with
                {
                    RetryAfter = rule.Row.Reason switch { FaultReason.QuotaMinute => MinuteCoolDown, FaultReason.CapacityExhausted => CapacityCoolDown, _ => null },
                };
            }
        }

        throw new InvalidOperationException("The last row holds always.");
    }

    /// <summary>A prompt that is longer than its model takes, told without asking the upstream, in the words it would use.</summary>
    /// <param name="tokens">The estimate.</param>
    /// <param name="limit">What the model takes.</param>
    public static Fault PromptTooLong(int tokens, int limit) => new()
    {
        Owner = FaultOwner.Client,
        Reason = FaultReason.ContextTooLong,
        Retry = RetryScope.None,
        Effect = FaultEffect.None,
        Message = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"The input token count (about {tokens}) exceeds the maximum number of tokens allowed ({limit})."),
    };

    /// <summary>Judges an answer that came with 200 and is none.</summary>
    /// <param name="kind">How it is none.</param>
    /// <param name="finishMessage">The upstream's own words about it, if any.</param>
    /// <param name="secret">The secret used, to be removed from these words.</param>
    public static Fault FromAnswer(AnswerFault kind, string? finishMessage = null, SecretText? secret = null)
    {
        var rule = AnswerRules[kind];
        var message = string.IsNullOrWhiteSpace(finishMessage) ? rule.Message : Printable(finishMessage, secret);
        return ToFault(rule.Row, message) with { HttpStatus = 200 };
    }

    private static Fault ToFault(FaultRule row, string message) => new()
    {
        Owner = row.Owner,
        Reason = row.Reason,
        Retry = row.Retry,
        Effect = row.Effect,
        RetryLimit = row.RetryLimit,
        Message = message,
    };

    private static Fault ToFault(FaultRule row, UpstreamError error) => ToFault(row, MessageOf(error)) with
    {
        RetryAfter = RetryAfter(row, error),
        Violations = error.Violations,
        HttpStatus = error.Status,
        GoogleStatus = error.GoogleStatus,
        Project = error.Project,
    };

    // A delay means something for windows of a minute and for passing overload; for days and for limits of 0 it is noise.
    private static TimeSpan? RetryAfter(FaultRule row, UpstreamError error)
    {
        var told = error.RetryDelay is { } delay && delay < ShortestCoolDown ? ShortestCoolDown : error.RetryDelay;
        if (error.Failure.Kind != CredentialKind.GeminiApiKey && row.Reason is FaultReason.QuotaMinute or FaultReason.QuotaDay or FaultReason.CapacityExhausted)
            return told ?? ShortestCoolDown; // the pool itself retreats from one that is refused again
        return row.Reason switch
        {
            FaultReason.QuotaMinute => told ?? MinuteCoolDown,
            FaultReason.CapacityExhausted => told ?? CapacityCoolDown,
            FaultReason.ModelOverloaded or FaultReason.UpstreamInternal => told,
            _ => null,
        };
    }

    private static string MessageOf(UpstreamError error)
    {
        if (error.IsHtml)
            return $"The upstream answered {error.Status} with an HTML page.";
        return string.IsNullOrWhiteSpace(error.Message)
            ? $"The upstream answered {error.Status} without a message."
            : Printable(error.Message, error.Failure.Secret);
    }

    private static string Printable(string message, SecretText? secret)
    {
        var scrubbed = SecretScrubber.Scrub(message, secret);
        return scrubbed.Length <= MaxMessageLength ? scrubbed : string.Concat(scrubbed.AsSpan(0, MaxMessageLength - 1), "…");
    }
}
