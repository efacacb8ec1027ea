using System.Text.Json.Nodes;
using Pollux.FakeGemini.Answers;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Validation;

/// <summary>
/// Thought signatures: on Gemini 3 each step of the current turn must bring back the signature of its first function call,
/// and any signature that comes must be one that was given out (or the documented placeholder).
/// </summary>
internal static class SignatureRules
{
    public static void Check(FakeModel model, JsonObject request, string? project, SignatureMint? signatures, Findings findings)
    {
        JsonObject[] contents = [.. request.Messages("contents")];
        if (model.RequiresSignatures) CheckCurrentTurn(contents, findings);
        if (signatures is null) return;
        foreach (JsonObject content in contents)
        {
            foreach (JsonObject part in content.Messages("parts"))
            {
                if (part.Text("thoughtSignature") is { Length: > 0 } signature && !signatures.IsValid(signature, model.SignatureFamily, project))
                    findings.AddSentence("Thought signature is not valid.");
            }
        }
    }

    private static void CheckCurrentTurn(JsonObject[] contents, Findings findings)
    {
        for (int i = StartOfCurrentTurn(contents); i < contents.Length; i++)
        {
            JsonObject? firstCall = contents[i].Messages("parts").FirstOrDefault(static part => part.Has("functionCall"));
            if (firstCall is null || !string.IsNullOrEmpty(firstCall.Text("thoughtSignature"))) continue;
            findings.AddSentence(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, " +
                "and missing thought_signature may lead to degraded model performance. Additional data, function call " +
                $"`default_api:{firstCall.Child("functionCall")!.Text("name")}` , position {i + 1}. Please refer to " +
                "https://ai.google.dev/gemini-api/docs/thought-signatures for more details.");
        }
    }

    /// <summary>A turn starts at the last user content that is not a function response.</summary>
    private static int StartOfCurrentTurn(JsonObject[] contents)
    {
        for (int i = contents.Length - 1; i >= 0; i--)
        {
            if (contents[i].Text("role") != "model" && !contents[i].Messages("parts").Any(static part => part.Has("functionResponse"))) return i;
        }

        return 0;
    }
}
