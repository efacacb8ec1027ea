using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;

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
        ThinkingCapabilities thinking = context.Model.Capabilities.Thinking;
        if (!context.Settings.EnableThinking || thinking.Control == ThinkingControl.None)
        {
            request.GenerationConfig.ThinkingConfig = null;
            return;
        }

        ThinkingConfig? config = request.GenerationConfig.ThinkingConfig;
        if (context.Model.Thinking.Kind is not (ThinkingKind.Default or ThinkingKind.On))
            config = FromWish(context.Model.Thinking, thinking);
        else if (config is null && context.Settings.ThinkingBudgets.TryGetValue(context.Model.Name, out int budget))
            config = FromWish(new ThinkingWish(budget == 0 ? ThinkingKind.Off : ThinkingKind.Budget, budget), thinking);

        if (context.ShowThoughts && !IsOff(config, thinking))
            (config ??= new ThinkingConfig()).IncludeThoughts ??= true;
        request.GenerationConfig.ThinkingConfig = config;
    }

    /// <summary>Puts a wish into the form the model takes.</summary>
    public static ThinkingConfig? FromWish(ThinkingWish wish, ThinkingCapabilities thinking)
    {
        if (thinking.Control == ThinkingControl.Level)
        {
            return thinking.Levels.Count == 0 ? null : new ThinkingConfig
            {
                ThinkingLevel = wish.Kind switch
                {
                    ThinkingKind.Off => thinking.Levels[0],
                    ThinkingKind.Maximum => thinking.Levels[^1],
                    _ => LevelFor(wish.Tokens, thinking),
                },
            };
        }

        return new ThinkingConfig
        {
            ThinkingBudget = wish.Kind switch
            {
                ThinkingKind.Off => thinking.CanBeOff ? 0 : thinking.MinBudget,
                ThinkingKind.Maximum => thinking.MaxBudget,
                _ when wish.Tokens < 0 => -1,
                _ when wish.Tokens == 0 && thinking.CanBeOff => 0,
                _ => Math.Clamp(wish.Tokens, thinking.MinBudget, thinking.MaxBudget),
            },
        };
    }

    /// <summary>The level whose budget on older models was nearest: 1,024 low, 8,192 medium, 24,576 high, as Google maps them.</summary>
    private static ThinkingLevel? LevelFor(int tokens, ThinkingCapabilities thinking)
    {
        if (tokens < 0)
            return thinking.DefaultLevel;

        ThinkingLevel wanted = tokens switch
        {
            < 512 => ThinkingLevel.Minimal,
            <= 4096 => ThinkingLevel.Low,
            <= 16384 => ThinkingLevel.Medium,
            _ => ThinkingLevel.High,
        };
        foreach (ThinkingLevel level in thinking.Levels)
        {
            if (level >= wanted)
                return level;
        }

        return thinking.Levels.Count == 0 ? null : thinking.Levels[^1];
    }

    private static bool IsOff(ThinkingConfig? config, ThinkingCapabilities thinking) =>
        config is null ? thinking.OffByDefault : config.ThinkingBudget == 0;
}
