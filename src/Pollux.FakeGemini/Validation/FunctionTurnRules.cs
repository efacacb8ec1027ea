using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Validation;

/// <summary>
/// The order of function calls and responses: a call turn follows a user or response turn, and is followed at once by all its
/// responses. Neighbouring contents of one role count as one turn, but Gemini 3 wants all responses in one content and in the
/// order of the calls.
/// </summary>
internal static class FunctionTurnRules
{
    private const string CallOutOfPlace =
        "Please ensure that function call turn comes immediately after a user turn or after a function response turn.";

    private const string ResponseOutOfPlace =
        "Please ensure that function response turn comes immediately after a function call turn.";

    private const string CountDiffers =
        "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";

    private const string NamesDiffer =
        "Please ensure that the function response parts match the function call parts of the function call turn, in the same order.";

    private const string IdsDiffer =
        "Please ensure that the id of each function response part is equal to the id of its function call part.";

    public static void Check(FakeModel model, JsonObject request, Findings findings)
    {
        List<Turn> turns = TurnsOf(model, request);
        for (int i = 0; i < turns.Count; i++)
        {
            Turn turn = turns[i];
            Turn? before = i > 0 ? turns[i - 1] : null;
            if (turn.Calls.Count > 0)
            {
                if (before is null or { FromModel: true }) findings.AddSentence(CallOutOfPlace);
                if (i + 1 < turns.Count && turns[i + 1].Responses.Count == 0) findings.AddSentence(CountDiffers);
            }

            if (turn.Responses.Count > 0)
            {
                if (before is null || before.Calls.Count == 0) findings.AddSentence(ResponseOutOfPlace);
                else CheckMatch(model, before.Calls, turn.Responses, findings);
            }
        }
    }

    private static void CheckMatch(FakeModel model, List<JsonObject> calls, List<JsonObject> responses, Findings findings)
    {
        if (calls.Count != responses.Count)
        {
            findings.AddSentence(CountDiffers);
            return;
        }

        if (model.Generation < 3)
        {
            IEnumerable<string?> called = calls.Select(static call => call.Text("name")).Order(StringComparer.Ordinal);
            if (!called.SequenceEqual(responses.Select(static response => response.Text("name")).Order(StringComparer.Ordinal)))
                findings.AddSentence(NamesDiffer);
            return;
        }

        for (int i = 0; i < calls.Count; i++)
        {
            if (calls[i].Text("name") != responses[i].Text("name")) findings.AddSentence(NamesDiffer);
            if (calls[i].Text("id") is { Length: > 0 } id && responses[i].Text("id") is { Length: > 0 } answered && answered != id)
                findings.AddSentence(IdsDiffer);
        }
    }

    private static List<Turn> TurnsOf(FakeModel model, JsonObject request)
    {
        List<Turn> turns = [];
        foreach (JsonObject content in request.Messages("contents"))
        {
            bool fromModel = content.Text("role") == "model";
            List<JsonObject> calls = [], responses = [];
            foreach (JsonObject part in content.Messages("parts"))
            {
                if (part.Child("functionCall") is { } call) calls.Add(call);
                if (part.Child("functionResponse") is { } response) responses.Add(response);
            }

            bool split = model.Generation >= 3 && responses.Count > 0 && turns.Count > 0 && turns[^1].Responses.Count > 0;
            if (turns.Count > 0 && turns[^1].FromModel == fromModel && !split)
            {
                turns[^1].Calls.AddRange(calls);
                turns[^1].Responses.AddRange(responses);
            }
            else turns.Add(new Turn(fromModel, calls, responses));
        }

        return turns;
    }

    private sealed record Turn(bool FromModel, List<JsonObject> Calls, List<JsonObject> Responses);
}
