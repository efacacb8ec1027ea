using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Pollux.Protocols.Gemini.Vertex;

/// <summary>
/// Requests for vectors as Vertex AI takes them: the older models by <c>predict</c>, with one text in a request, newer ones by
/// <c>embedContent</c>. What comes back is joined into the answer that the Gemini API gives.
/// </summary>
/// <remarks>Pure. One lock-free instance belongs to one request; answers may be put in from several threads.</remarks>
public sealed class VertexEmbeddings
{
    /// <summary>Where Google's client libraries put what belongs to a vector when they speak to Vertex AI.</summary>
    private const string Config = "embedContentConfig";
    private const string SnakeConfig = "embed_content_config";

    private readonly bool _isBatch;
    private readonly (byte[] Values, int Tokens)[] _vectors;

    private VertexEmbeddings(IReadOnlyList<ReadOnlyMemory<byte>> bodies, bool isBatch, string action)
    {
        Bodies = bodies;
        Action = action;
        _isBatch = isBatch;
        _vectors = new (byte[], int)[bodies.Count];
    }

    /// <summary>The method to call: <c>predict</c> or <c>embedContent</c>.</summary>
    public string Action { get; }

    /// <summary>The bodies to send, one for each vector.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Bodies { get; }

    /// <summary>Whether a model gives vectors by <c>predict</c>: all that are older than <c>gemini-embedding-2</c>, as Google's client libraries decide it.</summary>
    public static bool UsesPredict(string model) => model == "gemini-embedding-001" || !model.StartsWith("gemini-", StringComparison.Ordinal);

    /// <summary>Reads a body of <c>embedContent</c> or <c>batchEmbedContents</c>.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="isBatch">Whether it is a batch.</param>
    /// <param name="body">As the Gemini API takes it.</param>
    /// <param name="refusal">Why it cannot be asked, in words for the client.</param>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static VertexEmbeddings? Read(string model, bool isBatch, ReadOnlyMemory<byte> body, out string? refusal)
    {
        refusal = null;
        using JsonDocument json = JsonDocument.Parse(body);
        bool predicts = UsesPredict(model);
        var bodies = new List<ReadOnlyMemory<byte>>();
        if (isBatch)
        {
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("requests", out JsonElement requests) || requests.ValueKind != JsonValueKind.Array || requests.GetArrayLength() == 0)
            {
                refusal = "requests must be a list of at least one request.";
                return null;
            }

            int index = 0;
            foreach (JsonElement request in requests.EnumerateArray())
            {
                if (One(request, $"requests[{index++}].", predicts, out refusal) is not { } one)
                    return null;
                bodies.Add(one);
            }
        }
        else if (One(json.RootElement, "", predicts, out refusal) is { } single)
        {
            bodies.Add(single);
        }
        else
        {
            return null;
        }

