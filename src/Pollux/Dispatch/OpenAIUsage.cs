using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Dispatch;

/// <summary>Reads the token counts of an answer of Google's own OpenAI endpoint: for the pool's books, never for the client.</summary>
internal static class OpenAIUsage
{
    /// <summary>Reads them out of a body or a chunk; what is missing is 0.</summary>
    public static GeminiUsage Read(ReadOnlySpan<byte> json)
    {
        if (json.LastIndexOf("\"usage\""u8) < 0)
            return default;
        int prompt = 0, answer = 0, total = 0;
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                if (reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 } && !reader.ValueTextEquals("usage"u8))
                {
                    reader.Skip();
                    continue;
                }

                if (reader is not { TokenType: JsonTokenType.PropertyName, CurrentDepth: 2 })
                    continue;
                if (reader.ValueTextEquals("prompt_tokens"u8))
                    prompt = ReadNumber(ref reader);
                else if (reader.ValueTextEquals("completion_tokens"u8))
                    answer = ReadNumber(ref reader);
                else if (reader.ValueTextEquals("total_tokens"u8))
                    total = ReadNumber(ref reader);
                else
                    reader.Skip();
            }
        }
        catch (JsonException)
        {
            return default; // handed on as it is; the client will see for itself
        }

        return new GeminiUsage(prompt, 0, answer, Math.Max(0, total - prompt - answer), 0, total, 0, 0); // the sum holds the thoughts, the parts do not
    }

    private static int ReadNumber(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int number) ? Math.Max(0, number) : 0;
}
