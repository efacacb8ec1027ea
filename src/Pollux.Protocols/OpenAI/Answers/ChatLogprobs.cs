using System.Text;
using System.Text.Json;

namespace Pollux.Protocols.OpenAI.Answers;

/// <summary>Writes Gemini's log probabilities in OpenAI's form. Few ask for them, so a document is built.</summary>
internal static class ChatLogprobs
{
    /// <summary>Writes the <c>logprobs</c> property for a <c>logprobsResult</c> object.</summary>
    public static void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte> result)
    {
        using JsonDocument document = JsonDocument.Parse(result);
        writer.WriteStartObject(ChatJson.Logprobs);
        writer.WriteStartArray(ChatJson.Content);
        if (Array(document.RootElement, "chosenCandidates") is { } chosen)
        {
            JsonElement? alternatives = Array(document.RootElement, "topCandidates");
            int position = 0;
            foreach (JsonElement token in chosen.EnumerateArray())
            {
                writer.WriteStartObject();
                WriteToken(writer, token);
                writer.WriteStartArray("top_logprobs"u8);
                if (alternatives is { } all && position < all.GetArrayLength() && Array(all[position], "candidates") is { } candidates)
                {
                    foreach (JsonElement candidate in candidates.EnumerateArray())
                    {
                        writer.WriteStartObject();
                        WriteToken(writer, candidate);
                        writer.WriteEndObject();
                    }
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
                position++;
            }
        }

        writer.WriteEndArray();
        writer.WriteNull(ChatJson.Refusal);
        writer.WriteEndObject();
    }

    private static void WriteToken(Utf8JsonWriter writer, JsonElement token)
    {
        string text = token.ValueKind == JsonValueKind.Object && token.TryGetProperty("token", out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : "";
        writer.WriteString("token"u8, text);
        double probability = token.ValueKind == JsonValueKind.Object && token.TryGetProperty("logProbability", out value) && value.TryGetDouble(out double number)
            ? number
            : -9999.0; // OpenAI's word for "very unlikely, not measured"
        writer.WriteNumber("logprob"u8, probability);
        writer.WriteStartArray("bytes"u8);
        foreach (byte b in Encoding.UTF8.GetBytes(text))
            writer.WriteNumberValue(b);
        writer.WriteEndArray();
    }

    private static JsonElement? Array(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement array) && array.ValueKind == JsonValueKind.Array
            ? array
            : null;
}
