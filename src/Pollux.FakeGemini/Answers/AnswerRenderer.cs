using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Answers;

/// <summary>Gives an answer the form of one response or of a stream's events, with ids, signatures and usage.</summary>
internal sealed class AnswerRenderer
{
    private readonly Answer _answer;
    private readonly AnswerContext _context;
    private readonly List<(JsonObject Part, IReadOnlyList<string> Pieces)> _parts = [];
    private readonly string? _textSignature;
    private int _candidateTokens;

    private AnswerRenderer(Answer answer, AnswerContext context)
    {
        _answer = answer;
        _context = context;
        foreach (AnswerPart part in answer.Parts) _parts.Add(((JsonObject)part.Json.DeepClone(), part.Pieces));
        if (answer.Decorated) _textSignature = Decorate();
    }

    private bool HasCalls => _parts.Exists(static part => part.Part.Has("functionCall"));

    /// <summary>The whole answer.</summary>
    public static JsonObject Whole(Answer answer, AnswerContext context)
    {
        AnswerRenderer renderer = new(answer, context);
        JsonObject[] parts = [.. renderer._parts.Select(static part => part.Part)];
        if (renderer._textSignature is { } signature) parts[^1]["thoughtSignature"] = signature;
        return renderer.Response(parts, finished: true);
    }

    /// <summary>The answer in events: a text in its pieces, any other part whole, a signature of a text after it.</summary>
    public static IReadOnlyList<JsonObject> Events(Answer answer, AnswerContext context)
    {
        AnswerRenderer renderer = new(answer, context);
        List<JsonObject> deltas = [];
        foreach ((JsonObject part, IReadOnlyList<string> pieces) in renderer._parts)
        {
            if (pieces.Count == 0) deltas.Add(part);
            else foreach (string piece in pieces) deltas.Add(Piece(part, piece));
        }

        if (renderer._textSignature is { } signature) deltas.Add(new JsonObject { ["text"] = "", ["thoughtSignature"] = signature });
        else if (answer.TrailingEmptyText && renderer.HasCalls) deltas.Add(new JsonObject { ["text"] = "" });
        if (deltas.Count == 0) return [renderer.Response([], finished: true)];

        // Parallel calls come in one event, as recorded.
        List<JsonObject> events = [];
        for (int i = 0; i < deltas.Count;)
        {
            int end = i + 1;
            while (deltas[i].Has("functionCall") && end < deltas.Count && deltas[end].Has("functionCall")) end++;
            events.Add(renderer.Response(deltas[i..end], finished: end == deltas.Count));
            i = end;
        }

        return events;
    }

    private static JsonObject Piece(JsonObject part, string piece) =>
        part.Child("inlineData") is { } whole
            ? new JsonObject { ["inlineData"] = new JsonObject { ["mimeType"] = whole.Text("mimeType"), ["data"] = piece } }
            : new JsonObject { ["text"] = piece };

    /// <summary>Adds ids and the signature of the first call; returns the signature that belongs behind a final text.</summary>
    private string? Decorate()
    {
        FakeModel model = _context.Model;
        bool signed = false;
        foreach ((JsonObject part, _) in _parts)
        {
            if (part.Child("functionCall") is { } call)
            {
                if (model.GivesCallIds && !call.Has("id")) call["id"] = _context.Ids.NextCallId();
                if (!signed && model.Thinks) part["thoughtSignature"] = NextSignature();
                signed = true;
            }
            else if (part.Has("inlineData") && model.Thinks) part["thoughtSignature"] = NextSignature();
        }

        bool endsWithText = _parts.Count > 0 && _parts[^1].Part.Has("text") && !_parts[^1].Part.Flag("thought");
        return !signed && endsWithText && model.Generation >= 3 && model.Thinks ? NextSignature() : null;
    }

    private string NextSignature() => _context.Signatures.Give(_context.Model.SignatureFamily, _context.Project.Number);

    private JsonObject Response(IReadOnlyList<JsonObject> parts, bool finished)
    {
        foreach (JsonObject part in parts)
        {
            if (!part.Flag("thought")) _candidateTokens += TokenEstimate.OfPart(part);
        }

        JsonObject response = [];
        if (_answer.Gap != AnswerGap.NoCandidates)
        {
            JsonArray candidates = [];
            for (int index = 0; index < _answer.CandidateCount; index++) candidates.Add(Candidate(parts, index, finished));
            response["candidates"] = candidates;
        }

        if (_answer.BlockReason is { } reason) response["promptFeedback"] = new JsonObject { ["blockReason"] = reason };
        response["usageMetadata"] = Usage();
        response["modelVersion"] = _context.Model.AnsweredBy ?? _context.Model.Id;
        response["responseId"] = _context.ResponseId;
        return response;
    }

    private JsonObject Candidate(IReadOnlyList<JsonObject> parts, int index, bool finished)
    {
        JsonObject candidate = [];
        if (_answer.Gap != AnswerGap.NoContent)
        {
            JsonObject content = [];
            if (_answer.Gap == AnswerGap.EmptyParts) content["parts"] = new JsonArray();
            else if (_answer.Gap != AnswerGap.NoParts && parts.Count > 0)
                content["parts"] = new JsonArray([.. parts.Select(static part => part.DeepClone())]);
            content["role"] = "model";
            candidate["content"] = content;
        }

        if (finished && _answer.FinishReason is { } reason) candidate["finishReason"] = reason;
        candidate["index"] = index;
        if (finished && FinishMessage() is { } message) candidate["finishMessage"] = message;
        return candidate;
    }

    // Since Gemini 3 a finish message stands beside STOP after calls; it is not an error.
    private string? FinishMessage() =>
        _answer.FinishMessage ??
        (HasCalls && _context.Model.Generation >= 3 && _answer.FinishReason == "STOP" ? "Model generated function call(s)." : null);

    private JsonObject Usage()
    {
        int candidates = _candidateTokens * _answer.CandidateCount;
        JsonObject usage = new() { ["promptTokenCount"] = _context.InputTokens };
        if (candidates > 0) usage["candidatesTokenCount"] = candidates;
        usage["totalTokenCount"] = _context.InputTokens + candidates + _answer.ThoughtTokens;
        usage["promptTokensDetails"] = new JsonArray(new JsonObject { ["modality"] = "TEXT", ["tokenCount"] = _context.InputTokens });
        if (_answer.ThoughtTokens > 0) usage["thoughtsTokenCount"] = _answer.ThoughtTokens;
        usage["serviceTier"] = _context.Request.Text("serviceTier") ?? "standard";
        return usage;
    }
}
