using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Validation;

/// <summary>Embedding requests, alone and in batches.</summary>
internal static class EmbeddingRules
{
    private const int LargestDimensionality = 3072;

    public static void CheckBatch(FakeModel model, JsonObject request, Findings findings)
    {
        JsonObject[] requests = [.. request.Messages("requests")];
        if (requests.Length == 0) findings.AddField("requests", "requests is not specified");
        if (requests.Length > 100) findings.AddField("requests", "at most 100 requests can be in one batch");
        for (int i = 0; i < requests.Length; i++)
        {
            string name = requests[i].Text("model") ?? "";
            string path = $"requests[{i}].";
            if (name.Length == 0) findings.AddField(path + "model", "model is required");
            else if (name != "models/" + model.Id)
                findings.AddField(path + "model", $"model must be models/{model.Id}, the model of the batch, but is {name}");
            CheckOne(model, requests[i], path, findings);
        }
    }

    public static void CheckOne(FakeModel model, JsonObject request, string prefix, Findings findings)
    {
        if (request.Child("content") is { } content) ContentRules.CheckContent(content, prefix + "content", model, findings);
        else findings.AddField(prefix + "content", "content is not specified");
        if (request.Integer("outputDimensionality") is < 1 or > LargestDimensionality)
            findings.AddField(prefix + "output_dimensionality", $"must be in the range [1, {LargestDimensionality}].");
        if (request.Has("title") && request.Text("taskType") != "RETRIEVAL_DOCUMENT")
            findings.AddField(prefix + "title", "only allowed when task_type is RETRIEVAL_DOCUMENT");
    }
}
