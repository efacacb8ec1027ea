using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;

namespace Pollux.Protocols.Translation;

/// <summary>What a client wants of the model's thinking, from all the forms in which that can be said.</summary>
public readonly record struct ThinkingWish
{
    /// <summary>OpenAI's word: <c>none</c>, <c>minimal</c>, <c>low</c>, <c>medium</c>, <c>high</c>, <c>xhigh</c>, <c>max</c>.</summary>
    public string? Effort { get; init; }

    /// <summary>In tokens; 0 is off, -1 leaves it to the model.</summary>
    public int? Budget { get; init; }

    /// <summary>Google's word, in any case.</summary>
    public string? Level { get; init; }

    /// <summary>On or off, without a measure.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Whether summaries of the thoughts are to come with the answer.</summary>
    public bool? IncludeThoughts { get; init; }

    /// <summary>Whether nothing was said.</summary>
    public bool IsEmpty => this == default;
}

/// <summary>
/// Turns a wish for more or less thinking into what one model takes. Google refuses a level on 2.5, a level that the
/// model does not have, a budget out of range, and level and budget together.
/// </summary>
public static class ThinkingTranslation
{
    // Google's own table for its OpenAI endpoint; minimal is as much as low there.
    private const int LowBudget = 1024;
    private const int MediumBudget = 8192;
    private const int HighBudget = 24576;

    /// <summary>Translates. The most precise form rules: a budget over a level, a level over on or off, that over effort.</summary>
    /// <param name="wish">What the client said.</param>
    /// <param name="model">What the model takes.</param>
    /// <param name="losses">Receives what could not be had as it was wished.</param>
    /// <param name="path">Where the wish stands in the request.</param>
    /// <returns><see langword="null"/> when nothing is to be sent.</returns>
    /// <exception cref="RequestFormatException">A word is unknown.</exception>
    public static ThinkingConfig? Translate(in ThinkingWish wish, ModelCapabilities model, LossReport losses, string path)
    {
        if (wish.IsEmpty)
            return null;
        var measure = MeasureOf(wish, path);
        var config = model.Thinking.Control switch
        {
            ThinkingControl.Budget => ToBudget(measure, model.Thinking, losses, path),
            ThinkingControl.Level => ToLevel(measure, model.Thinking, losses, path),
            _ => Refuse(measure, losses, path),
        };
        if (wish.IncludeThoughts is { } include && model.Thinking.Control is not ThinkingControl.None)
            (config ??= new ThinkingConfig()).IncludeThoughts = include;
        return config;
    }

    /// <summary>One measure for all forms: tokens, a level, off, or nothing.</summary>
    private static Measure MeasureOf(in ThinkingWish wish, string path)
    {
        if (wish.Budget is { } budget)
            return budget == 0 ? Measure.Off : budget < 0 ? Measure.Dynamic : new Measure(budget, null, false, false);
        if (wish.Level is { } level)
            return WordOf(level, path);
        if (wish.Enabled is false)
            return Measure.Off;
        if (wish.Effort is { } effort)
            return WordOf(effort, path);
        return wish.Enabled is true ? Measure.Dynamic : Measure.Nothing;
    }

    private static Measure WordOf(string word, string path) => word.ToLowerInvariant() switch
    {
        "none" or "off" or "disabled" => Measure.Off,
        "minimal" => new Measure(null, ThinkingLevel.Minimal, false, false),
        "low" => new Measure(null, ThinkingLevel.Low, false, false),
        "medium" => new Measure(null, ThinkingLevel.Medium, false, false),
        "high" => new Measure(null, ThinkingLevel.High, false, false),
        "xhigh" or "max" => new Measure(null, ThinkingLevel.High, IsMaximum: true, false),
        "auto" or "default" or "adaptive" or "thinking_level_unspecified" => Measure.Dynamic,
        _ => throw new RequestFormatException(
            $"Unknown value for '{path}'. Supported values are none, minimal, low, medium, high, xhigh and max.", path, RequestFormatCodes.UnsupportedValue),
    };

    private static ThinkingConfig? Refuse(Measure measure, LossReport losses, string path)
    {
        if (measure != Measure.Off && measure != Measure.Nothing)
            losses.Add(path, LossKind.Dropped, "The model's thinking cannot be controlled.");
        return null;
    }

    private static ThinkingConfig? ToBudget(Measure measure, ThinkingCapabilities allowed, LossReport losses, string path)
    {
        if (measure == Measure.Nothing)
            return null;
        if (measure == Measure.Dynamic)
            return new ThinkingConfig { ThinkingBudget = -1 };
        if (measure == Measure.Off)
        {
            if (!allowed.CanBeOff)
                losses.Add(path, LossKind.Approximated, "The model cannot stop thinking; its smallest budget is used.");
            return new ThinkingConfig { ThinkingBudget = allowed.CanBeOff ? 0 : allowed.MinBudget };
        }
        var asked = measure.Tokens ?? (measure.IsMaximum ? allowed.MaxBudget : measure.Level switch
        {
            ThinkingLevel.Minimal or ThinkingLevel.Low => LowBudget,
            ThinkingLevel.Medium => MediumBudget,
            _ => HighBudget,
        });
        var budget = allowed.MaxBudget == 0 ? asked : Math.Clamp(asked, allowed.MinBudget, allowed.MaxBudget);
        if (budget != asked)
            losses.Add(path, LossKind.Changed, $"The model takes {allowed.MinBudget} to {allowed.MaxBudget} tokens of thinking.");
        return new ThinkingConfig { ThinkingBudget = budget };
    }

    private static ThinkingConfig? ToLevel(Measure measure, ThinkingCapabilities allowed, LossReport losses, string path)
    {
        if (measure == Measure.Nothing || measure == Measure.Dynamic || allowed.Levels.Count == 0)
            return null; // without a level the model decides
        if (measure == Measure.Off)
        {
            losses.Add(path, LossKind.Approximated, "The model cannot stop thinking; its lowest level is used.");
            return new ThinkingConfig { ThinkingLevel = allowed.Levels[0] };
        }
        var asked = measure.Level ?? measure.Tokens switch
        {
            <= LowBudget => ThinkingLevel.Low,
            <= MediumBudget => ThinkingLevel.Medium,
            _ => ThinkingLevel.High,
        };
        var level = allowed.Levels[^1];
        foreach (var offered in allowed.Levels) // the lowest that is not less than was asked
        {
            if (offered < asked)
                continue;
            level = offered;
            break;
        }
        if (measure.Tokens is not null)
            losses.Add(path, LossKind.Approximated, "The model takes levels, not tokens.");
        else if (level != asked || measure.IsMaximum)
            losses.Add(path, LossKind.Approximated, "The model does not have this level; the nearest is used.");
        return new ThinkingConfig { ThinkingLevel = level };
    }

    private readonly record struct Measure(int? Tokens, ThinkingLevel? Level, bool IsMaximum, bool IsDynamic)
    {
        public static Measure Nothing => default;
        public static Measure Off => new(0, null, false, false);
        public static Measure Dynamic => new(null, null, false, IsDynamic: true);
    }
}
