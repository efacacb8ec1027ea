using System.Globalization;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.Translation;
using Pollux.Settings;

namespace Pollux.Generation;

/// <summary>
/// Finds the model behind a name: a name that the upstream lists is taken as it stands; else an alias; else suffixes are
/// cut from the right, in any order and each once, and what remains must be a listed name.
/// </summary>
internal sealed class ModelNames(ModelDirectory directory, SettingsHolder settings)
{
    /// <summary>What a name ends in that asks for Google's search.</summary>
    public const string SearchSuffix = "-search";

    private const string Prefix = "models/";

    private static readonly (string Suffix, ThinkingWish Wish)[] Suffixes =
    [
        ("-nothinking", new ThinkingWish { Enabled = false }),
        ("-non-thinking", new ThinkingWish { Enabled = false }),
        ("-maxthinking", new ThinkingWish { Effort = "max" }),
        ("-max", new ThinkingWish { Effort = "max" }),
        ("-thinking", new ThinkingWish { IncludeThoughts = true }),
    ];

    /// <summary>Resolves <paramref name="asked"/>.</summary>
    /// <returns><see langword="null"/> when there is no such model, or when it is hidden.</returns>
    public ResolvedModel? Resolve(string asked) => Resolve(asked, directory.Current, settings.Current.Generation);

    /// <summary>How many input tokens a model takes: as the user set it, else as the catalogue says; 0 = not known.</summary>
    public int InputTokenLimit(ResolvedModel model) =>
        settings.Current.Pool.SetLimits.TryGetValue(model.Name, out ModelLimits? set) && set.InputTokenLimit is { } limit ? (int)Math.Min(limit, int.MaxValue) : model.Capabilities.InputTokenLimit;

    /// <summary>When a reserved key serves a model.</summary>
    public PaidKeyUse PaidUse(ResolvedModel model) => PaidModels.UseFor(model.Name, model.Capabilities, settings.Current.Pool);

    /// <summary>Resolves <paramref name="asked"/> among the models of <paramref name="list"/>, <see langword="null"/> while nobody knows it.</summary>
    public static ResolvedModel? Resolve(string asked, ModelList? list, GenerationSettings generation)
    {
        string name = WithoutPrefix(asked);
        if (name.Length == 0 || name.Length > 200)
            return null;

        if (ImageModels.IsChat(name, list, generation))
            return null; // served by the routes for pictures

        if (!IsListed(list, generation, name) && generation.Aliases.TryGetValue(name, out string? target))
            name = WithoutPrefix(target);

        ThinkingWish thinking = default;
        bool openAICut = false;
        bool search = false;
        bool pretendsStream = false;
        bool imageCut = false;
        while (!IsListed(list, generation, name))
        {
            if (thinking.IsEmpty && TryCutThinking(name, out string shorter, out ThinkingWish wish))
            {
                (name, thinking) = (shorter, wish);
            }
            else if (!openAICut && name.EndsWith("-openai", StringComparison.Ordinal))
            {
                (name, openAICut) = (name[..^"-openai".Length], true);
            }
            else if (!search && generation.Tools.SearchNames && name.Length > SearchSuffix.Length && name.EndsWith(SearchSuffix, StringComparison.Ordinal))
            {
                (name, search) = (name[..^SearchSuffix.Length], true);
            }
            else if (!pretendsStream && name.EndsWith("-fake", StringComparison.Ordinal))
            {
                (name, pretendsStream) = (name[..^"-fake".Length], true);
            }
            else if (!imageCut && ImageModels.TryCut(name, list, generation, out string painter))
            {
                (name, imageCut) = (painter, true);
            }
            else if (list is null && name.Length > 0)
            {
                break; // nobody knows the list yet: the upstream will judge
            }
            else
            {
                return null;
            }
        }

        if (IsHidden(generation, name))
            return null;
        ModelCapabilities capabilities = list?.Find(name)?.Capabilities ?? ModelCatalog.Default.Find(name);
        return search && !HasSearchName(generation, name, capabilities) ? null : new ResolvedModel(name, imageCut ? ImageModels.WithPictures(capabilities) : capabilities, thinking) { Search = search, Pictures = imageCut, PretendsStream = pretendsStream };
    }

    /// <summary>Whether a model can be asked for as one that searches.</summary>
    public static bool HasSearchName(GenerationSettings generation, string name, ModelCapabilities capabilities) =>
        generation.Tools.SearchNames
        && (generation.Tools.SearchModels.Count > 0 ? generation.Tools.SearchModels.Contains(name) : capabilities.BuiltInTools.HasFlag(BuiltInTools.GoogleSearch));

    /// <summary>Whether the settings hide a model: it is then neither listed nor callable.</summary>
    public static bool IsHidden(GenerationSettings generation, string name) =>
        generation.BlockedModels.Contains(name)
        || (generation.AllowedModels.Count > 0 && !generation.AllowedModels.Contains(name));

    private static string WithoutPrefix(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;

    /// <summary>Whether the upstream, or a setting, lists a name.</summary>
    public static bool IsListed(ModelList? list, GenerationSettings generation, string name) =>
        (list?.Contains(name) ?? false) || generation.ExtraModels.Contains(name);

    private static bool TryCutThinking(string name, out string shorter, out ThinkingWish wish)
    {
        foreach ((string suffix, ThinkingWish meaning) in Suffixes)
        {
            if (name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal))
            {
                (shorter, wish) = (name[..^suffix.Length], meaning);
                return true;
            }
        }

        int marker = name.LastIndexOf("-thinking-", StringComparison.Ordinal);
        if (marker > 0 && int.TryParse(name.AsSpan(marker + "-thinking-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out int tokens))
        {
            shorter = name[..marker];
            wish = new ThinkingWish { Budget = tokens };
            return true;
        }

        (shorter, wish) = (name, default);
        return false;
    }
}
