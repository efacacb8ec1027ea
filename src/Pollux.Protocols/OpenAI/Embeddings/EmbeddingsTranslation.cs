using System.Text;
using System.Text.Json;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Tokens;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Embeddings;

/// <summary>An embeddings request as Gemini is asked it. The texts are slices of the client's body.</summary>
public sealed class EmbeddingsTranslation
{
    /// <summary>So many texts Google takes in one call of <c>batchEmbedContents</c>.</summary>
    public const int LargestBatch = 100;

    /// <summary>The texts as JSON strings, none of them empty, at least one.</summary>
    public required IReadOnlyList<RawJson> Inputs { get; init; }

    /// <summary>The length of the vectors; <see langword="null"/>: the model's own.</summary>
    public int? Dimensions { get; init; }

    /// <summary>Whether vectors go to the client as base64 of little-endian floats.</summary>
    public bool Base64 { get; init; }

    /// <summary>What the vectors are for, in Google's words.</summary>
    public string? TaskType { get; init; }

    /// <summary>The title of the document.</summary>
    public string? Title { get; init; }

    /// <summary>What was lost.</summary>
    public LossReport Losses { get; init; } = new();

    /// <summary>How many calls it takes.</summary>
    public int Batches => (Inputs.Count + LargestBatch - 1) / LargestBatch;

    /// <summary>How many texts stand in a batch.</summary>
    public int SizeOf(int batch) => Math.Min(LargestBatch, Inputs.Count - (batch * LargestBatch));

    /// <summary>Estimates the tokens of a batch.</summary>
    public PromptTokens Estimate(int batch)
    {
        var tokens = new PromptTokens();
        for (int i = batch * LargestBatch, end = i + SizeOf(batch); i < end; i++)
            tokens.Text += PromptEstimate.OfText(Inputs[i].Utf8.Span[1..^1]);
        return tokens;
    }

    /// <summary>Writes the body of <c>batchEmbedContents</c> for one batch.</summary>
    /// <param name="batch">Its number, from 0.</param>
    /// <param name="model">The upstream's name, which Google wants in each request of the batch.</param>
    /// <param name="json">Where to.</param>
    public void WriteBatch(int batch, string model, Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        byte[] name = Encoding.UTF8.GetBytes("models/" + model);
        json.WriteStartObject();
        json.WriteStartArray("requests"u8);
        for (int i = batch * LargestBatch, end = i + SizeOf(batch); i < end; i++)
        {
            json.WriteStartObject();
            json.WriteString("model"u8, name);
            json.WriteStartObject("content"u8);
            json.WriteStartArray("parts"u8);
            json.WriteStartObject();
            json.WritePropertyName("text"u8);
            Inputs[i].WriteTo(json);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            if (TaskType is not null)
                json.WriteString("taskType"u8, TaskType);
            if (Title is not null)
                json.WriteString("title"u8, Title);
            if (Dimensions is { } dimensions)
                json.WriteNumber("outputDimensionality"u8, dimensions);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
