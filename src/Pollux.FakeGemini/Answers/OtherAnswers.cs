using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Answers;

/// <summary>Answers of the methods that do not generate content: counts, vectors, pictures of Imagen.</summary>
internal static class OtherAnswers
{
    private const int FullDimensionality = 3072;

    public static JsonObject Compose(string method, FakeModel model, JsonObject request) => method switch
    {
        "countTokens" => CountTokens(request),
        "embedContent" => EmbedContent(model, request),
        "batchEmbedContents" => BatchEmbedContents(model, request),
        "predict" => Predict(request),
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "The fake has no such method."),
    };

    private static JsonObject CountTokens(JsonObject request)
    {
        int tokens = TokenEstimate.OfRequest(request);
        return new JsonObject { ["totalTokens"] = tokens, ["promptTokensDetails"] = Details(tokens) };
    }

    private static JsonObject EmbedContent(FakeModel model, JsonObject request)
    {
        JsonObject answer = new() { ["embedding"] = Embedding(model, request) };
        AddUsage(model, request, answer);
        return answer;
    }

    private static JsonObject BatchEmbedContents(FakeModel model, JsonObject request)
    {
        JsonArray embeddings = [.. request.Messages("requests").Select(one => Embedding(model, one))];
        JsonObject answer = new() { ["embeddings"] = embeddings };
        AddUsage(model, request, answer);
        return answer;
    }

    /// <summary>
    /// A vector that follows from the content alone, of length 1 in its full size. Like <c>gemini-embedding-001</c>, the fake
    /// does not normalise it again when fewer dimensions are asked for; newer models do.
    /// </summary>
    private static JsonObject Embedding(FakeModel model, JsonObject request)
    {
        byte[] seed = SHA256.HashData(Encoding.UTF8.GetBytes(request.Child("content")!.ToJsonString()));
        // Chance is wanted here, but the same for the same content.
#pragma warning disable CA5394
        Random random = new(BitConverter.ToInt32(seed));
        double[] values = new double[FullDimensionality];
        for (int i = 0; i < values.Length; i++) values[i] = random.NextDouble() - 0.5;
#pragma warning restore CA5394
        Normalise(values);
        if (request.Integer("outputDimensionality") is { } asked)
        {
            values = values[..(int)asked];
            if (model.Generation >= 2) Normalise(values);
        }

        return new JsonObject { ["values"] = new JsonArray([.. values.Select(static value => JsonValue.Create((float)value))]) };
    }

    private static void Normalise(double[] values)
    {
        double length = Math.Sqrt(values.Sum(static value => value * value));
        for (int i = 0; i < values.Length; i++) values[i] /= length;
    }

    // The newer model counts, and spells the field without the s.
    private static void AddUsage(FakeModel model, JsonObject request, JsonObject answer)
    {
        if (model.Generation < 2) return;
        int tokens = TokenEstimate.OfRequest(request);
        answer["usageMetadata"] = new JsonObject { ["promptTokenCount"] = tokens, ["promptTokenDetails"] = Details(tokens) };
    }

    private static JsonObject Predict(JsonObject request)
    {
        long count = (request["parameters"] as JsonObject)?.Integer("sampleCount") ?? 1;
        string prompt = ((request["instances"] as JsonArray)?[0] as JsonObject)?.Text("prompt") ?? "";
        JsonArray predictions = [];
        for (long i = 0; i < Math.Clamp(count, 1, 4); i++)
            predictions.Add(new JsonObject { ["mimeType"] = "image/png", ["bytesBase64Encoded"] = Painting.For(prompt, i) });
        return new JsonObject { ["predictions"] = predictions };
    }

    private static JsonArray Details(int tokens) => [new JsonObject { ["modality"] = "TEXT", ["tokenCount"] = tokens }];
}
