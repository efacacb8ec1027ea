using System.Text.Json.Nodes;
using Pollux.FakeGemini.Serving;

namespace Pollux.FakeGemini.Fast;

/// <summary>The bytes of all answers, made once.</summary>
internal sealed class FastAnswers
{
    private const string Model = "gemini-3.8-flash";
    private const int PromptTokens = 8;

    public FastAnswers(int eventCount, int chunkBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(eventCount, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(chunkBytes);
        string piece = new('x', chunkBytes);
        int tokensPerPiece = Math.Max(1, chunkBytes / 4);
        JsonObject[] events = new JsonObject[eventCount];
        for (int i = 0; i < events.Length; i++) events[i] = Response(piece, (i + 1) * tokensPerPiece, finished: i == events.Length - 1);
        Events = [.. ReplyFraming.Frame(ReplyForm.Events, events)];
        Array = [.. ReplyFraming.Frame(ReplyForm.Array, events)];

        string text = string.Concat(Enumerable.Repeat(piece, eventCount));
        Unary = Single(Response(text, eventCount * tokensPerPiece, finished: true));
        CountTokens = Single(new JsonObject { ["totalTokens"] = PromptTokens });
        Models = Single(new JsonObject { ["models"] = new JsonArray([.. FakeModelCatalog.Default.Select(ModelList.Describe)]) });
    }

    public ReadOnlyMemory<byte>[] Events { get; }

    public ReadOnlyMemory<byte>[] Array { get; }

    public ReadOnlyMemory<byte> Unary { get; }

    public ReadOnlyMemory<byte> CountTokens { get; }

    public ReadOnlyMemory<byte> Models { get; }

    private static ReadOnlyMemory<byte> Single(JsonObject json) => ReplyFraming.Frame(ReplyForm.Unary, [json])[0];

    private static JsonObject Response(string text, int tokens, bool finished)
    {
        JsonObject candidate = new()
        {
            ["content"] = new JsonObject { ["parts"] = new JsonArray(new JsonObject { ["text"] = text }), ["role"] = "model" },
        };
        if (finished) candidate["finishReason"] = "STOP";
        candidate["index"] = 0;
        return new JsonObject
        {
            ["candidates"] = new JsonArray(candidate),
            ["usageMetadata"] = new JsonObject
            {
                ["promptTokenCount"] = PromptTokens,
                ["candidatesTokenCount"] = tokens,
                ["totalTokenCount"] = PromptTokens + tokens,
                ["promptTokensDetails"] = new JsonArray(new JsonObject { ["modality"] = "TEXT", ["tokenCount"] = PromptTokens }),
            },
            ["modelVersion"] = Model,
            ["responseId"] = "8e97asPMLaS4qtsP7oGv4Ag",
        };
    }
}
