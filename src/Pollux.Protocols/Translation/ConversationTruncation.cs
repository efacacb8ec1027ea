using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Tokens;

namespace Pollux.Protocols.Translation;

/// <summary>Drops the oldest turns of a conversation that the model would refuse as too long.</summary>
internal static class ConversationTruncation
{
    /// <summary>The estimate is rough by some ten percent, so that much is left free.</summary>
    private const double Filled = 0.9;

    /// <summary>Drops as much as is needed; the last turn of the user always stays.</summary>
    /// <param name="scope">The translation, when the conversation is built.</param>
    /// <param name="list">The member that holds the conversation, for the report.</param>
    public static void Shorten(TranslationScope scope, string list)
    {
        int limit = (int)(scope.Model.InputTokenLimit * Filled);
        List<Content> contents = scope.Request.Contents;
        if (limit <= 0 || scope.Body.Length < limit) // no script has more tokens than bytes
            return;

        var buffer = new ArrayBufferWriter<byte>();
        var sizes = new int[contents.Count];
        long total = scope.Request.SystemInstruction is null ? 0 : Measure(buffer, scope.Request.SystemInstruction);
        for (int i = 0; i < sizes.Length; i++)
            total += sizes[i] = Measure(buffer, contents[i]);
        int dropped = 0;
        for (int next = NextTurn(contents, 0); total > limit && next > 0; next = NextTurn(contents, dropped))
        {
            for (; dropped < next; dropped++)
                total -= sizes[dropped];
        }

        if (dropped == 0)
            return;
        contents.RemoveRange(0, dropped);
        scope.Losses.Add(list, LossKind.Dropped, $"The conversation is longer than the model takes: its {dropped} oldest turns were left out (truncation: auto).");
    }

    /// <summary>Where the next turn of the user begins that answers no call; -1 if there is none.</summary>
    private static int NextTurn(List<Content> contents, int from) =>
        contents.FindIndex(from + 1, static content => content.Role == Content.User && !content.HasFunctionResponse);

    private static int Measure(ArrayBufferWriter<byte> buffer, Content content)
    {
        buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("contents"u8);
            content.WriteTo(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return PromptEstimate.Of(buffer.WrittenSpan).Total;
    }
}
