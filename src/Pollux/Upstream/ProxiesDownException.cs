namespace Pollux.Upstream;

/// <summary>
/// None of the outbound proxies that could be asked for this request leads anywhere. Its words are for clients and the log: they
/// hold neither addresses nor credentials.
/// </summary>
/// <param name="words">How many there are and how they are.</param>
/// <param name="retryAfter">When the first of them is tried again.</param>
internal sealed class ProxiesDownException(string words, TimeSpan retryAfter) : HttpRequestException(words)
{
    /// <summary>When the first of them is tried again.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
