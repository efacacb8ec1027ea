using System.Buffers;
using System.Text.Json;

namespace Pollux.Protocols.Gemini.Vertex;

/// <summary>A body in the form that Vertex AI takes.</summary>
/// <param name="Body">What to send; the given bytes where nothing had to change.</param>
/// <param name="Refusal">Why Vertex AI cannot be asked this, in words for the client; <see langword="null"/>: it can.</param>
/// <param name="Losses">What had to be left out, in header form; <see langword="null"/>: nothing.</param>
public readonly record struct VertexBody(ReadOnlyMemory<byte> Body, string? Refusal = null, string? Losses = null);

/// <summary>
/// Brings a request as the Gemini API takes it into the form of Vertex AI. The two differ in little: roles are required, some
/// fields do not exist, tokens are counted from a flat body, and files of the Files API are not known. What neither of them
/// knows is left for Google to refuse. Pure and stateless.
/// </summary>
public static class VertexRequest
{
    private const string FilesHost = "generativelanguage.googleapis.com";
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 512 };

    /// <summary>
    /// Whether a body holds what belongs to the Gemini API: its files, its caches, its file search. A look for these words
    /// alone, so that where both could serve, the Gemini API does rather once too often.
    /// </summary>
    public static bool NeedsGeminiApi(ReadOnlySpan<byte> body) =>
        body.IndexOf("generativelanguage.googleapis.com"u8) >= 0 || body.IndexOf("\"cachedContents/"u8) >= 0
        || body.IndexOf("\"fileSearch\""u8) >= 0 || body.IndexOf("\"file_search\""u8) >= 0;

    /// <summary>A body of <c>generateContent</c> and <c>streamGenerateContent</c>.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static VertexBody ForGeneration(ReadOnlyMemory<byte> body)
    {
        using JsonDocument json = JsonDocument.Parse(body, Deep);
        return Adapt(body, json.RootElement, isMoved: false, isCount: false);
    }

    /// <summary>A body of <c>countTokens</c>: what stands in <c>generateContentRequest</c> is brought to the top.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static VertexBody ForCount(ReadOnlyMemory<byte> body)
    {
        using JsonDocument json = JsonDocument.Parse(body, Deep);
        JsonElement root = json.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
            return new VertexBody(body);
        bool isMoved = TryGet(root, "generateContentRequest", "generate_content_request", out JsonElement inner) && inner.ValueKind == JsonValueKind.Object;
        return Adapt(body, isMoved ? inner : root, isMoved, isCount: true);
    }

    private static VertexBody Adapt(ReadOnlyMemory<byte> body, JsonElement source, bool isMoved, bool isCount)
    {
        if (source.ValueKind != JsonValueKind.Object)
            return new VertexBody(body); // Google says what is wrong with it
        var findings = new VertexFindings();
        findings.Look(source, isCount);
        if (findings.Refusal is { } refusal)
            return new VertexBody(body, refusal);
        if (!findings.NeedsChange && !isMoved)
            return new VertexBody(body);

        var buffer = new ArrayBufferWriter<byte>(body.Length + 256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
            VertexWriter.Write(source, isCount, writer);
        return new VertexBody(buffer.WrittenMemory, null, findings.Losses.IsEmpty ? null : findings.Losses.ToHeader());
    }

    /// <summary>Whether an address is one of the Files API.</summary>
    internal static bool IsOfFilesApi(JsonElement uri) =>
        uri.ValueKind == JsonValueKind.String && uri.GetString() is { } text
        && (text.Contains(FilesHost, StringComparison.OrdinalIgnoreCase) || text.StartsWith("files/", StringComparison.Ordinal));

    /// <summary>A member by either of its names; Google reads both.</summary>
    internal static bool TryGet(JsonElement element, string name, string snakeName, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object && (element.TryGetProperty(name, out value) || element.TryGetProperty(snakeName, out value));
    }
}
