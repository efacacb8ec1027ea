namespace Pollux.Responses;

/// <summary>An answer that its caller can ask for again and go on from.</summary>
internal sealed record StoredResponse
{
    /// <summary>What begins each id.</summary>
    public const string IdPrefix = "resp_";

    /// <summary>Characters of an id behind the prefix; each item's id holds them too.</summary>
    public const int IdLength = 24;

    /// <summary>The response's id.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is; nobody else finds it.</summary>
    public required string Caller { get; init; }

    /// <summary>The response it went on from, if any.</summary>
    public string? PreviousId { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The response as it ended, a JSON object.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The items that the request brought itself, a JSON list, each with an id.</summary>
    public required ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>What Gemini must get back with the items.</summary>
    public IReadOnlyList<StoredSignature> Signatures { get; init; } = [];

    /// <summary>What it takes, in bytes.</summary>
    public long Bytes => Body.Length + Input.Length + Signatures.Sum(static signature => (signature.Signature?.Length ?? 0) + 100L) + 200;

    /// <summary>The response that an item belongs to.</summary>
    /// <param name="itemId">The item's id.</param>
    /// <returns><see langword="null"/>: it is none of ours.</returns>
    public static string? OwnerOf(string itemId)
    {
        int begin = itemId.IndexOf('_', StringComparison.Ordinal) + 1;
        return begin > 0 && itemId.Length > begin + IdLength ? string.Concat(IdPrefix, itemId.AsSpan(begin, IdLength)) : null;
    }
}

/// <summary>What Gemini must get back with a call or a text.</summary>
/// <param name="Id">The id that the client knows: of a call, or of a message.</param>
/// <param name="GeminiId">Gemini's own id of a call.</param>
/// <param name="Signature">The thought signature, base64.</param>
internal sealed record StoredSignature(string Id, string? GeminiId, string? Signature);

/// <summary>Where responses outlive the process.</summary>
internal interface IResponseArchive
{
    /// <summary>Has a response written soon.</summary>
    /// <returns><see langword="false"/> if there is no room for it.</returns>
    bool Save(StoredResponse response, DateTimeOffset expiresAt);

    /// <summary>Has a response deleted, and waits a little until it is.</summary>
    Task RemoveAsync(string caller, string id, CancellationToken cancellation);

    /// <summary>Has deleted soon what expired, and the oldest of what is too much.</summary>
    void Sweep(DateTimeOffset now);

    /// <summary>Finds a response, what waits to be written included.</summary>
    /// <returns><see langword="null"/>: there is none of this caller's.</returns>
    Task<StoredResponse?> FindAsync(string caller, string id, DateTimeOffset now, CancellationToken cancellation);
}
