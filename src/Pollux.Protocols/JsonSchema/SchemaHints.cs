using System.Text;
using System.Text.Json;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.JsonSchema;

/// <summary>
/// Constraints that a target language cannot express, told in words: they are appended to the description, where the
/// model reads them although nothing enforces them.
/// </summary>
internal struct SchemaHints
{
    // Enough for a rule; a list of hundreds of values would drown the description it is appended to.
    private const int MaxHintLength = 300;

    private StringBuilder? _text;

    public void Add(string words, JsonElement value)
    {
        var raw = value.GetRawText();
        Add($"{words}{(raw.Length <= MaxHintLength ? raw : raw[..MaxHintLength] + "...")}");
    }

    public void Add(string sentence) => (_text ??= new StringBuilder()).Append(_text.Length == 0 ? "" : "; ").Append(sentence);

    public void WriteDescription(Utf8JsonWriter writer, in SchemaLayers layers)
    {
        var has = layers.TryGet("description"u8, out var description) && description.ValueKind is JsonValueKind.String;
        if (_text is null)
        {
            if (has)
            {
                writer.WritePropertyName("description"u8);
                description.WriteTo(writer);
            }
            return;
        }
        writer.WriteString("description"u8, has ? $"{description.GetString()} ({_text})" : $"({_text})");
    }

    /// <summary>Reports a keyword that only lives on in the description.</summary>
    public static void Report(LossReport losses, SchemaPath path, string word) =>
        losses.Add(losses.HasRoom ? $"{path}.{word}" : "", LossKind.Approximated, "Gemini's schemas have no such constraint; it was put into the description.");
}
