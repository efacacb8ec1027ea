using System.Text.Json.Serialization;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Embeddings;

/// <summary>The body of <c>POST /v1/embeddings</c>. Members can be set because the serializer fills them.</summary>
public sealed record EmbeddingsRequest
{
    /// <summary>The model, as the client wrote it.</summary>
    public string? Model { get; set; }

    /// <summary>A string, a list of strings, a list of token numbers, or a list of such lists.</summary>
    public JsonSlice Input { get; set; }

    /// <summary>The length of the vectors.</summary>
    public double? Dimensions { get; set; }

    /// <summary><c>float</c> or <c>base64</c>.</summary>
    public string? EncodingFormat { get; set; }

    /// <summary>Identifies the end user; no part of what the model sees.</summary>
    public JsonSlice User { get; set; }

    /// <summary>What Google takes besides, as an SDK puts it on the wire.</summary>
    public GoogleEmbeddingOptions? Google { get; set; }

    /// <summary>The same one level deeper, as a plain HTTP client sends it.</summary>
    public ExtraEmbeddingOptions? ExtraBody { get; set; }

    /// <summary>Members without a meaning here.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; set; }
}

/// <summary><c>extra_body</c>.</summary>
public sealed record ExtraEmbeddingOptions
{
    /// <summary>What Google takes besides.</summary>
    public GoogleEmbeddingOptions? Google { get; set; }
}

/// <summary><c>extra_body.google</c>: what Google's own endpoint takes besides OpenAI's parameters.</summary>
public sealed record GoogleEmbeddingOptions
{
    /// <summary>What the vectors are for, such as <c>RETRIEVAL_DOCUMENT</c>.</summary>
    public string? TaskType { get; set; }

    /// <summary>The title of a document; only with <c>RETRIEVAL_DOCUMENT</c>.</summary>
    public string? Title { get; set; }
}

/// <summary>The body of <c>POST /api/vector/query</c>, the form of a chat client's vector plug-in.</summary>
public sealed record VectorQuery
{
    /// <summary>The text.</summary>
    [JsonPropertyName("searchText")]
    public JsonSlice SearchText { get; set; }

    /// <summary>The model.</summary>
    public string? Model { get; set; }
}

/// <summary>The body of <c>POST /api/vector/insert</c>.</summary>
public sealed record VectorInsert
{
    /// <summary>The texts.</summary>
    public List<VectorItem?>? Items { get; set; }

    /// <summary>The model.</summary>
    public string? Model { get; set; }
}

/// <summary>One text of <see cref="VectorInsert"/>.</summary>
public sealed record VectorItem
{
    /// <summary>The text.</summary>
    public JsonSlice Text { get; set; }
}

/// <summary>How these requests are read: as leniently as chats, see <see cref="OpenAIJson"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    MaxDepth = OpenAIJson.MaxDepth,
    Converters = [typeof(SkippedMemberConverter), typeof(LenientBooleanConverter), typeof(LenientNumberConverter), typeof(PlainStringConverter)])]
[JsonSerializable(typeof(EmbeddingsRequest))]
[JsonSerializable(typeof(VectorQuery))]
[JsonSerializable(typeof(VectorInsert))]
internal sealed partial class EmbeddingsJson : JsonSerializerContext;
