using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Pollux.Protocols.OpenAI.Answers;

namespace Pollux.Protocols.OpenAI.Embeddings;

/// <summary>Writes vectors in the forms that clients read.</summary>
public static class EmbeddingsBodyWriter
{
    /// <summary>Writes OpenAI's list of embeddings.</summary>
    /// <param name="vectors">The vectors.</param>
    /// <param name="model">The model as asked.</param>
    /// <param name="base64">Whether each vector is base64 of little-endian floats.</param>
    /// <param name="tokens">Tokens of all texts.</param>
    /// <param name="output">Where to.</param>
    public static void Write(EmbeddingVectors vectors, string model, bool base64, int tokens, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        using var json = new Utf8JsonWriter(output, ChatJson.WriterOptions);
        json.WriteStartObject();
        json.WriteString(ChatJson.Object, "list"u8);
        json.WriteStartArray("data"u8);
        for (int i = 0; i < vectors.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString(ChatJson.Object, "embedding"u8);
            json.WriteNumber(ChatJson.Index, i);
            json.WritePropertyName("embedding"u8);
            if (base64)
                WriteBase64(json, vectors[i]);
            else
                WriteNumbers(json, vectors[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString(ChatJson.Model, model);
        json.WriteStartObject(ChatJson.Usage);
        json.WriteNumber("prompt_tokens"u8, tokens);
        json.WriteNumber("total_tokens"u8, tokens);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>Writes the answer of <c>/api/vector/query</c>: nothing is stored, so nothing is found, and the vector stands beside it.</summary>
    public static void WriteQuery(EmbeddingVectors vectors, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        using var json = new Utf8JsonWriter(output, ChatJson.WriterOptions);
        json.WriteStartObject();
        json.WriteStartArray("hashes"u8);
        json.WriteEndArray();
        json.WriteStartArray("metadata"u8);
        json.WriteEndArray();
        json.WriteStartArray("items"u8);
        for (int i = 0; i < vectors.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("text"u8, ReadOnlySpan<byte>.Empty);
            json.WriteNumber("score"u8, 0);
            json.WriteStartObject("metadata"u8);
            json.WritePropertyName("embedding"u8);
            WriteNumbers(json, vectors[i]);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("similarities"u8);
        for (int i = 0; i < vectors.Count; i++)
            json.WriteNumberValue(0);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteNumbers(Utf8JsonWriter json, ReadOnlySpan<float> vector)
    {
        json.WriteStartArray();
        foreach (float value in vector)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static void WriteBase64(Utf8JsonWriter json, ReadOnlySpan<float> vector)
    {
        if (BitConverter.IsLittleEndian)
        {
            json.WriteBase64StringValue(MemoryMarshal.AsBytes(vector));
            return;
        }

        var swapped = new byte[vector.Length * sizeof(float)];
        for (int i = 0; i < vector.Length; i++)
            System.Buffers.Binary.BinaryPrimitives.WriteSingleLittleEndian(swapped.AsSpan(i * sizeof(float)), vector[i]);
        json.WriteBase64StringValue(swapped);
    }
}
