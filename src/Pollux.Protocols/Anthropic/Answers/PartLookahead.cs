using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Protocols.Anthropic.Answers;

/// <summary>What must be known of parts before they are written.</summary>
internal static class PartLookahead
{
    /// <summary>The signature for thoughts that end before a part: that of the first call up to the next thought, else that of a text.</summary>
    public static Slice SignatureBehind(ReadOnlySpan<AnswerPart> parts, int index)
    {
        Slice ofText = default;
        for (int i = index; i < parts.Length && !parts[i].IsThought; i++)
        {
            if (!parts[i].Signature.Exists)
                continue;
            if (parts[i].Kind == PartKind.FunctionCall)
                return parts[i].Signature;
            if (!ofText.Exists)
                ofText = parts[i].Signature;
        }

        return ofText;
    }

    /// <summary>The index of the last part that becomes text.</summary>
    public static int LastTextOf(ReadOnlySpan<AnswerPart> parts)
    {
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            if (parts[i] is { IsThought: false, IsEmptyText: false, Kind: PartKind.Text or PartKind.InlineData or PartKind.FileData })
                return i;
        }

        return int.MaxValue;
    }

    /// <summary>What Google searched for, in its own words.</summary>
    public static string? QueryOf(ReadOnlyMemory<byte> grounding)
    {
        using JsonDocument document = JsonDocument.Parse(grounding);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("webSearchQueries"u8, out JsonElement queries) || queries.ValueKind != JsonValueKind.Array)
            return null;
        var words = new List<string>();
        foreach (JsonElement query in queries.EnumerateArray())
        {
            if (query.ValueKind == JsonValueKind.String && query.GetString() is { Length: > 0 } text)
                words.Add(text);
        }

        return words.Count == 0 ? null : string.Join("; ", words);
    }
}
