using System.Text;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Messages;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Answers;

/// <summary>
/// What the fake answers when no script does: always the same for the same request, and always something that follows from
/// it. "You said: ..." for a text; the calls that a text asks for by lines <c>call NAME {json}</c>; a summary of function
/// responses; JSON that fits the schema; a transcript of a recording; a picture or a sound from models that make them.
/// </summary>
/// <param name="chunks">Events into which a text is cut.</param>
internal sealed class ModelMind(int chunks)
{
    private const int ThoughtTokens = 24;

    public Answer Compose(AnswerContext context)
    {
        JsonObject request = context.Request;
        JsonObject config = request.Child("generationConfig") ?? [];
        JsonObject? last = request.Messages("contents").LastOrDefault();
        List<AnswerPart> parts = [];
        int thoughts = Thinks(context.Model, config) ? ThoughtTokens : 0;
        if (thoughts > 0 && config.Child("thinkingConfig")?.Flag("includeThoughts") == true)
            parts.Add(AnswerPart.Thought("**Reading the request**\n\nThe request is short, so the answer can be too.\n"));

        Answer answer = new(parts) { ThoughtTokens = thoughts, CandidateCount = (int)(config.Integer("candidateCount") ?? 1) };
        IReadOnlyList<FakeToolCall> calls = last is null ? [] : ToolCallWish.Find(request, last);
        if (calls.Count > 0)
        {
            parts.AddRange(calls.Select(AnswerPart.Call));
            return answer;
        }

        if (Wants(context.Model, config, "AUDIO"))
        {
            string said = string.Concat((last?.Messages("parts") ?? []).Select(static part => part.Text("text")));
            parts.Add(AnswerPart.Sound(Voice.MediaType, Voice.Speak(said), chunks));
            return answer;
        }

        (answer, string text) = Limit(answer, Speak(request, config, last), config);
        if (answer.Gap != AnswerGap.None) return answer;
        if (text.Length > 0) parts.Add(AnswerPart.Text(TextPieces.Split(text, chunks)));
        if (Wants(context.Model, config, "IMAGE")) parts.Add(AnswerPart.InlineData("image/png", Painting.For(request)));
        return answer;
    }

    /// <summary>Applies stop sequences and the limit of output tokens, which thoughts use up first.</summary>
    private static (Answer Answer, string Text) Limit(Answer answer, string text, JsonObject config)
    {
        foreach (string stop in config.Texts("stopSequences"))
        {
            int at = stop.Length == 0 ? -1 : text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0) text = text[..at];
        }

        if (config.Integer("maxOutputTokens") is not { } limit || answer.ThoughtTokens + TokenEstimate.OfText(text) <= limit) return (answer, text);
        int left = (int)limit - answer.ThoughtTokens;
        return left > 0
            ? (answer with { FinishReason = "MAX_TOKENS" }, TokenEstimate.Cut(text, left))
            : (answer with { FinishReason = "MAX_TOKENS", ThoughtTokens = (int)limit, Gap = AnswerGap.NoParts }, "");
    }

    private static string Speak(JsonObject request, JsonObject config, JsonObject? last)
    {
        JsonNode? schema = config["responseSchema"] ?? config["responseJsonSchema"] ?? config["_responseJsonSchema"];
        string? form = config.Text("responseMimeType");
        string? heard = last is null ? null : Hearing.Transcript(last);
        if (form == "application/json" && heard is not null && Hearing.Segments(heard, schema) is { } segments) return segments.ToJsonString();
        if (form == "application/json") return SchemaSample.For(schema)?.ToJsonString() ?? "null";
        if (form == "text/x.enum") return (schema as JsonObject)?.Texts("enum").FirstOrDefault() ?? "";
        if (last is null) return "Nothing was said.";
        if (heard is not null) return heard;

        StringBuilder text = new();
        foreach (JsonObject part in last.Messages("parts"))
        {
            string? line = Describe(part);
            if (line is null) continue;
            if (text.Length > 0) text.Append('\n');
            text.Append(line);
        }

        return text.ToString();
    }

    private static string? Describe(JsonObject part)
    {
        if (part.Child("functionResponse") is { } response)
            return $"{response.Text("name")} answered: {response["response"]?.ToJsonString() ?? "{}"}";
        if (part.Child("inlineData") is { } inline)
            return $"You sent {inline.Text("mimeType")} of {SizeOf(inline.Text("data") ?? "")} bytes.";
        if (part.Child("fileData") is { } file) return $"You sent the file {file.Text("fileUri")}.";
        return part.Text("text") is { } text ? $"You said: {text}" : null;
    }

    private static int SizeOf(string base64) => Base64Text.TryDecode(base64, out byte[] bytes) ? bytes.Length : 0;

    private static bool Wants(FakeModel model, JsonObject config, string modality)
    {
        string[] wanted = [.. config.Texts("responseModalities")];
        return wanted.Length > 0 ? wanted.Contains(modality) : model.Modalities.Contains(modality);
    }

    private static bool Thinks(FakeModel model, JsonObject config)
    {
        if (!model.Thinks) return false;
        JsonObject? thinking = config.Child("thinkingConfig");
        if (thinking?.Text("thinkingLevel") == "MINIMAL") return false;
        long? budget = thinking?.Integer("thinkingBudget");
        bool offByDefault = model.Generation < 3 && model.Id.Contains("-lite", StringComparison.Ordinal);
        return budget != 0 && (budget is not null || !offByDefault);
    }
}
