using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.Translation;

namespace Pollux.Generation;

/// <summary>
/// How much the model thinks: a suffix of the model's name rules; else what the client said; else
/// <c>THINKING_BUDGET_MAP</c>; else the model's own default. Thoughts are asked for where they will be shown.
/// </summary>
internal sealed class ThinkingStep : IPrepareStep
{
    /// <inheritdoc/>
    public void Apply(GenerateContentRequest request, in PrepareContext context)
    {
        ModelCapabilities model = context.Model.Capabilities;
        if (!context.Settings.EnableThinking || model.Thinking.Control == ThinkingControl.None)
        {
            request.GenerationConfig.ThinkingConfig = null;
            return;
        }

        ThinkingConfig? config = request.GenerationConfig.ThinkingConfig;
        if (!context.Model.Thinking.IsEmpty)
            config = ThinkingTranslation.Translate(context.Model.Thinking, model, context.Losses, "model") ?? config;
        else if (config is null && context.Settings.ThinkingBudgets.TryGetValue(context.Model.Name, out int budget))
            config = ThinkingTranslation.Translate(new ThinkingWish { Budget = budget }, model, context.Losses, "THINKING_BUDGET_MAP");

        if (context.ShowThoughts && !IsOff(config, model.Thinking))
            (config ??= new ThinkingConfig()).IncludeThoughts ??= true;
        request.GenerationConfig.ThinkingConfig = config;
    }

    private static bool IsOff(ThinkingConfig? config, ThinkingCapabilities thinking) =>
        config is null ? thinking.OffByDefault : config.ThinkingBudget == 0;
}
