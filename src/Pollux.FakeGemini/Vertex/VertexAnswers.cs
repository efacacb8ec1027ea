using System.Text.Json.Nodes;
using Pollux.FakeGemini.Answers;
using Pollux.FakeGemini.Validation;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Vertex;

/// <summary>How Vertex AI's answers differ, as recorded.</summary>
internal static class VertexAnswers
{
    /// <summary>Fields of its own; counts only in the last event.</summary>
    public static void Shape(IReadOnlyList<JsonObject> events, DateTimeOffset now)
    {
        for (int i = 0; i < events.Count; i++)
        {
            JsonObject one = events[i];
            one["createTime"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", System.Globalization.CultureInfo.InvariantCulture);
            bool last = i == events.Count - 1;
            if (one["usageMetadata"] is JsonObject usage && last)
                usage["trafficType"] = "ON_DEMAND";
            else if (one["usageMetadata"] is not null)
                one["usageMetadata"] = new JsonObject { ["trafficType"] = "ON_DEMAND" };
            if (last && one["candidates"] is JsonArray { Count: > 0 } candidates && candidates[0] is JsonObject candidate)
                candidate["avgLogprobs"] = -0.25;
        }
    }

    /// <summary>The answer of a method that does not generate content.</summary>
    public static JsonObject Compose(string method, FakeModel model, JsonObject request)
    {
        if (method == "predict" && model.Supports("embedContent"))
        {
            JsonObject instance = (JsonObject)((JsonArray)request["instances"]!)[0]!;
            JsonObject asked = new() { ["content"] = new JsonObject { ["parts"] = new JsonArray(new JsonObject { ["text"] = instance["content"]!.DeepClone() }) } };
            if ((request["parameters"] as JsonObject)?.Integer("outputDimensionality") is { } size) asked["outputDimensionality"] = size;
            JsonObject vector = (JsonObject)OtherAnswers.Compose("embedContent", model, asked)["embedding"]!.DeepClone();
            vector["statistics"] = new JsonObject { ["token_count"] = TokenEstimate.OfRequest(asked), ["truncated"] = false };
            return new JsonObject { ["predictions"] = new JsonArray(new JsonObject { ["embeddings"] = vector }) };
        }

        JsonObject answer = OtherAnswers.Compose(method, model, method == "embedContent" ? VertexRules.WithConfig(request) : request);
        if (method == "countTokens") answer["totalBillableCharacters"] = 47;
        return answer;
    }
}
