using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Answers;

/// <summary>Token counts of the fake: four characters a token, a fixed price for media. Good enough to add up.</summary>
internal static class TokenEstimate
{
    private const int CharactersPerToken = 4;

    // What Gemini counts for a small picture.
    private const int TokensPerMedium = 258;

    /// <summary>Tokens of a text; at least 1 when there is any.</summary>
    public static int OfText(string text) => (text.Length + CharactersPerToken - 1) / CharactersPerToken;

    /// <summary>As much of a text as fits into so many tokens.</summary>
    public static string Cut(string text, int tokens)
    {
        int length = Math.Min(text.Length, tokens * CharactersPerToken);
        if (length < text.Length && char.IsLowSurrogate(text[length])) length--;
        return text[..length];
    }

    /// <summary>Tokens of all that goes into the model: contents, system instruction and tools.</summary>
    public static int OfRequest(JsonObject request)
    {
        JsonObject inner = request.Child("generateContentRequest") ?? request;
        int tokens = 0;
        foreach (JsonObject content in inner.Messages("contents")) tokens += OfContent(content);
        if (inner.Child("systemInstruction") is { } instruction) tokens += OfContent(instruction);
        if (inner.Child("content") is { } single) tokens += OfContent(single);
        foreach (JsonObject one in inner.Messages("requests")) tokens += OfRequest(one);
        foreach (JsonObject tool in inner.Messages("tools")) tokens += OfText(tool.ToJsonString());
        return tokens;
    }

    /// <summary>Tokens of one content.</summary>
    public static int OfContent(JsonObject content) => content.Messages("parts").Sum(OfPart);

    /// <summary>Tokens of one part. Signatures are free.</summary>
    public static int OfPart(JsonObject part)
    {
        if (part.Text("text") is { } text) return OfText(text);
        if (part.Has("inlineData") || part.Has("fileData")) return TokensPerMedium;
        JsonNode? data = part["functionCall"] ?? part["functionResponse"] ?? part["executableCode"] ?? part["codeExecutionResult"];
        return data is null ? 0 : OfText(data.ToJsonString());
    }
}
