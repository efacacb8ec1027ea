using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.Protocols.Gemini.Models;

namespace Pollux.Generation;

/// <summary>
/// The models of Vertex AI, which gives no list of them to an API. Used where no key of the Gemini API can fetch its list; the
/// names are the same there, and a name that is not listed is asked for all the same.
/// </summary>
internal static class VertexModels
{
    /// <summary>What a free call is made for to see whether a credential works.</summary>
    public const string Probe = "gemini-2.5-flash";

    /// <summary>As of 2026-11: Google's model pages; retired ones are left out.</summary>
    private static readonly string[] Names =
    [
        "gemini-3.8-flash", "gemini-3.7-flash", "gemini-3.6-flash", "gemini-3.5-flash", "gemini-3.5-flash-lite", "gemini-3.1-pro-preview",
        "gemini-3.1-flash-lite", "gemini-3-flash-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite",
        "gemini-3-pro-image", "gemini-3.1-flash-image", "gemini-2.5-flash-image", "gemini-embedding-2", "gemini-embedding-001",
    ];

    /// <summary>The list that is shipped.</summary>
    public static ModelList Shipped { get; } = new([.. Names.Select(Entry)]);

    private static ModelEntry Entry(string name)
    {
        ModelCapabilities model = ModelCatalog.Default.Find(name);
        string[] methods = model.Output.HasFlag(Modalities.Embedding) ? ["embedContent", "batchEmbedContents"] : ["generateContent", "countTokens"];
        var json = new JsonObject { ["name"] = "models/" + name };
        if (model.InputTokenLimit > 0)
            json["inputTokenLimit"] = model.InputTokenLimit;
        if (model.OutputTokenLimit > 0)
            json["outputTokenLimit"] = model.OutputTokenLimit;
        json["supportedGenerationMethods"] = new JsonArray([.. methods.Select(static method => JsonValue.Create(method))]);
        return new ModelEntry(name, JsonElement.Parse(json.ToJsonString()));
    }
}
