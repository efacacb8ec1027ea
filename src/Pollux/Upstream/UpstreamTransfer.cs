namespace Pollux.Upstream;

/// <summary>
/// A request whose body, or whose answer, streams through and is never held. It can be sent once: what was read of the client's
/// body is gone.
/// </summary>
internal sealed class UpstreamTransfer
{
    /// <summary>The HTTP method.</summary>
    public required HttpMethod Method { get; init; }

    /// <summary>Path and query below <c>BASE_URL</c>, without a leading slash and without a key.</summary>
    public required string Path { get; init; }

    /// <summary>Headers handed on.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The body; <see langword="null"/>: none.</summary>
    public HttpContent? Content { get; init; }
}