        return new VertexEmbeddings(bodies, isBatch, predicts ? "predict" : "embedContent");
    }

    /// <summary>Takes the answer to one body.</summary>
    /// <returns><see langword="false"/> when it holds no vector.</returns>
    public bool TryTake(int index, ReadOnlyMemory<byte> answer)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(answer);
            JsonElement vector;
            int tokens = 0;
            if (Action == "predict")
            {
                if (!json.RootElement.TryGetProperty("predictions", out JsonElement predictions) || predictions.GetArrayLength() != 1)
                    return false;
                vector = predictions[0].GetProperty("embeddings");
                if (vector.TryGetProperty("statistics", out JsonElement statistics) && statistics.TryGetProperty("token_count", out JsonElement count))
                    tokens = (int)count.GetDouble(); // Google writes it as 5 and as 5.0
            }
            else
            {
                vector = json.RootElement.GetProperty("embedding");
                if (json.RootElement.TryGetProperty("usageMetadata", out JsonElement usage) && usage.TryGetProperty("promptTokenCount", out JsonElement count))
                    tokens = (int)count.GetDouble();
            }

            JsonElement values = vector.GetProperty("values");
            if (values.ValueKind != JsonValueKind.Array)
                return false;
            _vectors[index] = (JsonMarshal.GetRawUtf8Value(values).ToArray(), tokens);
            return true;
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    /// <summary>All vectors, as the Gemini API answers.</summary>
    public byte[] Join()
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        json.WriteStartObject();
        int tokens = 0;
        if (_isBatch)
            json.WriteStartArray("embeddings"u8);
        else
            json.WritePropertyName("embedding"u8);
        foreach ((byte[] values, int counted) in _vectors)
        {
            tokens += counted;
            json.WriteStartObject();
            json.WritePropertyName("values"u8);
            json.WriteRawValue(values, skipInputValidation: true);
            json.WriteEndObject();
        }

        if (_isBatch)
            json.WriteEndArray();
        if (tokens > 0)
        {
            json.WriteStartObject("usageMetadata"u8);
            json.WriteNumber("promptTokenCount"u8, tokens);
            json.WriteNumber("totalTokenCount"u8, tokens);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static ReadOnlyMemory<byte>? One(JsonElement request, string path, bool predicts, out string? refusal)
    {
        refusal = null;
        if (request.ValueKind != JsonValueKind.Object || !request.TryGetProperty("content", out JsonElement content) || content.ValueKind != JsonValueKind.Object)
        {
            refusal = $"{path}content is required.";
            return null;
        }

        string? text = null;
        if (predicts && (text = TextOf(content)) is null)
        {
            refusal = $"{path}content must hold text alone: on Vertex AI this model reads nothing else.";
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        json.WriteStartObject();
        if (predicts)
            WritePrediction(request, text!, json);
        else
            WriteContent(request, content, json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WritePrediction(JsonElement request, string text, Utf8JsonWriter json)
    {
        if (VertexRequest.TryGet(request, Config, SnakeConfig, out JsonElement config) && config.ValueKind == JsonValueKind.Object)
            request = config;
        json.WriteStartArray("instances"u8);
        json.WriteStartObject();
        json.WriteString("content"u8, text);
        Copy(request, "taskType", "task_type", "task_type", json);
        Copy(request, "title", "title", "title", json);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("parameters"u8);
        json.WriteBoolean("autoTruncate"u8, false); // by itself Vertex AI cuts a text that is too long and says nothing; so it is refused
        Copy(request, "outputDimensionality", "output_dimensionality", "outputDimensionality", json);
        json.WriteEndObject();
    }

    private static void WriteContent(JsonElement request, JsonElement content, Utf8JsonWriter json)
    {
        json.WritePropertyName("content"u8);
        content.WriteTo(json);
        if (VertexRequest.TryGet(request, Config, SnakeConfig, out JsonElement config) && config.ValueKind != JsonValueKind.Null)
        {
            json.WritePropertyName(Config); // it is Vertex AI's own form, and stays as it is
            config.WriteTo(json);
        }

        Copy(request, "taskType", "task_type", "taskType", json);
        Copy(request, "title", "title", "title", json);
        Copy(request, "outputDimensionality", "output_dimensionality", "outputDimensionality", json);
    }

    private static void Copy(JsonElement request, string name, string snakeName, string written, Utf8JsonWriter json)
    {
        if (!VertexRequest.TryGet(request, name, snakeName, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return;
        json.WritePropertyName(written);
        value.WriteTo(json);
    }

    /// <summary>The text of all parts; the Gemini API makes one vector of them.</summary>
    private static string? TextOf(JsonElement content)
    {
        if (!content.TryGetProperty("parts", out JsonElement parts) || parts.ValueKind != JsonValueKind.Array || parts.GetArrayLength() == 0)
            return null;
        var text = new StringBuilder();
        foreach (JsonElement part in parts.EnumerateArray())
        {
            if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("text", out JsonElement words) || words.ValueKind != JsonValueKind.String)
                return null;
            if (text.Length > 0)
                text.Append('\n');
            text.Append(words.GetString());
        }

        return text.ToString();
    }
}
