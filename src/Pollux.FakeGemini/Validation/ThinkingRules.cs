using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Validation;

/// <summary>Thinking: levels from Gemini 3 on, budgets before; never both.</summary>
internal static class ThinkingRules
{
    public static void Check(FakeModel model, JsonObject config, Findings findings)
    {
        if (config.Child("thinkingConfig") is not { } thinking) return;
        long? budget = thinking.Integer("thinkingBudget");
        string? level = thinking.Text("thinkingLevel");
        if (!model.Thinks && (budget is not (null or 0) || level is not null || thinking.Flag("includeThoughts")))
        {
            findings.AddSentence($"Thinking is not supported for models/{model.Id}.");
            return;
        }

        if (budget is not null && level is not null)
            findings.AddSentence("You can only set only one of thinking budget and thinking level.");
        if (level is not null and not "THINKING_LEVEL_UNSPECIFIED") CheckLevel(model, level, findings);
        if (budget is { } tokens and not -1) CheckBudget(model, tokens, findings);
    }

    private static void CheckLevel(FakeModel model, string level, Findings findings)
    {
        if (model.ThinkingLevels.Count == 0) findings.AddSentence("Thinking level is not supported for this model.");
        else if (!model.ThinkingLevels.Contains(level))
            findings.AddSentence($"Thinking level {level} is not supported for this model. Please retry with other thinking level.");
    }

    private static void CheckBudget(FakeModel model, long tokens, Findings findings)
    {
        if (model.ThinkingBudgets is not { } range) return;
        if (tokens == 0 && model.ThinkingCanBeOff) return;
        if (tokens == 0) findings.AddSentence("Budget 0 is invalid. This model only works in thinking mode.");
        else if (tokens < range.Least || tokens > range.Most)
            findings.AddSentence($"The thinking budget {tokens} is invalid. Please choose a value between {range.Least} and {range.Most}.");
    }
}
