using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Validation;

/// <summary>What Vertex AI asks for beyond the Developer API: roles, addresses it can read, one text for a vector.</summary>
internal static class VertexRules
{
    private const int LargestDimensionality = 3072;

    public static void Check(string method, FakeModel model, JsonObject request, Findings findings)
    {
        switch (method)
        {
            case "predict" when model.Supports("embedContent"):
                CheckPrediction(request, findings);
                break;
            case "predict":
                ImagenRules.Check(request, findings);
                break;
            case "embedContent":
                EmbeddingRules.CheckOne(model, WithConfig(request), "", findings);
                break;
            default:
                CheckContents(request, findings);
                if (method == "countTokens") ContentRules.Check(model, request, findings);
                break;
        }
    }

    /// <summary>The request with the members of its <c>embedContentConfig</c> at the top.</summary>
    public static JsonObject WithConfig(JsonObject request)
    {
        if (request.Child("embedContentConfig") is not { } config) return request;
        var flat = (JsonObject)request.DeepClone();
        flat.Remove("embedContentConfig");
        foreach ((string name, JsonNode? value) in config) flat[name] = value?.DeepClone();
        return flat;
    }

    private static void CheckContents(JsonObject request, Findings findings)
    {
        foreach (JsonObject content in request.Messages("contents"))
        {
            if (content.Text("role") is not ("user" or "model")) findings.AddSentence("Please use a valid role: user, model.");
            foreach (JsonObject part in content.Messages("parts"))
            {
                string uri = part.Child("fileData")?.Text("fileUri") ?? "";
                if (uri.Length == 0) continue;
                if (uri.Contains("generativelanguage.googleapis.com", StringComparison.Ordinal) || !(uri.StartsWith("gs://", StringComparison.Ordinal) || uri.StartsWith("https://", StringComparison.Ordinal) || uri.StartsWith("http://", StringComparison.Ordinal)))
                    findings.AddSentence($"Unsupported file uri: {uri}");
                if (string.IsNullOrEmpty(part.Child("fileData")!.Text("mimeType"))) findings.AddSentence("The mimeType of fileData must not be empty.");
            }
        }
    }

    private static void CheckPrediction(JsonObject request, Findings findings)
    {
        JsonObject[] instances = [.. (request["instances"] as JsonArray ?? []).OfType<JsonObject>()];
        if (instances.Length != 1)
            findings.AddSentence($"The batch size of gemini-embedding-001 is 1, but the request has {instances.Length} instances.");
        else if (string.IsNullOrEmpty(instances[0].Text("content")))
            findings.AddSentence("The text content is empty.");
        if ((request["parameters"] as JsonObject)?.Integer("outputDimensionality") is < 1 or > LargestDimensionality)
            findings.AddSentence($"outputDimensionality must be in the range [1, {LargestDimensionality}].");
    }
}
