using System.Buffers;
using System.Text.Json;

namespace Pollux.Protocols.OpenAI.Embeddings;

/// <summary>
/// The vectors of one request, one behind the other in one pooled array, in the order of the inputs. Batches are read into
/// it as they come. Not thread-safe; dispose it.
/// </summary>
/// <param name="count">How many vectors there will be.</param>
public sealed class EmbeddingVectors(int count) : IDisposable
{
    private float[]? _values;
    private float[]? _row = ArrayPool<float>.Shared.Rent(EmbeddingsTranslator.MostDimensions);

    /// <summary>How many vectors there are.</summary>
    public int Count => count;

    /// <summary>The length of each; 0 until the first was read.</summary>
    public int Dimensions { get; private set; }

    /// <summary>Tokens that the upstream counted; 0 when it did not.</summary>
    public int PromptTokens { get; private set; }

    /// <summary>A vector.</summary>
    public ReadOnlySpan<float> this[int index] => _values.AsSpan(index * Dimensions, Dimensions);

    /// <summary>Reads the answer of <c>batchEmbedContents</c>.</summary>
    /// <param name="answer">Its JSON.</param>
    /// <param name="first">The index of its first vector.</param>
    /// <param name="expected">How many vectors it must hold.</param>
    /// <returns>Whether it is whole: as many vectors as texts, all of one length.</returns>
    public bool TryRead(ReadOnlySpan<byte> answer, int first, int expected)
    {
        int read = 0;
        try
        {
            var reader = new Utf8JsonReader(answer);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("embeddings"u8))
                {
                    if (!ReadList(ref reader, first, expected, ref read))
                        return false;
                }
                else if (reader.ValueTextEquals("usageMetadata"u8))
                {
                    ReadUsage(ref reader);
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }
        }
        catch (Exception fault) when (fault is JsonException or FormatException or InvalidOperationException)
        {
            return false;
        }

        return read == expected;
    }

    /// <summary>
    /// Brings every vector to length 1. Google leaves shortened vectors of <c>gemini-embedding-001</c> as they are; OpenAI's
    /// always have length 1, and programs compare them by their dot product.
    /// </summary>
    public void Normalise()
    {
        for (int i = 0; i < count; i++)
        {
            Span<float> vector = _values.AsSpan(i * Dimensions, Dimensions);
            double sum = 0;
            foreach (float value in vector)
                sum += (double)value * value;
            if (sum is 0)
                continue;
            double length = Math.Sqrt(sum);
            foreach (ref float value in vector)
                value = (float)(value / length);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _values, null) is { } values)
            ArrayPool<float>.Shared.Return(values);
        if (Interlocked.Exchange(ref _row, null) is { } row)
            ArrayPool<float>.Shared.Return(row);
    }

    private bool ReadList(ref Utf8JsonReader reader, int first, int expected, ref int read)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            if (read == expected || !ReadVector(ref reader, first + read))
                return false;
            read++;
        }

        return true;
    }

    private bool ReadVector(ref Utf8JsonReader reader, int index)
    {
        int length = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool values = reader.ValueTextEquals("values"u8);
            reader.Read();
            if (!values || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.Number)
            {
                if (length == _row!.Length)
                    GrowRow();
                _row[length++] = reader.GetSingle();
            }
        }

        if (length == 0 || (Dimensions > 0 && length != Dimensions))
            return false;
        Dimensions = length;
        _values ??= ArrayPool<float>.Shared.Rent(count * length);
        _row.AsSpan(0, length).CopyTo(_values.AsSpan(index * length));
        return true;
    }

    private void GrowRow()
    {
        float[] larger = ArrayPool<float>.Shared.Rent(_row!.Length * 2);
        _row.CopyTo(larger, 0);
        ArrayPool<float>.Shared.Return(_row);
        _row = larger;
    }

    private void ReadUsage(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool counts = reader.ValueTextEquals("promptTokenCount"u8);
            reader.Read();
            if (counts && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int tokens))
                PromptTokens += tokens;
            else
                reader.Skip();
        }
    }
}
