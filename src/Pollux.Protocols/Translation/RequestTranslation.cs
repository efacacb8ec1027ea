using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;

namespace Pollux.Protocols.Translation;

/// <summary>What a translation needs to know besides the request.</summary>
/// <param name="Model">The model that will be asked.</param>
/// <param name="Signatures">Thought signatures and call ids of earlier answers.</param>
public readonly record struct TranslationContext(ModelCapabilities Model, ISignatureSource Signatures)
{
    /// <summary>
    /// Ignores every known signature and sends placeholders: for the second try after "Thought signature is not valid".
    /// </summary>
    public bool ForcePlaceholders { get; init; }

    /// <summary>
    /// Accepts http(s) addresses that Google would not fetch. They go out as <c>fileData</c> and are listed in
    /// <see cref="RequestTranslation.RemoteMedia"/>; the caller must replace them. Otherwise they are a fault of the request.
    /// </summary>
    public bool DeferRemoteMedia { get; init; }

    /// <summary>
    /// Whether the pictures of all earlier answers go back to the model (<c>HISTORY_IMAGE_SUBMIT_TYPE</c>=all); else only those
    /// of the latest answer that has some, and <c>[image]</c> for the others.
    /// </summary>
    public bool AllPastPictures { get; init; }
}

/// <summary>A request as Gemini understands it, and what the answer must know of it, whatever the dialect.</summary>
public abstract record RequestTranslation
{
    /// <summary>The request for Gemini. It holds slices of the client's body, which must outlive it.</summary>
    public required GenerateContentRequest Request { get; init; }

    /// <summary>What was lost or changed.</summary>
    public required LossReport Losses { get; init; }

    /// <summary>Names of functions that Gemini knows under another name.</summary>
    public required FunctionNames Names { get; init; }

    /// <summary>The model, as the client wrote it.</summary>
    public string? Model { get; init; }

    /// <summary>Whether the answer is streamed.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether the answer is to be JSON.</summary>
    public bool JsonMode { get; init; }

    /// <summary>
    /// Whether the client takes at most one call at a time (OpenAI's <c>parallel_tool_calls: false</c>, Anthropic's
    /// <c>disable_parallel_tool_use</c>). Gemini has no such switch, so the answer side decides what to do with the second.
    /// </summary>
    public bool SingleCall { get; init; }

    /// <summary>Whether thoughts are to be shown, when the client said so itself.</summary>
    public bool? ShowThoughts { get; init; }

    /// <summary>Media that stand outside the request.</summary>
    public IReadOnlyList<RemoteMedia> RemoteMedia { get; init; } = [];

    /// <summary>Pictures of earlier answers that stand outside the request; whoever finds one puts it in its place.</summary>
    public IReadOnlyList<PastPicture> PastPictures { get; init; } = [];
}

/// <summary>Media that stand outside the request.</summary>
/// <param name="Part">The part with the address in its <see cref="Part.FileData"/>.</param>
/// <param name="Path">Where it stood in the client's request.</param>
/// <param name="GoogleFetches">Whether Google reads the address itself; if not, the bytes must be put in its place.</param>
public sealed record RemoteMedia(Part Part, string Path, bool GoogleFetches);

/// <summary>A picture of an earlier answer, which the client knows by its address only.</summary>
/// <param name="Part">Its place; as long as nobody finds the picture, the Markdown that the client sent.</param>
/// <param name="Address">As the client sent it.</param>
/// <param name="Signature">The thought signature that came with it, if it is remembered.</param>
/// <param name="MayBeFetched">Whether it may be fetched from elsewhere: for models that make pictures, and go on from them.</param>
public sealed record PastPicture(Part Part, string Address, RawJson Signature, bool MayBeFetched)
{
    /// <summary>Puts the picture in its place.</summary>
    public void Put(InlineData picture) => (Part.Text, Part.InlineData, Part.ThoughtSignature) = (default, picture, Signature);
}
