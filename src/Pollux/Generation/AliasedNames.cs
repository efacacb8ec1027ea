using Pollux.Settings;

namespace Pollux.Generation;

/// <summary>
/// Follows aliases (<c>MODEL_ALIASES</c>). A name that Google lists is taken as it stands. An alias by name holds for any
/// other; a pattern only for names that mean nothing by themselves. What an alias stands for may be an alias once more.
/// </summary>
internal static class AliasedNames
{
    /// <summary>What Google's names begin with, as long as nobody knows its list (the list of models, as of November 2026).</summary>
    private static readonly string[] GooglesBeginnings =
        ["gemini-", "gemma-", "imagen-", "veo-", "lyria-", "learnlm-", "text-embedding-0", "embedding-0", "aqa", "nano-banana", "deep-research-", "antigravity-"];

    /// <summary>The name that a name stands for.</summary>
    /// <param name="name">The name without what says who shall serve it.</param>
    /// <param name="caller">The label of who asks; empty: the aliases for all hold.</param>
    /// <param name="withPatterns">Whether aliases with wildcards count.</param>
    /// <param name="list">Google's models; <see langword="null"/> while nobody knows them.</param>
    /// <param name="generation">The settings.</param>
    /// <returns><paramref name="name"/> itself where it is no alias; else its target, which may say who shall serve it.</returns>
    public static string Follow(string name, string caller, bool withPatterns, ModelList? list, GenerationSettings generation)
    {
        if (ReferenceEquals(generation.Aliases, ModelAliases.None) || Step(name, caller, withPatterns, list, generation) is not { } first)
            return name;
        string bare = ModelSides.WithoutMark(first).ToString();
        if (Step(bare, caller, withPatterns, list, generation) is not { } second)
            return first;
        bool isMarked = second.Length != ModelSides.WithoutMark(second).Length;
        return isMarked || bare.Length == first.Length ? second : first[..^bare.Length] + second;
    }

    /// <summary>What an operator can do about a name that nobody has and that is not like Google's.</summary>
    /// <returns>A sentence behind a blank, or nothing.</returns>
    public static string HintFor(string asked) =>
        LooksLikeGoogles(ModelNames.WithoutPrefix(ModelSides.WithoutMark(asked).ToString())) ? "" : " Who runs this gateway can give the name a meaning: see MODEL_ALIASES.";

    private static string? Step(string name, string caller, bool withPatterns, ModelList? list, GenerationSettings generation)
    {
        name = ModelNames.WithoutPrefix(name);
        return name.Length is 0 or > 200 || list?.Find(name) is not null || generation.ExtraModels.Contains(name) ? null : generation.Aliases.Find(name, caller, withPatterns && !MeansSomething(name, list, generation));
    }

    private static bool MeansSomething(string name, ModelList? list, GenerationSettings generation) => list is null
        ? LooksLikeGoogles(name) || generation.ExtraModels.Contains(name) || ModelNames.RefusalOf(name) is not null || ImageModels.IsChat(name, list, generation)
        : ModelNames.IsKnown(name, list, generation);

    private static bool LooksLikeGoogles(string name)
    {
        foreach (string beginning in GooglesBeginnings)
        {
            if (name.StartsWith(beginning, StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}
