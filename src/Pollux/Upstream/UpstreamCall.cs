using Pollux.KeyPool;

namespace Pollux.Upstream;

/// <summary>The form in which the upstream sends its answer.</summary>
internal enum AnswerForm
{
    /// <summary>One body.</summary>
    Unary,

    /// <summary>Server-sent events (<c>alt=sse</c>).</summary>
    ServerSentEvents,

    /// <summary>One JSON array, sent element by element: Google's form of streaming without <c>alt=sse</c>.</summary>
    JsonArray,
}

/// <summary>Who owns the resource that a call is about.</summary>
/// <param name="Credential">The one key that can serve.</param>
/// <param name="Resource">The resource's name, for messages, such as <c>files/abc</c>.</param>
internal sealed record ResourceOwner(CredentialId Credential, string Resource);

/// <summary>
/// What one client request asks of the upstream. It is sent as often as attempts are made, so it holds bytes, not streams.
/// </summary>
internal sealed class UpstreamCall
{
    /// <summary>The name of who is asked unless a call says otherwise.</summary>
    public const string Google = "Google";

    /// <summary>xAI's name.</summary>
    public const string Xai = "xAI";

    /// <summary>The HTTP method.</summary>
    public required HttpMethod Method { get; init; }

    /// <summary>Version and path, such as <c>v1beta/models/gemini-3.5-flash:generateContent</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The query without a key and without a leading question mark; may be empty.</summary>
    public string Query { get; init; } = "";

    /// <summary>The model whose quota the call uses; empty for calls that are not about a model.</summary>
    public required string Model { get; init; }

    /// <summary>The body in JSON; empty for GET.</summary>
    public ReadOnlyMemory<byte> Body { get; set; }

    /// <summary>
    /// Whether something that was cancelled may still read <see cref="Body"/>: its buffer must not be given back for others to
    /// write to then. Once set it stays so.
    /// </summary>
    public bool IsStillRead { get; set => field |= value; }

    /// <summary>Whether the request has further calls whose answers are kept until this one's is there.</summary>
    public bool IsOneOfSeveral { get; init; }

    /// <summary>How the answer comes.</summary>
    public required AnswerForm Form { get; init; }

    /// <summary>The stream that the client gets out of a whole answer; <see langword="null"/>: what comes is what it gets.</summary>
    public AnswerForm? PretendedForm { get; init; }

    /// <summary>How the client gets the answer.</summary>
    public AnswerForm ClientForm => PretendedForm ?? Form;

    /// <summary>Whether the answer is one of generation, whose emptiness and finish are judged.</summary>
    public bool IsGeneration { get; init; }

    /// <summary>Whether thoughts reach the client; where they do not, an answer of thoughts alone is empty.</summary>
    public bool ThoughtsReachClient { get; init; } = true;

    /// <summary>
    /// Whether function calls must come whole, because the client's dialect cannot tell them in Google's pieces
    /// (<c>partialArgs</c>, in parts without a name). A native client may have asked for pieces.
    /// </summary>
    public bool NeedsWholeCalls { get; init; }

    /// <summary>Whether an answer that says why it has no picture (<c>NO_IMAGE</c>) is told as it is; else it is an empty one, and asked for again.</summary>
    public bool ToldOfNoPicture { get; init; }

    /// <summary>Whether a blocked prompt is told as Google tells it, as an answer; else it is a failure of the client's.</summary>
    public bool BlockReachesClient { get; init; }

    /// <summary>The size of the prompt, estimated; 0 when it was not.</summary>
    public int EstimatedPromptTokens { get; init; }

    /// <summary>So many are in the prompt for sure; 0 = not estimated.</summary>
    public int SurePromptTokens { get; init; }

    /// <summary>It costs no quota: a model list.</summary>
    public bool IsFree { get; init; }

    /// <summary>What it is about lives in the project of one key, and no other can serve it; <see langword="null"/>: any key.</summary>
    public ResourceOwner? OwnedBy { get; set; }

    /// <summary>The key to ask first, if it can serve and its caller is not used to another one.</summary>
    public CredentialId? Preferred { get; init; }

    /// <summary>The files that its body names by address; <see langword="null"/>: none.</summary>
    public IReadOnlyList<string>? FileUris { get; init; }

    /// <summary>What else its path or body names and lives at the upstream, such as a cache; <see langword="null"/>: nothing.</summary>
    public IReadOnlyList<string>? ResourceNames { get; init; }

    /// <summary>Whether it names a cache: that is bound to its model, so no other one can answer.</summary>
    public bool NamesCache => ResourceNames?.Any(static name => name.StartsWith("cachedContents/", StringComparison.Ordinal)) == true;

    /// <summary>It announces a file, and the answer says where the bytes go.</summary>
    public bool StartsUpload { get; init; }

    /// <summary>When a key that is reserved for what must be paid for serves it.</summary>
    public PaidKeyUse Paid { get; init; }

    /// <summary>So many input tokens the model takes; 0 = not known.</summary>
    public int InputTokenLimit { get; init; }

    /// <summary>Makes the body anew with placeholders for thought signatures, for an upstream that refused one.</summary>
    public Func<ReadOnlyMemory<byte>>? ReplaceSignatures { get; set; }

    /// <summary>
    /// Makes what the gateway itself put into the body anew, when the upstream says that it is not there: the body is changed then, and the
    /// result <see langword="null"/>. Else the fault as the client may know it, which is the given one where nothing of ours is meant.
    /// </summary>
    public Func<Fault, CancellationToken, ValueTask<Fault?>>? Mend { get; set; }

    /// <summary>
    /// A hash over everything that shapes the answer, but for who asks: its reply may be kept for who asks the same;
    /// <see langword="null"/> where none is kept.
    /// </summary>
    public byte[]? Fingerprint { get; init; }

    /// <summary>The name of who is asked, for errors.</summary>
    public string Service { get; init; } = Google;

    /// <summary>The key that the caller brought along: it alone is used, once, and for nothing else; <see langword="null"/>: one of the pool's.</summary>
    public Credential? CallersKey { get; init; }

    /// <summary>
    /// Whether an OpenAI endpoint is asked, Google's own or another's: the key travels as a Bearer token, nothing of the answer is judged but
    /// whether it came whole, and a stream ends with <c>[DONE]</c>.
    /// </summary>
    public bool IsOpenAI { get; init; }

    /// <summary>The kinds of credentials that may serve it.</summary>
    public CredentialKinds Kinds { get; init; }

    /// <summary>What Vertex AI was not told because it does not know it, in header form; of the last attempt there.</summary>
    public string? VertexLosses { get; set; }

    /// <summary>Headers of the client that Google understands, handed on.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];
}
